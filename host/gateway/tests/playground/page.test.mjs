// The playground, driven in a headless Chromium: `PLAYGROUND_URL=http://127.0.0.1:9192 npm test`.
// What it expects of the server: that the first of its examples is permitted, and the built-in
// bundles `baseline` and `gdpr`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { base, launch, missing, visit } from "./browser.mjs";
import * as hostile from "./hostile.mjs";
import { contrasts, focusIsSeen, sidewaysScroll } from "./look.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HOSTILE = {
  options: { json: hostile.options },
  mint: { json: { token: "eyJhbGciOiJub25lIn0.e30.", claims: {} } },
  check: { json: hostile.answer },
};
const TOKEN = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/;

const skip = missing();

describe("the playground", { skip: skip ?? false }, () => {
  let browser;
  let good;
  before(async () => {
    browser = await launch();
    const options = await (await fetch(`${base}/playground/options`)).json();
    good = options.examples[0].claims;
  });
  after(() => browser?.close());

  const open = (settings, use) => visit(browser, settings, use);

  /** Takes the claims, and waits for the outcome. */
  async function judge(page, claims, { bundle = "baseline" } = {}) {
    await page.selectOption("#bundle", bundle);
    await page.fill("#claims", typeof claims === "string" ? claims : JSON.stringify(claims, null, 2));
    await page.click("#check");
    return settled(page);
  }

  /** Waits until the check that is under way has ended; the outcome's word. */
  async function settled(page) {
    await page.locator('#check[aria-disabled="false"]').waitFor();
    return page.locator(".outcome .word").textContent();
  }

  const openAll = (page) => page.evaluate(() => {
    for (const each of document.querySelectorAll("details")) each.open = true;
  });
  const text = (page, selector) => page.locator(selector).innerText();

  test("a token is made, verified step by step, judged and permitted", () => open({}, async (page, seen) => {
    assert.equal(await text(page, "#report h3"), "Nothing checked yet");
    assert.equal(await judge(page, good), "Permit");
    assert.match(await text(page, "#announcement"), /^Permit\. The request may pass\./);

    const steps = await page.locator(".steps .status").allInnerTexts();
    assert.ok(steps.length >= 4, `${steps}`);
    assert.ok(steps.every((step) => ["passed", "not checked"].includes(step)), `${steps}`);
    assert.ok(steps.filter((step) => step === "passed").length >= 3, `${steps}`);

    const names = await page.locator(".policy .name").allInnerTexts();
    assert.ok(names.includes("claim-minimization") && names.includes("transport"), `${names}`);
    const verdicts = await page.locator(".policy .badge").allInnerTexts();
    assert.deepEqual([...new Set(verdicts)], ["permit"]);
    assert.match(await text(page, "#onward"), /No claim is withheld/);

    // What was sent is what was written, and the time is filled in.
    const minted = JSON.parse(seen.requests.find(({ url }) => url.endsWith("/mint")).body);
    assert.deepEqual(minted.claims, good);
    assert.match(await page.getByRole("region", { name: "Claims", exact: true }).innerText(), /"exp": \d+/);
  }));

  test("an e-mail address is denied by claim-minimization, with remedy and controls", () => open({}, async (page) => {
    assert.equal(await judge(page, { ...good, email: "alice@example.com" }, { bundle: "gdpr" }), "Deny");
    const heading = page.getByRole("heading", { name: "claim-minimization" });
    const group = page.locator("#findings .group", { has: heading }).first();
    assert.match(await group.innerText(), /\/email/);
    assert.match(await group.locator(".badge").first().innerText(), /^(critical|high|medium|low|info)$/);
    assert.match(await group.innerText(), /Change\s+Take the claim out/);
    assert.ok((await group.locator(".controls li").allInnerTexts()).includes("GDPR 5(1)(c)"));
    assert.match(await text(page, "#controls"), /GDPR\s+5\(1\)\(c\)\s+claim-minimization\/personal-data/);
    assert.match(await text(page, ".outcome"), /Decided by\s+claim-minimization/);

    // Which policy was given the claim.
    const table = page.locator("#reads table");
    const row = table.locator("tbody tr", { has: page.getByRole("rowheader", { name: "/email" }) });
    const column = (await table.locator("thead th").allInnerTexts()).indexOf("claim-minimization");
    assert.equal((await row.locator("th, td").nth(column).textContent()).trim(), "read");

    // What it read beside claims, and what it cost.
    const policy = page.locator(".policy", { hasText: "risk-score" });
    await policy.locator("summary").click();
    assert.match(await policy.innerText(), /Reads\s+signals .*new-device/);
    assert.match(await policy.innerText(), /Cost\s+[\d\s]+ fuel/);
  }));

  test("risk asks for a step-up, and the client gets a challenge", () => open({}, async (page) => {
    const signals = [["new-device", "true"], ["unusual-location", "true"], ["failed-attempts", "5"]];
    for (const [index, [name, value]] of signals.entries()) {
      await page.getByRole("button", { name: "Add a signal" }).click();
      await page.getByLabel(`Signal ${index + 1}, name`).fill(name);
      await page.getByLabel(`Signal ${index + 1}, value`).fill(value);
    }
    assert.equal(await judge(page, good), "Step up");
    assert.match(await text(page, "#onward pre"), /^WWW-Authenticate: Bearer error="insufficient_user_authentication"/);
    assert.match(await text(page, "#findings"), /Risk \d+: .*new-device/);

    // Without the signals, nothing speaks against it.
    await page.getByRole("button", { name: "Remove signal 1" }).click();
    await page.getByRole("button", { name: "Remove signal 1" }).click();
    await page.getByRole("button", { name: "Remove signal 1" }).click();
    assert.equal(await page.locator("#stale").isVisible(), true);
    assert.equal(await judge(page, good), "Permit");
    assert.equal(await page.locator("#stale").isVisible(), false);
  }));

  test("a changed token fails at its signature, and no policy is asked", () => open({}, async (page) => {
    await judge(page, good);
    await page.getByRole("button", { name: "Change it by hand" }).click();
    const token = await page.inputValue("#token");
    assert.match(token, TOKEN);
    const [header, claims, signature] = token.split(".");
    await page.fill("#token", `Bearer ${header}.${claims}.${signature[0] === "A" ? "B" : "A"}${signature.slice(1)}`);
    await page.click("#check");
    assert.equal(await settled(page), "Deny");
    assert.match(await text(page, ".steps li.is-deny"), /failed\s+.*signature_invalid/s);
    const steps = await page.locator(".steps .status").allInnerTexts();
    const failed = steps.indexOf("failed");
    assert.ok(failed > 0 && steps.slice(failed + 1).every((step) => step === "not reached"), `${steps}`);
    assert.equal(await page.locator(".policy").count(), 0);
    assert.match(await text(page, "#decoded"), /Not accepted/);
    assert.match(await text(page, "#onward"), /invalid_token/);
  }));

  test("claims that are no JSON are shown at their line and column, and nothing is sent", () => open({}, async (page, seen) => {
    for (const [claims, says, selected] of [
      ['{\n  "sub": "u-1",\n  "scope" "orders"\n}', /line 3, column 11: : is expected after a name; found "/, '"'],
      ['{"a": 1,\n "a": 2}', /line 2, column 2: the name a stands twice/, '"'],
      ["{'a': 1}", /line 1, column 2: a name in double quotes is expected; found '/, "'"],
      ['{"a": 01}', /line 1, column 7: this is no JSON number/, "0"],
      ['{"a": "é😀\\x"}', /line 1, column 10: after \\, one of/, "\\"],
      ['{"a": [1, 2}', /line 1, column 12: , or \] is expected after a value; found }/, "}"],
      ['{"a": 1,}', /line 1, column 9: a name in double quotes is expected; found }/, "}"],
      ['["a"]', /line 1, column 1: a JSON object is expected, which begins with \{; found \[/, "["],
      ["{} x", /line 1, column 4: nothing may follow/, "x"],
      ['{"a": "b', /line 1, column 7: the text that begins here has no closing quote/, '"'],
      [" ", /line 1, column 2: nothing is here/, ""],
    ]) {
      await page.fill("#claims", claims);
      await page.click("#check");
      assert.match(await text(page, "#claims-error"), says);
      assert.match(await text(page, "#problem"), says);
      assert.equal(await page.getAttribute("#claims", "aria-invalid"), "true");
      const mark = await page.evaluate(() => {
        const { value, selectionStart, selectionEnd } = document.activeElement;
        return value?.slice(selectionStart, selectionEnd);
      });
      assert.equal(mark, selected, claims);
    }
    assert.deepEqual(seen.requests.filter(({ body }) => body !== null), []);
    assert.equal(await judge(page, good), "Permit");
    assert.equal(await page.locator("#claims-error").isVisible(), false);
    assert.equal(await page.getAttribute("#claims", "aria-invalid"), null);
  }));

  test("everything can be reached and done by keyboard, and the focus is seen", () => open({}, async (page) => {
    const focused = () => page.evaluate(() => {
      const { activeElement: node } = document;
      return node.id || node.getAttribute("aria-label") || node.textContent.trim();
    });
    const tabTo = async (wanted) => {
      for (let presses = 0; presses < 80; presses += 1) {
        await page.keyboard.press("Tab");
        assert.ok(await focusIsSeen(page), `the focus is not seen on: ${await focused()}`);
        if (wanted.test(await focused())) return;
      }
      assert.fail(`not reached by Tab: ${wanted}; at: ${await focused()}`);
    };
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to the form");
    await page.keyboard.press("Enter");
    await tabTo(/^bundle$/);
    await page.keyboard.type("gdpr");
    assert.equal(await page.inputValue("#bundle"), "gdpr");
    await tabTo(/^claims$/);
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(JSON.stringify({ ...good, email: "alice@example.com" }));
    await tabTo(/^Add a signal$/);
    await page.keyboard.press("Enter");
    assert.equal(await focused(), "Signal 1, name");
    await tabTo(/^Remove signal 1$/);
    await page.keyboard.press("Enter");
    assert.equal(await focused(), "Add a signal");
    await page.keyboard.press("Control+Enter");
    assert.equal(await settled(page), "Deny");

    // To the result by the second skip link, and on to a policy and the JSON.
    await page.focus("#share");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await focused(), "Skip to the result");
    await page.keyboard.press("Enter");
    await tabTo(/^Findings \d+$/);
    await page.keyboard.press("Enter");
    await tabTo(/claim-minimization/);
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(".policy[open]").count(), 1);
    await tabTo(/^Copy: The whole answer$/);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.textContent === "Copied");
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    assert.equal(copied.record.outcome, "deny");
    assert.equal(copied.record.schema, "tokenward.decision/1");
  }));

  test("a token leaves no trace in the address, the storage or the link", () => open({}, async (page) => {
    await judge(page, good);
    await page.getByRole("button", { name: "Change it by hand" }).click();
    const token = await page.inputValue("#token");
    await page.getByRole("button", { name: "Add a header" }).click();
    await page.getByLabel("Header 1, name").fill("X-Forwarded-Authorization");
    await page.getByLabel("Header 1, value").fill(`Bearer ${token}`);
    await page.getByRole("button", { name: "Add a header" }).click();
    await page.getByLabel("Header 2, name").fill("Cookie");
    await page.getByLabel("Header 2, value").fill("session=opaque-secret");
    await page.fill("#url", `https://api.example/orders?access_token=opaque-secret&x=${token}`);
    await page.click("#check");
    await settled(page);
    await page.click("#share");
    await page.waitForFunction(() => document.querySelector("#share .words").textContent === "Copied");

    const { href, kept } = await page.evaluate(async () => ({
      href: location.href,
      kept: [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, document.cookie, history.state],
    }));
    assert.deepEqual(kept, [0, 0, 0, "", null]);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), href);
    assert.match(href, /#form=./);
    const shared = Buffer.from(href.split("#form=")[1], "base64url").toString();
    for (const part of [token, ...token.split("."), "opaque-secret"]) {
      assert.ok(!href.includes(part) && !shared.includes(part), shared);
    }
    assert.match(shared, /access_token=removed&x=removed/);
  }));

  test("a link brings the form back, and takes nothing from strangers on trust", async () => {
    let fragment;
    await open({}, async (page) => {
      await page.selectOption("#bundle", "gdpr");
      await page.fill("#claims", '{"sub": "ü-1"}');
      await page.fill("#url", "https://api.example/shared");
      await page.getByRole("button", { name: "Add a signal" }).click();
      await page.getByLabel("Signal 1, name").fill("new-device");
      await page.getByLabel("Signal 1, value").fill("true");
      await page.click("#share");
      fragment = new URL(page.url()).hash;
    });
    await open({ fragment }, async (page, seen) => {
      assert.equal(await page.inputValue("#bundle"), "gdpr");
      assert.equal(await page.inputValue("#claims"), '{"sub": "ü-1"}');
      assert.equal(await page.inputValue("#url"), "https://api.example/shared");
      assert.equal(await page.getByLabel("Signal 1, name").inputValue(), "new-device");
      assert.deepEqual(seen.requests.filter(({ body }) => body !== null), [], "a link checks nothing by itself");
    });
    const odd = {
      mode: ["paste"], claims: 7, bundle: "<b>no-such</b>", keys: "none",
      headers: [["a"], "b", [1, 2]], signals: {}, request: "yes",
    };
    for (const state of [Buffer.from(JSON.stringify(odd)).toString("base64url"), "%%%", "bnVsbA", "MTI"]) {
      await open({ fragment: `#form=${state}` }, async (page) => {
        assert.ok(await page.inputValue("#bundle"));
        assert.equal(await page.locator("b", { hasText: "no-such" }).count(), 0);
        if (state.length > 9) {
          assert.match(await text(page, "#problem"), /no bundle <b>no-such<\/b>/);
          assert.equal(await page.inputValue("#claims"), "");
          assert.equal(await page.locator("#headers .row").count(), 1);
        }
      });
    }
  });

  test("what stands in claims stays text, from the real server", () => open({}, async (page) => {
    const claims = { ...good, [hostile.MARKUP[1]]: hostile.MARKUP[0], note: hostile.MARKUP[4], turned: hostile.BIDI };
    await judge(page, claims);
    assert.match(await page.getByRole("region", { name: "Claims", exact: true }).innerText(), /<script>window/);
    assert.match(await text(page, "#reads"), /<img src=x onerror=/);
    await nothingWasMarkup(page);
  }));

  for (const [name, width] of [["wide", 1440], ["narrow", 360]]) {
    test(`markup, turned text, 200 findings and 16 policies stay text and in their place, ${name}`, () => (
      open({ routes: HOSTILE, settings: { viewport: { width, height: 900 } } }, async (page) => {
        await page.keyboard.press("Control+Enter");
        assert.equal(await settled(page), "Deny");
        assert.equal(await page.locator(".policy").count(), 16);
        assert.equal(await page.locator(".rule > ul > li, .rule > details > ul > li").count(), 200);
        assert.match(await text(page, "#reads .note"), /No policy reads/);
        await openAll(page);
        await nothingWasMarkup(page);
        assert.equal(await sidewaysScroll(page), 0);
        // The JSON holds it all, and reads back the same.
        const json = await page.locator("#json pre").textContent();
        assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(hostile.answer)));
      })));
  }

  /** No element, script or unseen character came from what was shown. */
  async function nothingWasMarkup(page) {
    assert.equal(await page.evaluate((flag) => window[flag], hostile.FLAG), undefined);
    const foreign = "script, img, iframe, object, style, [onload], [onerror], [srcdoc], a:not([href^='#'])";
    assert.equal(await page.locator(`main :is(${foreign})`).count(), 0);
    const shown = await page.locator("main").textContent();
    assert.equal(shown.match(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\ufeff]/), null);
  }

  async function enoughContrast(page, state) {
    for (const { what, ratio } of await contrasts(page)) assert.ok(ratio >= 4.5, `${what}: ${ratio.toFixed(2)}, ${state}`);
  }

  for (const scheme of ["light", "dark"]) {
    test(`accessible, with enough contrast, ${scheme}`, () => open({ settings: { colorScheme: scheme } }, async (page) => {
      await page.emulateMedia({ colorScheme: scheme });
      const audit = async (state) => {
        
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        const found = violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html }) => html)]);
        assert.deepEqual(found, [], state);
        await enoughContrast(page, state);
      };
      await audit("before a check");
      assert.equal(await judge(page, good), "Permit");
      await audit("permit");
      assert.equal(await judge(page, { ...good, email: "alice@example.com", tenant: "t" }, { bundle: "gdpr" }), "Deny");
      await openAll(page);
      await audit("deny");
      await page.fill("#claims", "{");
      await page.click("#check");
      await audit("an error");
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(ground.match(/\d+/g).every((part) => Number(part) < 64), scheme === "dark", ground);
    }));
  }

  test("no colour of the four outcomes or five severities is too faint", async () => {
    const { record } = hostile.answer;
    const some = { findings: record.findings.slice(0, 10), policies: record.policies.slice(0, 5) };
    for (const colorScheme of ["light", "dark"]) {
      for (const outcome of ["permit", "deny", "step-up", "fault"]) {
        const check = { json: { ...hostile.answer, record: { ...record, ...some, outcome } } };
        await open({ routes: { ...HOSTILE, check }, settings: { colorScheme } }, async (page) => {
          await page.keyboard.press("Control+Enter");
          await settled(page);
          const kinds = await page.locator(".badge").evaluateAll((all) => all.map((each) => each.className));
          assert.ok(new Set(kinds).size >= 10, `${kinds}`);
          await enoughContrast(page, `${outcome}, ${colorScheme}`);
        });
      }
    }
  });

  for (const [name, settings, size] of [
    ["360 pixels", { viewport: { width: 360, height: 740 } }, "100%"],
    ["320 pixels", { viewport: { width: 320, height: 560 } }, "100%"],
    ["1280 pixels at 200 %", { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }, "100%"],
    ["1280 pixels with text of twice the size", { viewport: { width: 1280, height: 900 } }, "200%"],
  ]) {
    test(`nothing scrolls sideways: ${name}`, () => open({ settings }, async (page) => {
      await page.evaluate((value) => { document.documentElement.style.fontSize = value; }, size);
      assert.equal(await sidewaysScroll(page), 0);
      await page.getByRole("button", { name: "Add a header" }).click();
      assert.equal(await judge(page, { ...good, email: "alice@example.com" }, { bundle: "gdpr" }), "Deny");
      // Where the form fills the window, the outcome comes into sight, and the focus with it.
      if (size === "100%") assert.equal(await page.evaluate(() => document.activeElement.id), "result");
      assert.equal(await page.locator(".outcome .word").evaluate((node) => {
        const { top, bottom } = node.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }), true);
      await openAll(page);
      assert.equal(await sidewaysScroll(page), 0);
    }));
  }

  test("errors of the server are shown by code and message, and the form stays", async () => {
    const refused = { status: 400, json: { error: { code: "claims_invalid", message: "`exp` is <b>no</b> number" } } };
    const expected = /status of (400|503)|ERR_FAILED/;
    for (const [routes, says] of [
      [{ check: refused }, /`?exp`? is <b>no<\/b> number\.\s+claims_invalid/],
      [{ mint: refused }, /claims_invalid/],
      [{ check: { status: 503, body: "busy" } }, /status 503/],
      [{ check: { status: 200, body: "[" } }, /other than JSON/],
      [{ check: null }, /does not answer/],
    ]) {
      await open({ routes, expected }, async (page) => {
        await page.fill("#claims", '{"sub": "kept"}');
        await page.click("#check");
        await page.locator("#problem p").waitFor();
        assert.match(await text(page, "#problem"), says);
        assert.equal(await page.inputValue("#claims"), '{"sub": "kept"}');
        assert.equal(await page.getAttribute("#check", "aria-disabled"), "false");
      });
    }
    await open({ routes: { options: { status: 503, body: "" } }, expected }, async (page) => {
      assert.match(await text(page, "#problem"), /status 503/);
      await page.unroute("**/playground/options");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.waitForFunction(() => document.getElementById("bundle").options.length > 0);
      assert.equal(await judge(page, good), "Permit");
    });
  });

  test("an example fills the form; the last check that was asked for is the one that is shown", () => open({}, async (page) => {
    const examples = page.locator("#examples button");
    const last = (await examples.count()) - 1;
    await examples.nth(last).click();
    assert.equal(await examples.nth(last).getAttribute("aria-pressed"), "true");
    assert.match(await text(page, "#announcement"), /^Example loaded/);
    await page.fill("#claims", JSON.stringify({ ...good, email: "alice@example.com" }));
    assert.equal(await examples.nth(last).getAttribute("aria-pressed"), "false");

    // The first check is the slower one.
    let checks = 0;
    await page.route("**/playground/check", async (route) => {
      checks += 1;
      if (checks === 1) await new Promise((later) => { setTimeout(later, 3000); });
      await route.continue().catch(() => {});
    });
    await examples.nth(0).click();
    await page.fill("#claims", JSON.stringify({ ...good, email: "alice@example.com" }));
    await page.keyboard.press("Control+Enter");
    await expectChecks(1);
    await page.fill("#claims", JSON.stringify(good));
    await page.keyboard.press("Control+Enter");
    assert.equal(await settled(page), "Permit");
    await page.waitForTimeout(3500);
    assert.equal(await text(page, ".outcome .word"), "Permit");

    async function expectChecks(number) {
      while (checks < number) await page.waitForTimeout(20);
    }
  }));

  test("the answer's own headers: nothing from elsewhere, nothing kept", async () => {
    const response = await fetch(`${base}/playground`);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /connect-src 'self'/);
    const page = await response.text();
    assert.ok(!/<(?:script|link|img|iframe)[^>]+(?:src|href)="(?!data:)/.test(page), "a resource from elsewhere");
    const ways = /\.(?:inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\b|(?:local|session)Storage/;
    assert.ok(!ways.test(page), "a way for markup or storage");
    assert.ok(!/ on[a-z]+="| style="/.test(page), "a handler or style that a stricter policy refuses");
  });
});
