// What a Tokenward policy in JavaScript is written with. Nothing here reaches outside of the policy:
// there is no clock, no network, no file and no randomness to reach: what asks for one fails.

/**
 * The value of a claim, a header, a signal or a fact, as JSON has it.
 * @typedef {null | boolean | number | string | object | Array<any>} Value
 */

/**
 * What a policy reads; it is given nothing else.
 * @typedef {object} Reads
 * @property {Array<string | {below: string}>} [claims] JSON Pointers (RFC 6901). An object with
 *   `below` stands for everything at and below a pointer, taken apart; `{below: ""}` for all claims.
 * @property {string[]} [header] members of the JOSE header, by name
 * @property {Array<"key" | "encryption" | "binding">} [token]
 * @property {Array<"method" | "scheme" | "host" | "path" | "clientAddress" | "tokenLocation" | "tls" | "cookies">} [request]
 * @property {string[]} [requestHeaders] by name, in lower case
 * @property {string[]} [query] parameters, by name; one that is there twice has a list of values
 * @property {string[]} [signals] by name
 * @property {string[]} [facts] by name
 * @property {boolean} [time] whether it reads `now`
 */

/**
 * A rule that the policy can report.
 * @typedef {object} Rule
 * @property {string} id lower case letters, digits and hyphens
 * @property {string} title one line
 * @property {string} remedy what to change when it is reported
 * @property {string[]} [controls] for instance `GDPR 5(1)(c)`
 */

/**
 * A policy.
 * @typedef {object} Definition
 * @property {string} name lower case letters, digits and hyphens
 * @property {string} version Semantic Versioning 2.0
 * @property {string} title one line
 * @property {string} description what it judges and why, in Markdown
 * @property {Array<"issue" | "use" | "refresh" | "login">} phases
 * @property {Rule[]} rules
 * @property {Record<string, object>} [settings] a JSON Schema (2020-12) for each setting. A setting
 *   without `default` must be given.
 * @property {Reads | ((settings: any) => Reads)} reads the same at every call for the same settings.
 *   Asked with default settings too, in which one that must be given is missing.
 * @property {(settings: any) => Array<{path: string, message: string}> | void} [check] finds what is
 *   wrong with settings that are of the right types
 * @property {(input: Input, settings: any) => Finding[] | Verdict} evaluate
 */

/**
 * @typedef {object} Finding
 * @property {string} rule
 * @property {"info" | "low" | "medium" | "high" | "critical"} severity
 * @property {"advise" | "require" | "deny"} effect
 * @property {string} [claim] a JSON Pointer
 * @property {string} message never with the value of a claim in it
 */

/**
 * @typedef {object} Verdict
 * @property {Finding[]} [findings]
 * @property {object[]} [requirements] see `stepUp`, `scope` and `withhold`
 * @property {{score: number, factors: Array<{signal: string, points: number, reason: string}>}} [risk]
 * @property {number} [validUntil] for a policy that reads time: the first moment at which the same
 *   verdict may not hold any more
 * @property {Array<{name: string, value: any}>} [facts]
 */

// The interpreter brings both, as they were when the policy was built: what a policy took from them
// would be no chance and no time.
Math.random = () => {
  throw new Error("there is no randomness in a policy");
};
const CalendarDate = Date;
globalThis.Date = class Date extends CalendarDate {
  constructor(...given) {
    if (given.length === 0) throw new Error("there is no clock in a policy; time is `input.now`");
    super(...given);
  }
  static now() {
    throw new Error("there is no clock in a policy; time is `input.now`");
  }
};

/** A finding that refuses the request. */
export function deny(rule, message, { severity = "high", claim } = {}) {
  return { rule, severity, effect: "deny", claim, message };
}

/** A finding that lets the request pass if the requirements of the same verdict are met. */
export function require(rule, message, { severity = "medium", claim } = {}) {
  return { rule, severity, effect: "require", claim, message };
}

/** A finding that is reported and decides nothing. */
export function advise(rule, message, { severity = "low", claim } = {}) {
  return { rule, severity, effect: "advise", claim, message };
}

/** Requires that the user authenticate again (RFC 9470). */
export function stepUp({ acrValues = [], maxAge } = {}) {
  return { tag: "step-up", val: { acrValues, maxAge: maxAge ?? null } };
}

