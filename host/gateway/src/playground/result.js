"use strict";
// What the check said, as a person reads it: the outcome first, then how it came to be. The tables
// have no prototype, so that a name from elsewhere finds in them what stands in them.

const WORDS = { __proto__: null, permit: "Permit", deny: "Deny", "step-up": "Step up", fault: "Fault" };
const OUTCOMES = {
  __proto__: null,
  permit: (what) => `The ${what.of} may ${what.does}.`,
  deny: (what) => `The ${what.of} may not ${what.does}.`,
  "step-up": (what) => `The user has to authenticate again before the ${what.of} may ${what.does}.`,
  fault: (what) => `No decision could be made, so the ${what.of} may not ${what.does}.`,
};
/** What is decided on, by phase. */
const DECIDED = {
  __proto__: null,
  use: { of: "request", does: "pass" },
  refresh: { of: "token", does: "be exchanged" },
  issue: { of: "token", does: "be signed" },
  login: { of: "log-in", does: "go on" },
};
const VERDICTS = {
  __proto__: null,
  permit: "permit", deny: "deny", "step-up": "step up", fault: "fault", "not-asked": "not asked",
};
const STEPS = {
  __proto__: null,
  passed: { kind: "permit", icon: "permit", word: "passed" },
  failed: { kind: "deny", icon: "deny", word: "failed" },
  unchecked: { kind: "none", icon: "none", word: "not checked" },
  "not-reached": { kind: "none", icon: "none", word: "not reached" },
};
const ENFORCEMENT = {
  __proto__: null,
  warn: "warns only: decides nothing",
  shadow: "shadow: decides nothing, and callers do not see it",
};
const SEVERITIES = ["info", "low", "medium", "high", "critical"];
/** So many findings of a rule are shown at once; the others on demand. */
const AT_ONCE = 12;

const decides = (finding) => finding.enforcement === "enforce" && finding.effect !== "advise";
const array = (value) => (Array.isArray(value) ? value : []);
const pointer = (claim) => (claim === "" ? "all claims" : code(short(claim)));
const shortDigest = (digest) => quiet(code(String(digest).slice(0, 19)));

