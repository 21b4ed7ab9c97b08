"""What a Tokenward policy in Python is written with.

Nothing here reaches outside of the policy: there is no clock, no network and no file to reach, and
what `random` gives is the same at every request: it was drawn when the policy was built. A policy is a subclass of `Definition`, exported as the name `Policy`:

    Policy = tokenward.export(TenantCheck)
"""

import json
import traceback
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Optional, Union

from componentize_py_types import Err
from wit_world import exports as _exports
from wit_world.exports import policy as _wit


@dataclass
class Rule:
    """A rule that the policy can report."""

    #: lower case letters, digits and hyphens
    id: str
    #: one line
    title: str
    #: what to change when it is reported
    remedy: str
    #: for instance `GDPR 5(1)(c)`
    controls: list[str] = field(default_factory=list)


@dataclass
class Below:
    """Everything at and below a JSON Pointer, taken apart; `Below("")` for all claims."""

    path: str


@dataclass
class Reads:
    """What a policy reads; it is given nothing else."""

    #: JSON Pointers (RFC 6901), or `Below`
    claims: list[Union[str, Below]] = field(default_factory=list)
    #: members of the JOSE header, by name
    header: list[str] = field(default_factory=list)
    #: of `key`, `encryption`, `binding`
    token: list[str] = field(default_factory=list)
    #: of `method`, `scheme`, `host`, `path`, `client-address`, `token-location`, `tls`, `cookies`
    request: list[str] = field(default_factory=list)
    #: by name, in lower case
    request_headers: list[str] = field(default_factory=list)
    #: parameters, by name
    query: list[str] = field(default_factory=list)
    #: by name
    signals: list[str] = field(default_factory=list)
    #: by name
    facts: list[str] = field(default_factory=list)
    #: whether it reads `now`
    time: bool = False


@dataclass
class Finding:
    """Something that the policy found. See `deny`, `require` and `advise`."""

    rule: str
    message: str
    severity: str
    effect: str
    claim: Optional[str] = None


def deny(rule: str, message: str, *, severity: str = "high", claim: Optional[str] = None) -> Finding:
    """A finding that refuses the request. The message never holds the value of a claim."""
    return Finding(rule, message, severity, "deny", claim)


def require(rule: str, message: str, *, severity: str = "medium", claim: Optional[str] = None) -> Finding:
    """A finding that lets the request pass if the requirements of the same verdict are met."""
    return Finding(rule, message, severity, "require", claim)


def advise(rule: str, message: str, *, severity: str = "low", claim: Optional[str] = None) -> Finding:
    """A finding that is reported and decides nothing."""
    return Finding(rule, message, severity, "advise", claim)


@dataclass
class StepUp:
    """Requires that the user authenticate again (RFC 9470)."""

    acr_values: list[str] = field(default_factory=list)
    max_age: Optional[int] = None


@dataclass
class Scope:
    """Requires a token with these scopes as well (RFC 6750 section 3.1)."""

    scopes: list[str]


@dataclass
class Withhold:
    """Requires that these claims, as JSON Pointers, are not passed on."""

    claims: list[str]


@dataclass
class RiskFactor:
    """One part of a risk score."""

    signal: str
    points: int
    reason: str


@dataclass
class Risk:
    """A risk score: 0 (none) to 100."""

    score: int
    factors: list[RiskFactor] = field(default_factory=list)


@dataclass
class Verdict:
    """What the policy says. An empty verdict permits."""

    findings: list[Finding] = field(default_factory=list)
    requirements: list[Union[StepUp, Scope, Withhold]] = field(default_factory=list)
    risk: Optional[Risk] = None
    #: for a policy that reads time: the first moment at which the same verdict may not hold any more
    valid_until: Optional[int] = None
    facts: dict[str, Any] = field(default_factory=dict)


class Input:
    """What a policy is given."""

    def __init__(self, raw: _wit.Input):
        #: `issue`, `use`, `refresh` or `login`
        self.phase: str = raw.phase.name.lower()
        #: seconds since 1970, if the policy reads time
        self.now: Optional[int] = raw.now
        #: the value of each claim that was declared and is there, by JSON Pointer, in the order of the token
        self.claims: dict[str, Any] = {claim.path: _lift(claim.value) for claim in raw.claims}
        #: the token as the contract has it; none where there is no token yet
        self.token: Optional[_wit.Token] = raw.token
        #: its kind: `access`, `refresh`, `id` or another one's name
        self.kind: Optional[str] = raw.token and _kind(raw.token.kind)
        #: the declared members of its header
        self.header: dict[str, Any] = _named(raw.token.header) if raw.token else {}
        #: the request as the contract has it, if any part of it was declared and there is one
        self.request: Optional[_wit.Request] = raw.request
        self.query: dict[str, Any] = _named(raw.request.query) if raw.request else {}
        self.request_headers: dict[str, Any] = _named(raw.request.headers) if raw.request else {}
        #: as the contract has them, by name; one that is missing is unknown, and unknown is not safe
        self.signals: dict[str, _wit.Signal] = {signal.name: signal for signal in raw.signals}
        #: the value of each signal
        self.observed: dict[str, Any] = {signal.name: _lift(signal.value) for signal in raw.signals}
        self.facts: dict[str, Any] = _named(raw.facts)