/** Requires a token with these scopes as well (RFC 6750 section 3.1). */
export function scope(...scopes) {
  return { tag: "scope", val: scopes };
}

/** Requires that these claims, as JSON Pointers, are not passed on. */
export function withhold(...claims) {
  return { tag: "withhold", val: claims };
}

/** What a policy is given. */
class Input {
  /** "issue", "use", "refresh" or "login" */
  phase;
  /** seconds since 1970, if the policy reads time */
  now;
  /** `{kind, header, key, encryption, binding}`; null where there is no token yet */
  token;
  /** `{method, scheme, host, path, query, headers, clientAddress, tokenLocation, tls, cookies}`, or null */
  request;
  /** `{path, value}` of each claim that was declared and is there, in the order of the token */
  claims;
  /** `{name, value, confidence, ageSeconds, source}` */
  signals;
  /** values by name */
  facts;

  constructor(raw) {
    this.phase = raw.phase;
    this.now = raw.now ?? null;
    this.claims = raw.claims.map(({ path, value }) => ({ path, value: lift(value) }));
    this.token = raw.token && {
      ...raw.token,
      kind: raw.token.kind.tag === "other" ? raw.token.kind.val : raw.token.kind.tag,
      header: named(raw.token.header),
    };
    this.request = raw.request && {
      ...raw.request,
      query: named(raw.request.query),
      headers: named(raw.request.headers),
    };
    this.signals = raw.signals.map((signal) => ({ ...signal, value: lift(signal.value) }));
    this.facts = named(raw.facts);
  }

  /** The value of the claim at a JSON Pointer; undefined if it is not there. */
  claim(path) {
    return this.claims.find((claim) => claim.path === path)?.value;
  }

  /** The signal of this name; undefined if it is unknown. Unknown is not safe. */
  signal(name) {
    return this.signals.find((signal) => signal.name === name);
  }
}

/** A value of the contract as one of JavaScript. */
function lift({ tag, val }) {
  switch (tag) {
    case "null":
      return null;
    case "json":
      return JSON.parse(val);
    default:
      return val;
  }
}

function lower(value) {
  if (value === null || value === undefined) return { tag: "null" };
  switch (typeof value) {
    case "boolean":
      return { tag: "boolean", val: value };
    case "number":
      return { tag: Number.isSafeInteger(value) ? "integer" : "number", val: value };
    case "string":
      return { tag: "text", val: value };
  }
  const texts = Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === "string");
  return texts ? { tag: "texts", val: value } : { tag: "json", val: JSON.stringify(value) };
}

function named(facts) {
  // Without a prototype: a name that a request chose finds nothing else. A name that is there more
  // than once has a list of all its values: who takes one of them would take another than others do.
  const object = Object.create(null);
  const several = new Set();
  for (const { name, value } of facts) {
    if (!(name in object)) object[name] = lift(value);
    else if (several.has(name)) object[name].push(lift(value));
    else {
      several.add(name);
      object[name] = [object[name], lift(value)];
    }
  }
  return object;
}

/** Makes a policy: `export const policy = definePolicy({...})`. */
export function definePolicy(/** @type {Definition} */ definition) {
  const properties = definition.settings ?? {};
  for (const [name, schema] of Object.entries(properties)) implemented(schema, `settings.${name}`);
  flags(definition.phases, PHASES, "phases");
  const required = Object.keys(properties).filter((name) => !("default" in properties[name]));
  const schema = { type: "object", additionalProperties: false, properties };
  if (required.length > 0) schema.required = required;
  const defaults = {};
  for (const [name, { default: value }] of Object.entries(properties)) defaults[name] = value;
  let settings = defaults;
  return {
    describe: () => ({
      name: definition.name,
      version: definition.version,
      title: definition.title,
      description: definition.description,
      phases: flags(definition.phases, PHASES, "phases"),
      rules: definition.rules.map((rule) => ({ controls: [], ...rule })),
      settingsSchema: JSON.stringify(schema),
      reads: readsByDefault(definition, defaults, required),
    }),
    configure(text) {
      const errors = [];
      const given = JSON.parse(text);
      verify(given, schema, "", errors);
      if (errors.length > 0) throw errors;
      settings = { ...defaults, ...given };
      try {
        errors.push(...(definition.check?.(settings) ?? []));
        if (errors.length === 0) return reads(definition, settings);
      } catch (error) {
        errors.push({ path: "", message: told(error) });
      }
      throw errors;
    },
    evaluate(raw) {
      try {
        return verdict(definition.evaluate(new Input(raw), settings));
      } catch (error) {
        // An obligation that no host grants: the policy could not judge.
        const raised = { name: "tokenward:raised", value: { tag: "text", val: told(error) } };
        return verdict({ requirements: [{ tag: "other", val: raised }] });
      }
    },
  };
}

