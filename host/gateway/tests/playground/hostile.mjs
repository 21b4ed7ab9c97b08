// What a hostile token, or a server that went wrong, could make the page show: markup, characters
// that turn text around, texts without end, and a lot of everything. Put in the place of the
// server's answers; the shapes are those of `/playground/options` and `/playground/check`.

/** Each would set this, if it were taken as markup or script. */
export const FLAG = "__playground_was_scripted";

export const MARKUP = [
  `<script>window.${FLAG}=1</script>`,
  `<img src=x onerror="window.${FLAG}=1">`,
  `"><svg onload=window.${FLAG}=1>`,
  `javascript:window.${FLAG}=1`,
  `</pre></code></textarea></style><iframe srcdoc="<script>parent.${FLAG}=1</script>">`,
];
/** Right-to-left override, isolates, zero width, a line separator, a byte order mark. */
export const BIDI = "user\u202etxt.exe\u2066\u200b\u2028\ufeff";
const LONG = "x".repeat(3000);
const digest = `sha256:${"ab".repeat(32)}`;
const text = (index) => `${MARKUP[index % MARKUP.length]} ${BIDI} ${index % 7 === 0 ? LONG : ""}`;

const policies = Array.from({ length: 16 }, (_, index) => ({
  id: `policy-${index}-${MARKUP[index % MARKUP.length]}`,
  name: `policy-${index}`,
  version: `0.1.0${BIDI}`,
  digest,
  enforcement: ["enforce", "warn", "shadow"][index % 3],
  outcome: ["permit", "deny", "step-up", "fault", "not-asked"][index % 5],
  fault: index % 5 === 3 ? { code: "trap", message: text(index) } : null,
  reads: {
    claims: [{ at: `/${MARKUP[1]}` }, { below: index % 2 ? "" : "/a" }],
    header: [MARKUP[0]], token: ["key"], request: ["method"], "request-headers": [BIDI],
    query: [MARKUP[2]], signals: [MARKUP[3]], facts: [LONG], time: true,
  },
  remembered: index % 2 === 0,
  fuel: 200_000_000,
  "memory-bytes": 16 << 20,
  nanoseconds: 10 ** index,
  risk: index % 4 === 0 ? { score: 100, factors: [{ signal: MARKUP[1], points: 50, reason: text(1) }] } : null,
}));

const findings = Array.from({ length: 200 }, (_, index) => {
  const policy = policies[index % 4 === 0 ? 0 : index % policies.length];
  return {
    policy: policy.id,
    rule: `rule-${index % 3}`,
    title: text(index + 1),
    severity: ["info", "low", "medium", "high", "critical"][index % 5],
    effect: ["advise", "require", "deny"][index % 3],
    enforcement: policy.enforcement,
    claim: index % 9 === 0 ? null : `/${text(index)}`,
    message: text(index + 2),
    remedy: text(index + 3),
    controls: [`GDPR ${MARKUP[index % 5]}`, `ISO 27001:2022 8.${index}`, BIDI],
  };
});

const claims = Array.from({ length: 60 }, (_, index) => (
  [`${MARKUP[index % 5]}${index}`, [text(index), { [BIDI]: LONG }]]));

export const answer = {
  steps: ["passed", "failed", "not-reached", "unchecked", MARKUP[0]].map((status, index) => (
    { name: `step-${index}`, title: text(index), status, code: MARKUP[0], detail: text(index) })),
  header: { alg: MARKUP[0], kid: BIDI },
  claims: Object.fromEntries([...claims, ["exp", 1e300]]),
  "read-by": claims.map(([name], index) => ({
    claim: `/${name}`,
    "read-by": policies.filter((_, column) => (index + column) % 3 === 0 && index % 10 !== 0).map((policy) => policy.id),
    "not-asked": policies.filter((_, column) => (index + column) % 7 === 1).map((policy) => policy.id),
  })),
  record: {
    schema: "tokenward.decision/1",
    outcome: "deny",
    fault: null,
    basis: "token",
    time: 1795916041,
    token: { verified: true, error: null, digest, issuer: MARKUP[1] + LONG, kind: MARKUP[0] },
    checks: { issuer: "unchecked", audience: "checked", kind: "checked" },
    findings,
    challenge: {
      error: "insufficient_scope",
      header: `Bearer error="insufficient_scope", scope="${MARKUP[2]}${BIDI}${LONG}"`,
      scopes: [MARKUP[0], LONG], acr_values: [BIDI], max_age: 300,
    },
    withhold: [`/${MARKUP[1]}`, `/${LONG}`],
    bundle: { name: MARKUP[1], version: BIDI, digest },
    policies,
    nanoseconds: { verify: 1, evaluate: 10 ** 12 },
  },
};

export const options = {
  bundles: [
    { name: "hostile", title: text(0), version: BIDI, digest, active: true },
    { name: MARKUP[1], title: MARKUP[0], version: "1", digest, active: false },
  ],
  phases: ["use", MARKUP[0]],
  examples: MARKUP.map((title, index) => ({
    name: `hostile-${index}`, title: `${title}${index ? "" : LONG}`, bundle: "hostile", phase: "use",
    claims: { [MARKUP[1]]: BIDI },
    request: { method: MARKUP[0], url: `https://api.example/${LONG}`, headers: { [MARKUP[1]]: MARKUP[0] } },
    signals: { [MARKUP[2]]: MARKUP[0] },
  })),
};
