// What a Tokenward policy in JavaScript is written with. Nothing here reaches outside of the policy:
// there is no clock, no network, no file and no randomness to reach.

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
 * @property {string[]} [query] parameters, by name
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
 * @property {Reads | ((settings: any) => Reads)} reads the same at every call for the same settings
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
  // Without a prototype: a name that a request chose finds nothing else.
  const object = Object.create(null);
  for (const { name, value } of facts) object[name] = lift(value);
  return object;
}

/** Makes a policy: `export const policy = definePolicy({...})`. */
export function definePolicy(/** @type {Definition} */ definition) {
  const properties = definition.settings ?? {};
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
      phases: flags(definition.phases),
      rules: definition.rules.map((rule) => ({ controls: [], ...rule })),
      settingsSchema: JSON.stringify(schema),
      reads: reads(definition, defaults),
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

function flags(names) {
  return Object.fromEntries((names ?? []).map((name) => [name, true]));
}

function reads({ reads }, settings) {
  const { claims = [], token, request, time = false, ...names } = typeof reads === "function" ? reads(settings) : reads;
  return {
    header: [],
    requestHeaders: [],
    query: [],
    signals: [],
    facts: [],
    ...names,
    claims: claims.map((c) => (typeof c === "string" ? { tag: "at", val: c } : { tag: "below", val: c.below })),
    token: flags(token),
    request: flags(request),
    time,
  };
}

function verdict(given) {
  const { findings = [], requirements = [], risk = null, validUntil = null, facts = [] } =
    Array.isArray(given) ? { findings: given } : given;
  return {
    findings: findings.map((finding) => ({ ...finding, claim: finding.claim ?? null })),
    requirements,
    risk,
    validUntil,
    facts: facts.map(({ name, value }) => ({ name, value: lower(value) })),
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
  if (value < schema.minimum) say(`is below ${schema.minimum}`);
  if (value > schema.maximum) say(`is above ${schema.maximum}`);
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