function told(error) {
  const stack = error instanceof Error ? error.stack : undefined;
  return stack ? `${error}\n${stack}` : `${error}`;
}

const PHASES = ["issue", "use", "refresh", "login"];
const TOKEN_PARTS = ["key", "encryption", "binding"];
const REQUEST_PARTS = ["method", "scheme", "host", "path", "clientAddress", "tokenLocation", "tls", "cookies"];
const NAMES = ["header", "requestHeaders", "query", "signals", "facts"];

/** Fails unless it is one of those that there are: a misspelt name would be as good as none. */
function known(name, names, what) {
  if (!names.includes(name)) throw new Error(`${what} \`${name}\`; accepted: ${names.join(", ")}`);
  return name;
}

/** Fails unless it is a plain object with no other members than these. */
function members(given, names, what) {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Error(`${what} is ${given === null ? "null" : typeof given}; accepted: an object`);
  }
  if (typeof given.then === "function") throw new Error(`${what} is a promise; a policy answers at once`);
  for (const name of Object.keys(given)) known(name, names, `${what} has`);
  return given;
}

function list(given, what) {
  if (!Array.isArray(given)) throw new Error(`${what} is no list`);
  return given;
}

function flags(names, accepted, what) {
  return Object.fromEntries(list(names ?? [], what).map((name) => [known(name, accepted, what), true]));
}

function reads({ reads }, settings) {
  const given = members(
    typeof reads === "function" ? reads(settings) : reads,
    ["claims", "token", "request", "time", ...NAMES],
    "reads",
  );
  const selector = (claim) => {
    if (typeof claim === "string") return { tag: "at", val: claim };
    return { tag: "below", val: members(claim, ["below"], "reads.claims").below };
  };
  return {
    ...Object.fromEntries(NAMES.map((name) => [name, list(given[name] ?? [], `reads.${name}`)])),
    claims: list(given.claims ?? [], "reads.claims").map(selector),
    token: flags(given.token, TOKEN_PARTS, "reads.token"),
    request: flags(given.request, REQUEST_PARTS, "reads.request"),
    time: given.time ?? false,
  };
}

/** What is read with default settings. Where a setting must be given, there may be nothing to say. */
function readsByDefault(definition, defaults, required) {
  try {
    return reads(definition, defaults);
  } catch (error) {
    if (required.length === 0) throw error;
    return reads({ reads: {} }, defaults);
  }
}

const SEVERITIES = ["info", "low", "medium", "high", "critical"];
const EFFECTS = ["advise", "require", "deny"];

function text(given, what) {
  if (typeof given !== "string") throw new Error(`${what} is ${typeof given}; accepted: a text`);
  return given;
}

function whole(given, what) {
  if (given === null || given === undefined) return null;
  if (!Number.isSafeInteger(given)) throw new Error(`${what} is ${given}; accepted: a whole number`);
  return given;
}

function checkedFinding(given) {
  const finding = members(given, ["rule", "severity", "effect", "claim", "message"], "a finding");
  return {
    rule: text(finding.rule, "the rule of a finding"),
    severity: known(finding.severity, SEVERITIES, "severity"),
    effect: known(finding.effect, EFFECTS, "effect"),
    claim: finding.claim === undefined || finding.claim === null ? null : text(finding.claim, "the claim of a finding"),
    message: text(finding.message, "the message of a finding"),
  };
}