class Definition:
    """A policy. Subclasses say who they are, and what they make of an `Input`."""

    #: lower case letters, digits and hyphens
    name: str
    #: Semantic Versioning 2.0
    version: str
    #: one line
    title: str
    #: what it judges and why, in Markdown
    description: str
    #: of `issue`, `use`, `refresh`, `login`
    phases: list[str] = ["use"]
    rules: list[Rule] = []
    #: a JSON Schema (2020-12) for each setting; one without `default` must be given
    settings_schema: dict[str, dict] = {}

    #: the settings, once they are known; `reads` is asked with default settings too, in which one
    #: that must be given is missing
    settings: dict[str, Any]

    def reads(self) -> Reads:
        """What it reads with `self.settings`."""
        raise NotImplementedError

    def check(self) -> Iterable[tuple[str, str]]:
        """What is wrong with `self.settings`, whose types are right: JSON Pointer and message."""
        return []

    def evaluate(self, input: Input) -> Union[Verdict, list[Finding]]:
        """Judges one request."""
        raise NotImplementedError


def export(definition: type[Definition]) -> type:
    """The class that the contract asks for, made of a `Definition`."""
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": definition.settings_schema,
    }
    required = [name for name, of in definition.settings_schema.items() if "default" not in of]
    if required:
        schema["required"] = required
    for name, of in definition.settings_schema.items():
        _implemented(of, f"settings_schema[{name!r}]")
    _flags(_wit.Phases, definition.phases)
    defaults = {name: of["default"] for name, of in definition.settings_schema.items() if "default" in of}
    policy = definition()
    policy.settings = defaults

    class Policy(_exports.Policy):
        def describe(self) -> _wit.Descriptor:
            described = definition()
            described.settings = defaults
            return _wit.Descriptor(
                definition.name,
                definition.version,
                definition.title,
                definition.description,
                _flags(_wit.Phases, definition.phases),
                [_wit.Rule(rule.id, rule.title, rule.remedy, rule.controls) for rule in definition.rules],
                json.dumps(schema),
                _reads_by_default(described, bool(required)),
            )

        def configure(self, settings: str) -> _wit.Reads:
            given = json.loads(settings)
            errors: list[tuple[str, str]] = []
            _verify(given, schema, "", errors)
            if not errors:
                policy.settings = {**defaults, **given}
                try:
                    errors.extend(policy.check())
                    if not errors:
                        return _reads(policy.reads())
                except Exception as error:
                    errors.append(("", _told(error)))
            raise Err([_wit.SettingError(path, message) for path, message in errors])

        def evaluate(self, input: _wit.Input) -> _wit.Verdict:
            try:
                return _verdict(policy.evaluate(Input(input)))
            except Exception as error:
                # An obligation that no host grants: the policy could not judge.
                raised = _wit.Fact("tokenward:raised", _wit.Value_Text(_told(error)))
                return _wit.Verdict([], [_wit.Requirement_Other(raised)], None, None, [])

    return Policy