/** Names and what they mean; pairs that are false are left out. */
function definitions(pairs, kind = null) {
  const rows = pairs.filter(Boolean);
  return rows.length > 0 && el("dl", { class: kind }, rows.map(([name, value]) => (
    el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
}

/**
 * The whole report. `answer` is that of `/playground/check`; `minted` the token if it was made here;
 * `roundTrip` milliseconds.
 */
function report(answer, { phase, minted, roundTrip }) {
  const { record } = answer;
  const stated = array(answer["read-by"]);
  const evidence = stated.length > 0 ? stated : array(record["claim-evidence"]);
  const findings = array(record.findings);
  const policies = array(record.policies);
  const parts = [
    part("verification", "Verification", null, verification(answer)),
    findings.length > 0 && part("findings", "Findings", findings.length, findingsByPolicy(findings, policies)),
    policies.length > 0 && part("policies", "Policies", policies.length,
      policies.map((policy) => policyDetails(policy, findings))),
    part("onward", "What goes on", null, onward(record, phase)),
    evidence.length > 0 && part("reads", "Who reads which claim", evidence.length, reads(evidence, policies)),
    findings.length > 0 && controlsTouched(findings),
    part("decoded", "Token", null, decoded(answer, minted)),
    part("json", "JSON", null, jsonBlock("The whole answer", answer)),
  ].filter(Boolean);
  const links = parts.map(({ id, dataset }) => (
    el("li", {}, el("a", { href: `#${id}` }, dataset.title, dataset.count && quiet(` ${dataset.count}`)))));
  return [
    outcome(record, phase, roundTrip),
    el("nav", { "aria-label": "Parts of the result" }, el("ul", { class: "jumps" }, links)),
    ...parts,
  ];
}

function part(id, title, number, content) {
  const named = { "aria-labelledby": `${id}-title`, "data-title": title, "data-count": number };
  return el("section", { id, class: "card", tabindex: "-1", ...named },
    el("h3", { id: `${id}-title` }, title, number !== null && el("span", { class: "number" }, grouped(number))),
    content);
}

// ------------------------------------------------------------------------------ the outcome

/** The outcome in sentences, for the page and for who does not see it. */
function summary(record, phase) {
  const says = OUTCOMES[record.outcome]?.(DECIDED[phase] ?? DECIDED.use) ?? "";
  if (record.fault) return `${says} ${sentence(record.fault.message)}`;
  if (record.token?.error) return `The token is not accepted: ${record.token.error.message}.`;
  const findings = array(record.findings);
  const advice = findings.filter((finding) => !decides(finding)).length;
  const faults = array(record.policies).filter((policy) => policy.outcome === "fault").length;
  const all = count(findings.length, "finding", "findings");
  const ofThem = advice === 0 ? "" : advice === findings.length ? " (advice)" : ` (${grouped(advice)} of them advice)`;
  return `${says} ${sentence(all + ofThem + (faults > 0 ? `, ${count(faults, "fault", "faults")}` : ""))}`;
}

function sentence(text) {
  return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "";
}

function outcome(record, phase, roundTrip) {
  const kind = record.outcome in WORDS ? record.outcome : "none";
  const error = record.token?.error ?? record.fault;
  const policies = array(record.policies);
  const deciders = policies.filter((policy) => policy.enforcement === "enforce" && policy.outcome === record.outcome);
  const { verify = 0, evaluate = 0 } = record.nanoseconds ?? {};
  const { name, version, digest } = record.bundle ?? {};
  const judged = policies.length > 0 ? `policies ${elapsed(evaluate)}` : "no policy was asked";
  return el("div", { class: `outcome is-${kind}` },
    icon(kind),
    el("div", {},
      el("p", { class: "word" }, WORDS[record.outcome] ?? short(record.outcome)),
      el("p", {}, marked(summary(record, phase)), error && [" ", code(short(error.code))])),
    definitions([
      kind !== "permit" && deciders.length > 0 && ["Decided by", deciders.map(({ id }) => short(id)).join(", ")],
      ["Bundle", [short(name), " ", short(version), " ", shortDigest(digest)]],
      ["Token", tokenInWords(record)],
      ["Times", `token ${elapsed(verify)}, ${judged}; ${grouped(roundTrip)} ms with the way here`],
    ], "facts"));
}

function tokenInWords({ basis, token }) {
  const kind = short(token?.kind ?? "a");
  if (basis === "claims") return `claims to be signed, ${kind} token`;
  if (basis === "no-token") return "none: a call before there is one";
  if (!token?.verified) return "not accepted";
  return [kind, " token ", token.issuer ? ["of ", code(short(token.issuer))] : "without issuer"];
}

// ------------------------------------------------------------------------------ verification

function verification(answer) {
  const steps = array(answer.steps);
  const { checks, token } = answer.record;
  const saysSo = !token?.verified || steps.some((step) => step.status === "unchecked");
  const unchecked = saysSo ? [] : Object.keys(checks ?? {}).filter((name) => checks[name] === "unchecked");
  return [
    steps.length > 0 ? el("ol", { class: "steps" }, steps.map(verificationStep)) : el("p", {}, "Nothing was verified."),
    unchecked.length > 0 && el("p", { class: "quiet" }, `Not checked with these keys: ${unchecked.join(", ")}.`),
  ];
}

function verificationStep(step) {
  const known = STEPS[step.status] ?? { kind: "none", icon: "none", word: short(step.status) };
  const why = [step.detail && marked(sentence(step.detail)), " ", step.code && code(short(step.code))];
  return el("li", { class: `is-${known.kind}` }, icon(known.icon), el("div", {},
    el("span", { class: "step" }, marked(short(step.title ?? step.name))), " ",
    el("span", { class: "status" }, known.word),
    (step.code || step.detail) && el("p", {}, why)));
}

// ---------------------------------------------------------------------------------- findings

/** In groups, by what the key says of each, in the order of the first. */
function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(item);
  }
  return [...groups];
}

function findingsByPolicy(findings, policies) {
  const group = ([id, own]) => {
    const mark = ENFORCEMENT[own[0].enforcement];
    const risk = policies.find((policy) => policy.id === id)?.risk;
    return el("section", { class: "group" },
      el("h4", {}, short(id), mark && quiet(` (${mark})`)),
      risk && el("p", { class: "quiet" }, riskInWords(risk)),
      groupBy(own, (finding) => finding.rule).map(([, same]) => rule(same)));
  };
  const groups = (some) => groupBy(some, (finding) => finding.policy).map(group);
  const advice = findings.filter((finding) => !decides(finding));
  return [
    groups(findings.filter(decides)),
    advice.length > 0 && el("div", { class: "advice" },
      el("p", { class: "divider" }, "Advice ", quiet("(decides nothing)")), groups(advice)),
  ];
}

function riskInWords({ score, factors }) {
  const part = ({ signal, points }, index) => [index > 0 ? ", " : ": ", code(short(signal)), ` ${points}`];
  return [`Risk ${score}`, array(factors).map(part)];
}

/** The findings of one rule: what was found where, and once what to change. */
function rule(same) {
  const [{ title, rule: name, remedy, controls }] = same;
  const item = ({ severity, claim, message }) => el("li", {},
    badge(`severity-${SEVERITIES.includes(severity) ? severity : "info"}`, short(severity)),
    el("span", {}, claim !== null && [pointer(claim), " "], marked(message)));
  const rest = same.slice(AT_ONCE);
  return el("div", { class: "rule" },
    el("p", { class: "title" }, short(title), " ", quiet(code(short(name)))),
    el("ul", {}, same.slice(0, AT_ONCE).map(item)),
    rest.length > 0 && el("details", {},
      el("summary", {}, `${grouped(rest.length)} more of this rule`), el("ul", {}, rest.map(item))),
    definitions([
      ["Change", marked(remedy)],
      array(controls).length > 0
        && ["Controls", el("ul", { class: "controls" }, controls.map((id) => el("li", {}, short(id))))],
    ]));
}

// ---------------------------------------------------------------------------------- policies

function policyDetails(policy, findings) {
  const { id, name, version, outcome: verdict, enforcement, fault, risk, nanoseconds } = policy;
  const asked = verdict !== "not-asked";
  const mark = ENFORCEMENT[enforcement];
  const kind = verdict in WORDS ? verdict : "none";
  const own = findings.filter((finding) => finding.policy === id).length;
  const aside = [own > 0 && count(own, "finding", "findings"), mark && enforcement, asked && elapsed(nanoseconds)];
  const read = readsInWords(policy.reads ?? {}).map((line) => el("div", {}, line));
  const reasons = array(risk?.factors).map(({ signal, reason }) => (
    el("div", { class: "quiet" }, code(short(signal)), ": ", marked(reason))));
  const memory = `${grouped(Math.round(policy["memory-bytes"] / 1024))} KiB memory`;
  const cost = [`${grouped(policy.fuel)} fuel, ${memory}, ${elapsed(nanoseconds)}`,
    policy.remembered && ", remembered"];
  return el("details", { class: "policy" },
    el("summary", {},
      badge(kind, VERDICTS[verdict] ?? short(verdict), kind),
      el("span", { class: "name" }, short(id)),
      quiet(aside.filter(Boolean).join(" · "))),
    definitions([
      fault && ["Fault", [marked(sentence(fault.message)), " ", code(short(fault.code))]],
      mark && ["Enforcement", mark],
      risk && ["Risk", [riskInWords(risk), reasons]],
      ["Reads", read.length > 0 ? read : "nothing"],
      ["Cost", asked ? cost : "none"],
      ["Component", [name !== id && `${short(name)} `, short(version), " ", shortDigest(policy.digest)]],
    ]));
}

/** What a policy was given, one line for each kind. */
function readsInWords(given) {
  const claims = array(given.claims);
  const all = claims.some((claim) => claim.below === "");
  const paths = claims.map(({ at, below }) => (below === undefined ? at : `${below} and below`));
  const coded = (words, names) => array(names).length > 0 && [`${words} `, codes(names)];
  const listed = (words, names) => array(names).length > 0 && `${words} ${names.map((name) => short(name)).join(", ")}`;
  return [
    all ? "all claims" : coded("claims", paths),
    coded("header members", given.header),
    listed("of the token:", given.token),
    listed("of the request:", given.request),
    coded("request headers", given["request-headers"]),
    coded("query parameters", given.query),
    coded("signals", given.signals),
    coded("facts", given.facts),
    given.time && "the time of the decision",
  ].filter(Boolean);
}

// ------------------------------------------------------------------------------ what goes on

function onward(record, phase) {
  const passes = record.outcome === "permit";
  const unchallenged = passes ? "What it asked for." : "A refusal without a challenge: the client could do nothing.";
  const withheld = array(record.withhold);
  const upstream = !passes ? "Nothing." : withheld.length === 0 ? "The request. No claim is withheld."
    : ["The request. Claims that are withheld: ", codes(withheld), "."];
  return [
    el("h4", {}, "To the client"),
    record.challenge ? challenged(record.challenge) : el("p", {}, unchallenged),
    phase === "use" && [el("h4", {}, "To the upstream"), el("p", {}, upstream)],
  ];
}

function challenged({ header, scopes, acr_values: acrs, max_age: age }) {
  return [
    codeBlock("The challenge", `WWW-Authenticate: ${header}`),
    definitions([
      array(scopes).length > 0 && ["Missing scopes", codes(scopes)],
      array(acrs).length > 0 && ["Accepted acr", codes(acrs)],
      Number.isInteger(age) && ["Authentication", `at most ${span(age)} old`],
    ]),
  ];
}

// ----------------------------------------------------------------------------- what was read

function reads(evidence, policies) {
  const readBy = (claim, policy) => array(claim["read-by"]).includes(policy.id);
  const notAsked = (claim, policy) => array(claim["not-asked"]).includes(policy.id);
  const concerns = (policy) => evidence.some((claim) => readBy(claim, policy) || notAsked(claim, policy));
  const columns = policies.filter(concerns);
  const others = policies.filter((policy) => !columns.includes(policy)).map((policy) => short(policy.id));
  const unread = evidence.filter((claim) => array(claim["read-by"]).length === 0);
  const idle = columns.some((policy) => evidence.some((claim) => notAsked(claim, policy)));
  const mark = (kind, image, words) => (
    el("td", { class: kind }, icon(image), el("span", { class: "visually-hidden" }, words)));
  const cell = (claim, policy) => (readBy(claim, policy) ? mark("read", "permit", "read")
    : notAsked(claim, policy) ? mark("idle", "none", "not asked in this phase") : el("td"));
  // The last column has nothing in it, and takes what is left of the width.
  const head = el("tr", {}, el("th", { scope: "col" }, "Claim"),
    columns.map(({ id }) => el("th", { scope: "col" }, el("span", {}, short(id)))), el("td"));
  const nobody = () => [" ", badge("severity-medium", "no policy")];
  const row = (claim) => el("tr", {},
    el("th", { scope: "row" }, pointer(claim.claim), unread.includes(claim) && nobody()),
    columns.map((policy) => cell(claim, policy)), el("td"));
  return [
    unread.length === 0 ? el("p", { class: "quiet" }, "Every claim of the token is read by some policy.")
      : el("p", { class: "note" }, el("b", {}, "No policy reads "), codes(unread.map(({ claim }) => claim)),
        ". The bundle says nothing of them."),
    columns.length > 0 && el("div", {
      class: "scroll matrix", tabindex: "0", role: "region", "aria-label": "Claims and the policies that read them",
    }, el("table", {}, el("thead", {}, head), el("tbody", {}, evidence.map(row)))),
    idle && el("p", { class: "quiet legend" }, icon("none"), " reads it in another phase; not asked in this one"),
    others.length > 0 && el("p", { class: "quiet" }, `Given no claim of this token: ${others.join(", ")}.`),
  ];
}

// ---------------------------------------------------------------------------------- controls

function controlsTouched(findings) {
  const touched = findings.flatMap((finding) => array(finding.controls).map((id) => ({ id, finding })));
  const controls = groupBy(touched, ({ id }) => id);
  // A control is named by its framework, a space, and its own number.
  const split = (id) => Math.max(id.lastIndexOf(" "), 0);
  const times = (number) => number > 1 && quiet(` × ${number}`);
  const rules = (uses) => groupBy(uses, ({ finding }) => `${finding.policy}/${finding.rule}`)
    .map(([name, same], index) => [index > 0 && ", ", code(short(name)), times(same.length)]);
  const framework = ([name, own]) => el("section", { class: "group" },
    el("h4", {}, short(name)),
    definitions(own.map(([id, uses]) => [short(id.slice(split(id))), rules(uses)]), "touched"));
  return part("controls", "Controls touched", controls.length,
    groupBy(controls, ([id]) => id.slice(0, split(id)) || "Others").map(framework));
}

// ------------------------------------------------------------------------- the token, and JSON

function decoded({ header, claims, record }, minted) {
  const end = instant(claims?.exp);
  const left = claims?.exp - record.time;
  const byHand = minted && el("button", { type: "button", class: "button small", "data-use-token": true },
    icon("edit"), "Change it by hand");
  return [
    !record.token?.verified && el("p", { class: "note" },
      el("b", {}, "Not accepted. "), "This is what the token says of itself; nothing may rely on it."),
    end && el("p", { class: "quiet" },
      left >= 0 ? `Expires in ${span(left)}` : `Expired ${span(-left)} ago`, `, at ${end}.`),
    header ? jsonBlock("Header", header) : el("p", {}, "The header cannot be read."),
    claims ? jsonBlock("Claims", claims) : el("p", {}, "The claims cannot be read."),
    minted && codeBlock("The signed token", minted, byHand),
  ];
}

const jsonBlock = (title, value) => codeBlock(title, jsonText(value));

/** A text to read and to copy. */
function codeBlock(title, text, ...more) {
  const button = el("button", { type: "button", class: "button small", "aria-label": `Copy: ${title}` },
    icon("copy"), el("span", { class: "words" }, "Copy"));
  button.addEventListener("click", () => copy(text, button));
  // Line by line, as `plain` takes a line break for a character that is not seen.
  const block = el("pre", { tabindex: "0", role: "region", "aria-label": title });
  block.textContent = text.split("\n").map(plain).join("\n");
  return el("div", { class: "block" }, el("div", { class: "bar" }, el("span", {}, title), more, button), block);
}
