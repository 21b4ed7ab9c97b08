// What the SDK makes of a policy's answers: `node policy.test.mjs`. What is no verdict must not
// become one that permits.

import assert from "node:assert/strict";

import { advise, definePolicy, deny, require, scope, stepUp, withhold } from "./policy.js";

const input = {
  phase: "use",
  now: null,
  token: { kind: { tag: "other", val: "secevent+jwt" }, header: [], key: null, encryption: null, binding: null },
  claims: [
    { path: "/n", value: { tag: "null" } },
    { path: "/o", value: { tag: "json", val: '{"a":[1]}' } },
    { path: "/t", value: { tag: "texts", val: ["a", "b"] } },
  ],
  request: {
    query: ["1", "2", "3"].map((val) => ({ name: "q", value: { tag: "text", val } })),
    headers: [{ name: "__proto__", value: { tag: "text", val: "x" } }],
    cookies: [],
  },
  signals: [{ name: "new-device", value: { tag: "boolean", val: true }, confidence: 90, ageSeconds: null, source: null }],
  facts: [],
};

const base = {
  name: "p",
  version: "1.0.0",
  title: "t",
  description: "d",
  phases: ["use"],
  rules: [{ id: "r", title: "t", remedy: "r" }],
  reads: { claims: ["/a", { below: "" }], request: ["clientAddress"], signals: ["new-device"] },
  evaluate: () => [],
};

const policy = (change) => definePolicy({ ...base, ...change });
const answer = (evaluate) => policy({ evaluate }).evaluate(input);
const raised = (verdict) => {
  const [{ tag, val } = {}] = verdict.requirements;
  return tag === "other" && val.name === "tokenward:raised" ? val.value.val : null;
};

// Answers that are no verdicts are errors of the policy, and never permits.
for (const [wrong, words] of [
  [() => deny("r", "m"), "`evaluate` has `rule`"],
  [async () => [deny("r", "m")], "promise"],
  [() => ({ finding: [] }), "has `finding`; accepted: findings"],
  [() => true, "is boolean"],
  [() => undefined, "is undefined"],
  [() => null, "is null"],
  [() => [{ ...deny("r", "m"), severity: "hgih" }], "severity `hgih`; accepted: info"],
  [() => [{ ...deny("r", "m"), effect: "Deny" }], "effect `Deny`"],
  [() => [deny("r")], "the message of a finding is undefined"],
  [() => [deny("r", "m", { claim: 1 })], "the claim of a finding is number"],
  [() => ({ risk: { score: NaN, factors: [] } }), "the score of a risk is NaN"],
  [() => ({ risk: {} }), "the score of a risk is NaN"],
  [() => ({ requirements: [stepUp({ maxAge: 0 / 0 })] }), "maxAge is NaN"],
  [() => ({ requirements: [{ tag: "stepup", val: {} }] }), "requirement `stepup`"],
  [() => ({ requirements: [scope(1)] }), "scope is number"],
  [() => ({ findings: deny("r", "m") }), "findings is no list"],
  [() => ({ validUntil: 1.5 }), "validUntil is 1.5"],
  [() => Date.now(), "there is no clock"],
  [() => new Date(), "there is no clock"],
  [() => Math.random(), "there is no randomness"],
  [(given) => given.nothing(), "is not a function"],
]) {
  const told = raised(answer(wrong));
  assert.ok(told?.includes(words), `${wrong}: ${told}`);
}

