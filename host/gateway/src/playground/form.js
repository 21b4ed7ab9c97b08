"use strict";
// What is to be checked: the form, the examples that fill it, and the link that holds it.

const PHASES = {
  use: "A gateway asks before it lets a request through.",
  refresh: "An issuer asks before it exchanges a refresh token.",
  issue: "An issuer asks before it signs.",
  login: "An identity provider asks at log-in.",
};

/** What the server offers; see `/playground/options`. */
let options = { bundles: [], phases: [], examples: [] };

/** Whether the keys were chosen by hand; until then they follow from where the token comes. */
let keysChosen = false;

// ---------------------------------------------------------------- rows of names and values

function addRow(list, name = "", value = "") {
  const field = (part, text) => {
    const input = el("input", {
      class: `code ${part}`, placeholder: part, spellcheck: "false", autocapitalize: "off",
      list: part === "name" ? list.dataset.names : null,
    });
    input.value = text;
    return input;
  };
  const remove = el("button", { type: "button", class: "button icon-only" }, icon("remove"));
  const row = el("div", { class: "row", role: "group" }, field("name", name), field("value", value), remove);
  remove.addEventListener("click", () => {
    const next = row.nextElementSibling;
    row.remove();
    nameRows(list);
    (next?.querySelector("button") ?? next ?? list.lastElementChild).focus();
    edited();
  });
  list.insertBefore(row, list.lastElementChild);
  nameRows(list);
  return row;
}

/** Gives each row's parts their names, with its number, so that no two are the same. */
function nameRows(list) {
  [...list.querySelectorAll(".row")].forEach((row, index) => {
    const [name, value, remove] = row.children;
    const label = `${list.dataset.one} ${index + 1}`;
    row.setAttribute("aria-label", label);
    name.setAttribute("aria-label", `${label}, name`);
    value.setAttribute("aria-label", `${label}, value`);
    remove.setAttribute("aria-label", `Remove ${label.toLowerCase()}`);
  });
}

function prepareRows(list) {
  const add = el("button", { type: "button", class: "button small" }, icon("add"), list.dataset.add);
  add.addEventListener("click", () => {
    addRow(list).querySelector("input").focus();
    edited();
  });
  list.append(add);
}

function setRows(list, pairs) {
  for (const row of list.querySelectorAll(".row")) row.remove();
  for (const [name, value] of pairs) addRow(list, name, value);
}

/** The names and values; rows with neither are left out. */
function getRows(list) {
  const texts = (row) => [...row.querySelectorAll("input")].map((input) => input.value);
  const pairs = [...list.querySelectorAll(".row")].map(texts);
  return pairs.map(([name, value]) => [name.trim(), value]).filter(([name, value]) => name || value);
}

/** The rows as an object. Throws a `FieldError`. */
function rowsObject(list, same, read) {
  const one = list.dataset.one.toLowerCase();
  const object = new Map();
  const seen = new Set();
  for (const [name, value] of getRows(list)) {
    const input = [...list.querySelectorAll("input.name")].findLast((field) => field.value.trim() === name);
    if (!name) throw new FieldError(input, `A ${one} has a value and no name.`);
    if (seen.has(same(name))) throw new FieldError(input, `The ${one} \`${short(name)}\` stands here twice.`);
    seen.add(same(name));
    object.set(name, read(value));
  }
  return Object.fromEntries(object);
}