def _told(error: Exception) -> str:
    """What went wrong and where. `traceback` would look for the source, and there are no files."""
    frames = [
        f"  at {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return "\n".join([f"{type(error).__name__}: {error}", *reversed(frames)])


def _lift(value: _wit.Value) -> Any:
    if isinstance(value, _wit.Value_Null):
        return None
    if isinstance(value, _wit.Value_Json):
        return json.loads(value.value)
    return value.value


def _lower(value: Any) -> _wit.Value:
    if value is None:
        return _wit.Value_Null()
    if isinstance(value, bool):
        return _wit.Value_Boolean(value)
    if isinstance(value, int) and abs(value) < 2**53:
        return _wit.Value_Integer(value)
    if isinstance(value, float):
        return _wit.Value_Number(value)
    if isinstance(value, str):
        return _wit.Value_Text(value)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return _wit.Value_Texts(value)
    return _wit.Value_Json(json.dumps(value))


def _named(facts: list[_wit.Fact]) -> dict[str, Any]:
    """By name. A name that is there more than once has a list of all its values: who takes one of
    them would take another than others do."""
    values: dict[str, list[Any]] = {}
    for fact in facts:
        values.setdefault(fact.name, []).append(_lift(fact.value))
    return {name: of[0] if len(of) == 1 else of for name, of in values.items()}


def _kind(kind: _wit.TokenKind) -> str:
    if isinstance(kind, _wit.TokenKind_Other):
        return kind.value
    return type(kind).__name__.removeprefix("TokenKind_").lower()


def _flags(of: Any, names: list[str]) -> Any:
    flags = of(0)
    for name in names:
        flags |= of[name.upper().replace("-", "_")]
    return flags


def _reads(reads: Reads) -> _wit.Reads:
    selectors: list[_wit.ClaimSelector] = [
        _wit.ClaimSelector_Below(claim.path) if isinstance(claim, Below) else _wit.ClaimSelector_At(claim)
        for claim in reads.claims
    ]
    return _wit.Reads(
        selectors,
        reads.header,
        _flags(_wit.TokenParts, reads.token),
        _flags(_wit.RequestParts, reads.request),
        reads.request_headers,
        reads.query,
        reads.signals,
        reads.facts,
        reads.time,
    )


def _reads_by_default(described: Definition, required: bool) -> _wit.Reads:
    """What is read with default settings. Where a setting must be given, there may be nothing to say."""
    try:
        return _reads(described.reads())
    except Exception:
        if not required:
            raise
        return _reads(Reads())


def _requirement(required: Union[StepUp, Scope, Withhold]) -> _wit.Requirement:
    if isinstance(required, StepUp):
        return _wit.Requirement_StepUp(_wit.StepUp(required.acr_values, required.max_age))
    if isinstance(required, Scope):
        return _wit.Requirement_Scope(required.scopes)
    return _wit.Requirement_Withhold(required.claims)


def _verdict(given: Union[Verdict, list[Finding]]) -> _wit.Verdict:
    if not isinstance(given, (Verdict, list, tuple)):
        # An empty answer would let the request pass.
        raise TypeError(f"`evaluate` answers {type(given).__name__}; accepted: Verdict, list of Finding")
    verdict = given if isinstance(given, Verdict) else Verdict(list(given))
    risk = verdict.risk and _wit.Risk(
        verdict.risk.score,
        [_wit.RiskFactor(of.signal, of.points, of.reason) for of in verdict.risk.factors],
    )
    return _wit.Verdict(
        [
            _wit.Finding(
                found.rule,
                _wit.Severity[found.severity.upper()],
                _wit.Effect[found.effect.upper()],
                found.claim,
                found.message,
            )
            for found in verdict.findings
        ],
        [_requirement(required) for required in verdict.requirements],
        risk,
        verdict.valid_until,
        [_wit.Fact(name, _lower(value)) for name, value in verdict.facts.items()],
    )


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "object": ("a table", lambda value: isinstance(value, dict)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "string": ("a text", lambda value: isinstance(value, str)),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "number": ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
}


#: What `_verify` looks at, and what says nothing of a value.
_KEYWORDS = {
    *("type", "enum", "minimum", "maximum", "minLength", "items", "minItems", "maxItems"),
    *("properties", "required", "additionalProperties", "default", "description", "title", "examples"),
}


def _implemented(schema: dict[str, Any], what: str) -> None:
    """Fails where a schema asks for more than is checked: it would promise what nobody keeps."""
    for keyword in schema:
        if keyword not in _KEYWORDS:
            raise ValueError(f"{what} has `{keyword}`; accepted: {', '.join(sorted(_KEYWORDS))}")
    if schema.get("type", "object") not in _KINDS:
        raise ValueError(f"{what}: type `{schema['type']}`; accepted: {', '.join(_KINDS)}")
    if not isinstance(schema.get("additionalProperties", False), bool):
        raise ValueError(f"{what}: additionalProperties; accepted: True, False")
    if "items" in schema:
        _implemented(schema["items"], f"{what}.items")
    for name, inner in schema.get("properties", {}).items():
        _implemented(inner, f"{what}.{name}")


def _verify(value: Any, schema: dict[str, Any], path: str, errors: list[tuple[str, str]]) -> None:
    """Holds settings to their schema: types, `enum`, limits, unknown and missing members."""
    if "type" in schema:
        kind, fits = _KINDS[schema["type"]]
        if not fits(value):
            errors.append((path, f"is not {kind}"))
            return
    if "enum" in schema and value not in schema["enum"]:
        errors.append((path, f"accepted: {', '.join(map(str, schema['enum']))}"))
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            errors.append((path, f"is below {schema['minimum']}"))
        if "maximum" in schema and value > schema["maximum"]:
            errors.append((path, f"is above {schema['maximum']}"))
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        least = schema["minLength"]
        errors.append((path, "is empty" if least == 1 else f"is shorter than {least} characters"))
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            errors.append((path, f"has fewer than {schema['minItems']} items"))
        if "maxItems" in schema and len(value) > schema["maxItems"]:
            errors.append((path, f"has more than {schema['maxItems']} items"))
        for at, item in enumerate(value):
            _verify(item, schema.get("items", {}), f"{path}/{at}", errors)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name, item in value.items():
            at = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            if name in known:
                _verify(item, known[name], at, errors)
            elif schema.get("additionalProperties") is False:
                accepted = ", ".join(f"`{name}`" for name in known) or "none"
                errors.append((at, f"unknown setting `{name}`; accepted: {accepted}"))
        for name in schema.get("required", []):
            if name not in value:
                errors.append((path, f"setting `{name}` is missing"))