// Those that are come out as the contract has them.
assert.deepEqual(answer(() => []), { findings: [], requirements: [], risk: null, validUntil: null, facts: [] });
assert.deepEqual(answer(() => ({})), answer(() => []));
const whole = answer(() => ({
  findings: [deny("r", "m", { claim: "/a" }), require("r", "m"), advise("r", "m", { severity: "info" })],
  requirements: [stepUp({ acrValues: ["mfa"], maxAge: 300 }), scope("a", "b"), withhold("/a")],
  risk: { score: 7, factors: [{ signal: "s", points: 7, reason: "r" }] },
  validUntil: 5,
  facts: [{ name: "f", value: { a: 1 } }, { name: "g", value: 1.5 }, { name: "h", value: ["a"] }],
}));
assert.deepEqual(whole.findings[0], { rule: "r", severity: "high", effect: "deny", claim: "/a", message: "m" });
assert.deepEqual(whole.findings.map(({ effect, severity, claim }) => [effect, severity, claim]), [
  ["deny", "high", "/a"],
  ["require", "medium", null],
  ["advise", "info", null],
]);
assert.deepEqual(whole.requirements[0], { tag: "step-up", val: { acrValues: ["mfa"], maxAge: 300 } });
assert.deepEqual(whole.facts.map(({ value }) => value), [
  { tag: "json", val: '{"a":1}' },
  { tag: "number", val: 1.5 },
  { tag: "texts", val: ["a"] },
]);

// What is given.
answer((given) => {
  assert.equal(given.claim("/n"), null);
  assert.equal(given.claim("/none"), undefined);
  assert.deepEqual(given.claim("/o"), { a: [1] });
  assert.equal(given.token.kind, "secevent+jwt");
  assert.deepEqual(given.request.query.q, ["1", "2", "3"]);
  assert.equal(given.request.query.constructor, undefined);
  assert.equal(given.request.headers.__proto__, "x");
  assert.equal(given.signal("new-device").value, true);
  return [];
});
assert.deepEqual(policy({}).describe().reads.claims, [
  { tag: "at", val: "/a" },
  { tag: "below", val: "" },
]);
assert.equal(new Date(0).toISOString(), "1970-01-01T00:00:00.000Z");

// Mistakes in what a policy says of itself.
const fails = (change, words) => assert.throws(() => policy(change).describe(), (error) => error.message.includes(words));
fails({ phases: ["used"] }, "phases `used`; accepted: issue");
fails({ reads: { claim: ["/a"] } }, "reads has `claim`; accepted: claims");
fails({ reads: { request: ["client-address"] } }, "reads.request `client-address`");
fails({ reads: { token: ["keys"] } }, "reads.token `keys`");
fails({ settings: { a: { type: "string", pattern: "x" } } }, "settings.a has `pattern`");
fails({ settings: { a: { type: ["string", "null"] } } }, "settings.a.type");
const required = policy({ settings: { claim: { type: "string" } }, reads: ({ claim }) => ({ claims: [claim.trim()] }) });
assert.deepEqual(required.describe().reads.claims, []);

// Settings.
const settings = {
  many: { type: "array", items: { type: "string", minLength: 1 }, default: [], maxItems: 2 },
  most: { type: "integer", minimum: 1, maximum: 9, default: 5 },
  kind: { type: "string", enum: ["a", "b"], default: "a" },
  table: { type: "object", properties: { on: { type: "boolean" } }, required: ["on"], default: { on: true } },
};
let seen;
const configured = policy({ settings, check: (given) => void (seen = given) });
const wrong = (text) => {
  try {
    configured.configure(text);
    return [];
  } catch (errors) {
    return errors.map(({ path, message }) => `${path} ${message}`);
  }
};
assert.deepEqual(wrong("{}"), []);
assert.deepEqual(seen, { many: [], most: 5, kind: "a", table: { on: true } });
for (const [text, expected] of [
  ['{"many":"a"}', "/many is not a list"],
  ['{"many":["a",1]}', "/many/1 is not a text"],
  ['{"many":[""]}', "/many/0 is empty"],
  ['{"many":["a","b","c"]}', "/many has more than 2 items"],
  ['{"most":0}', "/most is below 1"],
  ['{"most":10}', "/most is above 9"],
  ['{"most":1.5}', "/most is not a whole number"],
  ['{"most":{"toString":1}}', "/most is not a whole number"],
  ['{"kind":"c"}', "/kind accepted: a, b"],
  ['{"table":{}}', "/table setting `on` is missing"],
  ['{"a/b":1}', "/a~1b unknown setting `a/b`; accepted: `many`, `most`, `kind`, `table`"],
  ['{"__proto__":{"most":1}}', "/__proto__ unknown setting `__proto__`; accepted: `many`, `most`, `kind`, `table`"],
]) {
  assert.deepEqual(wrong(text), [expected], text);
}
