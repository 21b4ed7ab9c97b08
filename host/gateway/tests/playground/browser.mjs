// A browser for the tests, and what holds on every page: nothing is asked of another origin, nothing
// is refused by the content security policy, and nothing goes wrong in the console.

import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** The address of the server; undefined if there is none to test. */
export const base = process.env.PLAYGROUND_URL?.replace(/\/$/, "");

/** The program: `CHROMIUM`, or `chromium` on the PATH; undefined if there is none. */
function program() {
  const name = process.env.CHROMIUM ?? "chromium";
  const folders = (process.env.PATH ?? "").split(delimiter);
  const places = name.includes("/") ? [name] : folders.map((folder) => join(folder, name));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What is missing for the tests; null if nothing is. Fails where CI says that nothing may be. */
export function missing() {
  const reasons = [
    !base && "PLAYGROUND_URL is not set: the address of a server, such as http://127.0.0.1:9192",
    !program() && "chromium is missing (Debian: chromium; or CHROMIUM=its path)",
  ].filter(Boolean);
  if (reasons.length === 0) return null;
  assert.notEqual(process.env.CI, "true", reasons.join("; "));
  console.log(`not run: ${reasons.join("; ")}`);
  return reasons.join("; ");
}

/** With an empty profile, which is removed when it is closed. */
export const launch = () => chromium.launch({ executablePath: program(), args: FLAGS });

/**
 * Opens the playground in a context of its own and hands it to `use`; then checks what holds on
 * every page. `routes`: answers in the place of the server's, by the end of the path. `expected`:
 * console errors that the test provokes.
 */
export async function visit(browser, { settings = {}, routes = {}, fragment = "", expected = /(?!)/ } = {}, use) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...settings });
  const seen = { requests: [], errors: [] };
  try {
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
    const page = await context.newPage();
    page.on("request", (request) => seen.requests.push({ url: request.url(), body: request.postData() }));
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !expected.test(message.text())) seen.errors.push(message.text());
    });
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        window.violations.push(`${violatedDirective} ${blockedURI}`);
      });
    });
    for (const [path, answer] of Object.entries(routes)) {
      await page.route(`**/playground/${path}`, (route) => (answer === null ? route.abort() : route.fulfill(answer)));
    }
    await page.goto(`${base}/playground${fragment}`);
    await page.waitForFunction(() => (
      document.getElementById("bundle").options.length > 0 || document.querySelector("#problem p")));
    await use(page, seen);
    assert.deepEqual(await page.evaluate(() => window.violations), [], "refused by the content security policy");
    const slip = (await page.locator("main").textContent()).match(/.{0,40}(?:\[object |undefined|NaN).{0,20}/);
    assert.equal(slip, null, "a value that is no text");
  } finally {
    await context.close();
  }
  assert.deepEqual(seen.errors, [], "errors in the console");
  const own = (url) => url.startsWith(`${base}/`) || url.startsWith("data:");
  assert.deepEqual(seen.requests.map(({ url }) => url).filter((url) => !own(url)), [], "asked of another origin");
}