function checkedRequirement(given) {
  const { tag, val } = members(given, ["tag", "val"], "a requirement");
  known(tag, ["step-up", "scope", "withhold", "other"], "requirement");
  if (tag === "step-up") {
    const acrValues = list(val.acrValues, "acrValues").map((acr) => text(acr, "an acr value"));
    return { tag, val: { acrValues, maxAge: whole(val.maxAge, "maxAge") } };
  }
  if (tag === "other") return given;
  return { tag, val: list(val, tag).map((item) => text(item, tag)) };
}

/** The verdict of an answer. What is no verdict is an error: an empty one would let the request pass. */
function verdict(given) {
  const parts = ["findings", "requirements", "risk", "validUntil", "facts"];
  const answer = Array.isArray(given) ? { findings: given } : members(given, parts, "the answer of `evaluate`");
  const risk = answer.risk ?? null;
  return {
    findings: list(answer.findings ?? [], "findings").map(checkedFinding),
    requirements: list(answer.requirements ?? [], "requirements").map(checkedRequirement),
    risk: risk && {
      score: whole(risk.score ?? NaN, "the score of a risk"),
      factors: list(risk.factors ?? [], "the factors of a risk").map(({ signal, points, reason }) => ({
        signal: text(signal, "the signal of a factor"),
        points: whole(points ?? NaN, "the points of a factor"),
        reason: text(reason, "the reason of a factor"),
      })),
    },
    validUntil: whole(answer.validUntil, "validUntil"),
    facts: list(answer.facts ?? [], "facts").map(({ name, value }) => ({
      name: text(name, "the name of a fact"),
      value: lower(value),
    })),
  };
}

const KINDS = {
  object: "a table",
  array: "a list",
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

function kindOf(value) {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** What `verify` looks at, and what says nothing of a value. */
const KEYWORDS = [
  ...["type", "enum", "minimum", "maximum", "minLength", "items", "minItems", "maxItems"],
  ...["properties", "required", "additionalProperties", "default", "description", "title", "examples"],
];

/** Fails where a schema asks for more than is checked: it would promise what nobody keeps. */
function implemented(schema, what) {
  members(schema, KEYWORDS, what);
  if (schema.type !== undefined) known(schema.type, Object.keys(KINDS), `${what}.type`);
  if (typeof (schema.additionalProperties ?? false) !== "boolean") {
    throw new Error(`${what}.additionalProperties; accepted: true, false`);
  }
  if (schema.items) implemented(schema.items, `${what}.items`);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) implemented(inner, `${what}.${name}`);
}

/** Holds settings to their schema: types, `enum`, limits, unknown and missing members. */
function verify(value, schema, path, errors) {
  const say = (message) => errors.push({ path, message });
  const kind = kindOf(value);
  if (schema.type && kind !== schema.type && !(schema.type === "number" && kind === "integer")) {
    return say(`is not ${KINDS[schema.type]}`);
  }
  if (schema.enum && !schema.enum.includes(value)) {
    return say(`accepted: ${schema.enum.join(", ")}`);
  }
  if (typeof value === "number" && value < schema.minimum) say(`is below ${schema.minimum}`);
  if (typeof value === "number" && value > schema.maximum) say(`is above ${schema.maximum}`);
  if (kind === "string" && [...value].length < (schema.minLength ?? 0)) {
    say(schema.minLength === 1 ? "is empty" : `is shorter than ${schema.minLength} characters`);
  }
  if (kind === "array") {
    if (value.length < (schema.minItems ?? 0)) say(`has fewer than ${schema.minItems} items`);
    if (value.length > (schema.maxItems ?? Infinity)) say(`has more than ${schema.maxItems} items`);
    if (schema.items) value.forEach((item, at) => verify(item, schema.items, `${path}/${at}`, errors));
  }
  if (kind === "object") {
    const known = schema.properties ?? {};
    for (const name of Object.keys(value)) {
      const at = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (Object.hasOwn(known, name)) verify(value[name], known[name], at, errors);
      else if (schema.additionalProperties === false) {
        const accepted = Object.keys(known).map((name) => `\`${name}\``).join(", ") || "none";
        errors.push({ path: at, message: `unknown setting \`${name}\`; accepted: ${accepted}` });
      }
    }
    for (const name of schema.required ?? []) {
      if (!Object.hasOwn(value, name)) say(`setting \`${name}\` is missing`);
    }
  }
}