/** A value of a signal: JSON where it is JSON, text otherwise. */
function readValue(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What `readValue` reads back as the same value. */
function writeValue(value) {
  return typeof value === "string" && readValue(value) === value ? value : JSON.stringify(value);
}

// ------------------------------------------------------------------------- the whole form

/** Something in the form that cannot be sent as it is. */
class FieldError extends Error {
  constructor(field, message, note = null, caret = null) {
    super(message);
    Object.assign(this, { field, note, caret });
  }
}

const chosen = (name) => byId("form").elements[name].value;
const choose = (name, value) => { byId("form").elements[name].value = value; };

/** Everything in the form, but the token that was pasted. */
function readForm() {
  return {
    mode: chosen("mode"),
    claims: byId("claims").value,
    typ: byId("typ").value.trim(),
    keys: chosen("keys"),
    bundle: byId("bundle").value,
    phase: byId("phase").value,
    request: byId("with-request").checked,
    method: byId("method").value.trim(),
    url: byId("url").value.trim(),
    headers: getRows(byId("headers")),
    signals: getRows(byId("signals")),
    facts: getRows(byId("facts")),
  };
}

/** Fills the form. Takes nothing for granted: a link can come from anyone. */
function writeForm(state) {
  const text = (value, otherwise = "") => (typeof value === "string" ? value : otherwise);
  const one = (value, accepted, otherwise) => (accepted.includes(value) ? value : otherwise);
  const pairs = (value) => (Array.isArray(value) ? value : [])
    .filter((pair) => Array.isArray(pair) && pair.every((part) => typeof part === "string"))
    .map(([name = "", content = ""]) => [name, content]);
  choose("mode", one(state.mode, ["mint", "paste"], "mint"));
  byId("claims").value = text(state.claims);
  byId("typ").value = text(state.typ);
  choose("keys", one(state.keys, ["playground", "server"], "playground"));
  const select = (field, value) => {
    const known = [...field.options].map((option) => option.value);
    field.value = one(value, known, field.querySelector("[data-default]")?.value ?? known[0] ?? "");
  };
  select(byId("bundle"), state.bundle);
  select(byId("phase"), state.phase);
  byId("with-request").checked = state.request === true;
  byId("method").value = text(state.method, "GET");
  byId("url").value = text(state.url);
  setRows(byId("headers"), pairs(state.headers));
  setRows(byId("signals"), pairs(state.signals));
  setRows(byId("facts"), pairs(state.facts));
  showParts();
  showErrors([]);
}

/** The form of an example. */
function fromExample(example) {
  const texts = (object) => Object.entries(object ?? {}).map(([name, value]) => [name, writeValue(value)]);
  return {
    mode: example.token ? "paste" : "mint",
    claims: JSON.stringify(example.claims ?? {}, null, 2),
    typ: example.typ === undefined ? "at+jwt" : example.typ ?? "",
    keys: example.keys ?? "playground",
    bundle: example.bundle,
    phase: example.phase,
    request: Boolean(example.request),
    method: example.request?.method,
    url: example.request?.url,
    headers: Object.entries(example.request?.headers ?? {}),
    signals: texts(example.signals),
    facts: texts(example.facts),
  };
}

/** The body of `/playground/mint`: the claims as they were written. Throws a `FieldError`. */
function mintBody() {
  const field = byId("claims");
  try {
    checkJsonObject(field.value);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const message = `Claims, line ${error.line}, column ${error.column}: ${error.message}`;
    throw new FieldError(field, message, byId("claims-error"), error.offset);
  }
  return `{"claims":${field.value},"typ":${JSON.stringify(byId("typ").value.trim() || null)}}`;
}

/** The token that was pasted. Throws a `FieldError`. */
function pastedToken() {
  const token = byId("token").value.trim().replace(/^(?:authorization:\s*)?bearer\s+/i, "");
  if (!token) throw new FieldError(byId("token"), "No token is here; paste one, or make one.", byId("token-error"));
  return token;
}

/** The body of `/playground/check`, but for the token. Throws a `FieldError`. */
function checkBody() {
  const form = readForm();
  let request = null;
  if (form.request) {
    if (!form.url) {
      const message = "A URL is expected, such as https://api.example/orders/7; or say that the request is not known.";
      throw new FieldError(byId("url"), message, byId("url-error"));
    }
    const headers = rowsObject(byId("headers"), (name) => name.toLowerCase(), (value) => value);
    request = { method: form.method || "GET", url: form.url, headers };
  }
  const signals = rowsObject(byId("signals"), (name) => name, readValue);
  const body = { bundle: form.bundle, keys: form.keys, phase: form.phase, request, signals };
  if (options.facts) body.facts = rowsObject(byId("facts"), (name) => name, readValue);
  return body;
}

/** Shows the parts of the form that count, and what is chosen. */
function showParts() {
  const mint = chosen("mode") === "mint";
  byId("mint-part").hidden = !mint;
  byId("paste-part").hidden = mint;
  byId("request-part").hidden = !byId("with-request").checked;
  const bundle = options.bundles.find((each) => each.name === byId("bundle").value);
  byId("bundle-hint").textContent = bundle ? sentence(short(bundle.title)) : "";
  byId("phase-hint").textContent = PHASES[byId("phase").value] ?? "";
}

/** Shows what is wrong beside its field; nothing, if nothing is. */
function showErrors(errors) {
  for (const note of document.querySelectorAll("form p.error[id]")) {
    note.hidden = true;
    note.replaceChildren();
  }
  for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const { field, note, message, caret } of errors) {
    field.setAttribute("aria-invalid", "true");
    if (note) {
      note.replaceChildren(el("span", {}, marked(message)));
      note.hidden = false;
    }
    field.focus();
    // The character itself is selected, so that it is seen.
    if (caret !== null) field.setSelectionRange(caret, caret + 1);
    note?.scrollIntoView({ block: "nearest" });
  }
}

// --------------------------------------------------------------------------------- the link

const LINK = "#form=";
const SECRET_NAMES = /^(?:proxy-)?authorization$|^(?:set-)?cookie$|^dpop$|token|secret|api-?key/i;
const COMPACT_TOKEN = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){2,4}/g;
/** How base64url of a header begins: `{"`, or `{` and a space. */
const HEADER_BEGINS = /ey[JA]|ew[ok0]/;
const TOKEN_PARAMETER = /([?&#;](?:access_token|id_token|refresh_token|token|code)=)[^&#;\s"']*/gi;

/** The form for a link: without a token, wherever one may stand. */
function forLink(state) {
  const clean = (text) => text
    .replace(COMPACT_TOKEN, (found) => (HEADER_BEGINS.test(found) ? "removed" : found))
    .replace(TOKEN_PARAMETER, "$1removed");
  const pairs = (list) => list.map(([name, value]) => (
    [clean(name), SECRET_NAMES.test(name) ? "removed" : clean(value)]));
  return {
    ...state,
    claims: state.mode === "mint" ? clean(state.claims) : "",
    typ: clean(state.typ),
    url: clean(state.url),
    method: clean(state.method),
    headers: pairs(state.headers),
    signals: pairs(state.signals),
    facts: pairs(state.facts),
  };
}

function linkFragment() {
  const bytes = new TextEncoder().encode(JSON.stringify(forLink(readForm())));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return LINK + btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The form in the address; null if there is none, or none that can be read. */
function fromLink() {
  if (!location.hash.startsWith(LINK)) return null;
  try {
    const letters = atob(location.hash.slice(LINK.length).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const state = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof state === "object" ? state : null;
  } catch {
    return null;
  }
}
