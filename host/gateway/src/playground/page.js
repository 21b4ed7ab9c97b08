"use strict";
// The page itself: what it asks of the server, and when.

/** What the server answered in place of what was asked for. */
class ServerError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Asks the server. The body is JSON text. Throws a `ServerError`. */
async function ask(path, body, signal) {
  let response;
  try {
    response = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body, signal, cache: "no-store", credentials: "same-origin", redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(null, "The server does not answer. Is it still running?");
  }
  const answer = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  if (response.ok && answer !== null && typeof answer === "object") return answer;
  if (response.ok) throw new ServerError(null, "The server answered something other than JSON.");
  const { code: errorCode = null, message = `The server answered with status ${response.status}.` }
    = answer?.error ?? {};
  throw new ServerError(errorCode, String(message));
}

// -------------------------------------------------------------------------------- the check

/** What is under way: a later check takes its place. */
let underWay = null;

async function check() {
  underWay?.abort();
  const mine = new AbortController();
  underWay = mine;
  showErrors([]);
  showProblem(null);
  try {
    // Everything is read before anything is sent: an error costs no request.
    const body = checkBody();
    const mint = chosen("mode") === "mint" ? mintBody() : null;
    let token = mint === null ? pastedToken() : null;
    const editsBefore = edits;
    showBusy(true);
    announce("Checking");
    const began = performance.now();
    let minted = null;
    if (mint !== null) {
      minted = (await ask("playground/mint", mint, mine.signal)).token;
      token = minted;
    }
    const answer = await ask("playground/check", JSON.stringify({ token, ...body }), mine.signal);
    const roundTrip = Math.round(performance.now() - began);
    if (typeof answer.record?.outcome !== "string") throw new ServerError(null, "The server answered no decision.");
    if (underWay !== mine) return;
    showReport(answer, { phase: body.phase, minted, roundTrip });
    byId("stale").hidden = edits === editsBefore;
  } catch (error) {
    if (underWay !== mine || error.name === "AbortError") return;
    if (error instanceof FieldError) {
      showErrors([error]);
      showProblem(`Not checked. ${sentence(error.message)}`);
    } else if (error instanceof ServerError) {
      showProblem(error.message, error.code);
    } else {
      throw error;
    }
  } finally {
    if (underWay === mine) showBusy(false);
  }
}

function showBusy(busy) {
  byId("check").setAttribute("aria-disabled", String(busy));
  byId("check").querySelector(".words").textContent = busy ? "Checking…" : "Check";
  byId("result").setAttribute("aria-busy", String(busy));
}

function showProblem(message, errorCode = null) {
  const problem = message === null ? [] : [el("p", { class: "error" }, icon("fault"),
    el("span", {}, marked(sentence(message)), errorCode !== null && [" ", code(short(errorCode))]))];
  byId("problem").replaceChildren(...problem);
}

function showReport(answer, context) {
  const { record } = answer;
  byId("report").replaceChildren(...report(answer, context));
  byId("report").querySelector("[data-use-token]")?.addEventListener("click", () => useToken(context.minted));
  announce(`${WORDS[record.outcome] ?? record.outcome}. ${plain(summary(record, context.phase))}`);
  learnNames(array(record.policies));
  // Where the form fills the window, the result is below it: go there.
  if (byId("result").getBoundingClientRect().top > window.innerHeight / 2) {
    byId("result").focus({ preventScroll: true });
    byId("result").scrollIntoView();
  }
}

/** The token that was made here, as one that was pasted: to see what a change does to it. */
function useToken(token) {
  choose("mode", "paste");
  byId("token").value = token;
  showParts();
  edited();
  byId("token").focus();
}

/** Offers the names that the policies said they read. */
function learnNames(policies) {
  const names = (what) => policies.flatMap((policy) => array(policy.reads?.[what]));
  offerNames("signal-names", names("signals"));
  offerNames("fact-names", names("facts"));
}

function offerNames(id, names) {
  const known = [...byId(id).options].map((option) => option.value);
  const all = [...new Set([...known, ...names.filter((name) => typeof name === "string")])].sort();
  byId(id).replaceChildren(...all.map((value) => el("option", { value })));
}

// --------------------------------------------------------------------------------- the form

/** How often the form has changed. */
let edits = 0;

/** What is on the right no longer belongs to what is on the left. */
function edited() {
  edits += 1;
  byId("stale").hidden = byId("report").querySelector(".outcome") === null;
  document.querySelector("#examples [aria-pressed=true]")?.setAttribute("aria-pressed", "false");
}

function load(state) {
  keysChosen = false;
  writeForm(state);
  edited();
  const known = !state.bundle || options.bundles.some((bundle) => bundle.name === state.bundle);
  showProblem(known ? null : `This server has no bundle \`${short(state.bundle)}\`; another one is chosen.`);
}

function showOptions() {
  const option = (value, text, isDefault) => el("option", { value, "data-default": isDefault }, text);
  // The server may have put the last word into the name itself.
  const title = ({ name, version }) => `${short(String(name).replace(/ \(active\)$/, ""))} ${short(version)}`;
  byId("bundle").replaceChildren(...options.bundles.map((bundle) => (
    option(bundle.name, `${title(bundle)}${bundle.active ? " (active)" : ""}`, bundle.active))));
  byId("phase").replaceChildren(...options.phases.map((phase) => option(phase, short(phase))));
  byId("examples").replaceChildren(...options.examples.map((example) => {
    const button = el("button", { type: "button", "aria-pressed": "false" }, short(example.title));
    button.addEventListener("click", () => showExample(example, button));
    return el("li", {}, button);
  }));
  byId("examples-part").hidden = options.examples.length === 0;
  byId("facts-part").hidden = !options.facts;
  offerNames("signal-names", options.examples.flatMap((example) => Object.keys(example.signals ?? {})));
  offerNames("fact-names", array(options.facts));
  const active = options.bundles.find((bundle) => bundle.active);
  byId("server").textContent = active ? `at the gate: ${title(active)}` : "";
}

function showExample(example, button) {
  load(fromExample(example));
  if (example.token) byId("token").value = example.token;
  button.setAttribute("aria-pressed", "true");
  announce(`Example loaded: ${short(example.title)}`);
}

async function start() {
  try {
    const offered = await ask("playground/options");
    const [bundles, phases, examples] = [offered.bundles, offered.phases, offered.examples].map(array);
    options = { bundles, phases, examples, facts: offered.facts };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const again = el("button", { type: "button", class: "button small" }, "Try again");
    again.addEventListener("click", start);
    showProblem(error.message, error.code);
    byId("problem").append(again);
    return;
  }
  showProblem(null);
  showOptions();
  const linked = fromLink();
  const [first] = options.examples;
  if (linked !== null) load(linked);
  else if (first) showExample(first, byId("examples").querySelector("button"));
  else load({ claims: "{\n  \"sub\": \"u-1\"\n}" });
}

function wire() {
  const form = byId("form");
  for (const rows of ["headers", "signals", "facts"]) prepareRows(byId(rows));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  form.addEventListener("input", (event) => {
    if (event.target.name === "keys") keysChosen = true;
    // A token from elsewhere is for the issuers of elsewhere.
    if (event.target.name === "mode" && !keysChosen) {
      choose("keys", chosen("mode") === "mint" ? "playground" : "server");
    }
    showParts();
    edited();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
    event.preventDefault();
    check();
  });
  byId("share").addEventListener("click", () => {
    history.replaceState(null, "", linkFragment());
    copy(location.href, byId("share"));
  });
  window.addEventListener("hashchange", () => {
    const linked = fromLink();
    if (linked !== null) load(linked);
  });
}

wire();
start();
