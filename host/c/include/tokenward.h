/*
 * Tokenward: verifies the bearer token (JWT) of a request, and judges both by a bundle of
 * compliance policies. For gateways and modules in C, and in what calls C.
 *
 *     tokenward_error *error = NULL;
 *     tokenward_trust *trust = tokenward_trust_from_file(TOKENWARD_LITERAL("trust.toml"), &error);
 *     tokenward_bundle *bundle = tokenward_bundle_built_in(TOKENWARD_LITERAL("gdpr"), &error);
 *     tokenward_authorizer *gate = tokenward_authorizer_new(trust, bundle, NULL, &error);
 *
 *     tokenward_call *call = tokenward_call_new();
 *     tokenward_call_set_request(call, method, method_size, url, url_size);
 *     tokenward_call_set_authorization(call, value, value_size);
 *     tokenward_decision *decision = tokenward_authorizer_decide(gate, call, &error);
 *     if (tokenward_decision_permits(decision)) { ... }
 *     tokenward_decision_free(decision);
 *     tokenward_call_free(call);
 *
 * examples/gateway.c is a whole program.
 *
 * RULES
 *
 * 1. What fails never permits. A decision that is NULL, or no decision at all, reads as
 *    TOKENWARD_OUTCOME_FAULT. So does zero. Values may be added to the enumerations: treat one that
 *    you do not know as a fault.
 *
 * 2. Ownership. A pointer that a function returns without `const` is yours: free it once, by the
 *    `_free` of its type, which takes NULL as well. One with `const` is lent: it is valid until what
 *    you got it from is freed. Nothing that you pass is kept or freed; all is copied before the
 *    function returns. The order in which you free does not matter: an authorizer keeps what it
 *    needs of its trust and its bundle, a decision what it needs of both.
 *
 * 3. Bytes that you pass are a pointer and a size, and need no NUL at the end. NULL is accepted with
 *    size 0. Texts are UTF-8; paths too. What is larger than it may be (see LIMITS) is refused
 *    before it is read.
 *
 * 4. Texts that you get are UTF-8 with a NUL at the end and none inside. Their size in bytes, without
 *    the NUL, is written to `*size`, unless `size` is NULL. Where there is no text, NULL is returned
 *    and the size is 0.
 *
 * 5. Errors. A function that takes `error` sets `*error` to NULL when it succeeds, and to an error
 *    that is yours when it fails; `error` may be NULL. What was in `*error` is not looked at: free it
 *    first. Functions that fill a call or options return false instead, and the call or the options
 *    keep the first error: whoever uses them is given it. So you can check once, at the end.
 *
 * 6. Threads. An authorizer may be used by any number of threads at once, also while another thread
 *    replaces its trust or its bundle. So may a trust, a bundle, and a decision. A call may be used by
 *    any thread; use it in one at a time. Nothing may be freed while another thread uses it.
 *    Deciding needs 512 KiB of stack. Making an authorizer, and activating, need 2 MiB.
 *
 * 7. Processes. Make authorizers after fork(), for instance where nginx starts a worker: their threads
 *    do not come along. In a child of a process that made one, that one and every new one fail with
 *    TOKENWARD_ERROR_PROCESS. Trusts, bundles, calls and decisions do not mind.
 *
 * 8. Signals. An authorizer's first making sets handlers for SIGSEGV, SIGILL, SIGFPE and SIGBUS (on a
 *    stack of their own, if there is one), which hand on what is not theirs to the handlers before
 *    them. The library stays in memory after dlclose().
 *
 * 9. Misuse that can be seen (NULL, a size that cannot be, a handle of another type, most handles that
 *    were freed) is an error. A defect of the library (a panic) is TOKENWARD_ERROR_INTERNAL. Where
 *    memory cannot be had, the process aborts.
 *
 * 10. No error holds a byte of a token, of a header or of a URL, nor a claim's value.
 *
 * LIMITS in bytes: token 1 MiB, of which an authorizer accepts 16 KiB unless its options say more; URL
 * 16 KiB; a header's name and value 1 MiB together, 1000 headers; value of a signal or fact 64 KiB, 256
 * of each, 64 cookies; trust file, keys 1 MiB; packed bundle 512 MiB; path 32 KiB; other texts 1 KiB.
 *
 * Times are seconds since 1970-01-01T00:00:00Z. Apache-2.0.
 */
#ifndef TOKENWARD_H
#define TOKENWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this interface. It is raised by what an old program would notice: a change of, or
 * less than, what is here. Additions do not raise it. */
#define TOKENWARD_ABI_VERSION 1

/* A string literal as pointer and size. */
#define TOKENWARD_LITERAL(text) ("" text ""), (sizeof("" text "") - 1)

/* What you must free. */
#if defined(__GNUC__)
#define TOKENWARD_OWNED __attribute__((warn_unused_result))
#else
#define TOKENWARD_OWNED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --------------------------------------------------------------------------------- version */

/* The version of the library, for instance `0.1.0`. Always valid. */
const char *tokenward_version(void);

/* The TOKENWARD_ABI_VERSION that the library was built with. Where it is not yours, use nothing else. */
uint32_t tokenward_abi_version(void);

/* ---------------------------------------------------------------------------------- errors */

typedef struct tokenward_error tokenward_error;

typedef int32_t tokenward_error_kind;
enum {
    TOKENWARD_ERROR_NONE = 0,
    /* A defect of the library. */
    TOKENWARD_ERROR_INTERNAL = 1,
    /* The program passed what no caller may pass. */
    TOKENWARD_ERROR_ARGUMENT = 2,
    /* What the client sent is no request that is accepted: refuse it as malformed. */
    TOKENWARD_ERROR_REQUEST = 3,
    /* A file or folder cannot be read. */
    TOKENWARD_ERROR_FILE = 4,
    /* A trust file, or a key, is refused. */
    TOKENWARD_ERROR_TRUST = 5,
    /* A bundle, or a policy of it, is refused. */
    TOKENWARD_ERROR_BUNDLE = 6,
    /* A packed bundle is whole, and not to be used: by whom it is signed, when it is valid, its version. */
    TOKENWARD_ERROR_UNVERIFIED = 7,
    /* An authorizer was made before a fork() (rule 7). */
    TOKENWARD_ERROR_PROCESS = 8
};

/* Its kind. NULL is TOKENWARD_ERROR_NONE. */
tokenward_error_kind tokenward_error_get_kind(const tokenward_error *error);

/* A stable code for programs, finer than the kind: for instance `null`, `wrong-signature`, `key_weak`. */
const char *tokenward_error_code(const tokenward_error *error, size_t *size);

/* A sentence for people: what is wrong, where, and what is accepted. */
const char *tokenward_error_message(const tokenward_error *error, size_t *size);

void tokenward_error_free(tokenward_error *error);

/* ----------------------------------------------------------------------------------- trust */

/* Whose tokens are accepted: issuers, their keys, and their rules. It never changes. */
typedef struct tokenward_trust tokenward_trust;

/* Reads a trust file (TOML, `[[issuer]]`). Key files are relative to its folder.
 *
 * This library fetches nothing. Where `keys` is an address or `discovery`, fetch the issuer's JWKS
 * yourself and pass it to tokenward_authorizer_set_keys(); until then, decisions about the issuer's
 * tokens are faults (`keys_unavailable`). */
TOKENWARD_OWNED tokenward_trust *tokenward_trust_from_file(
    const char *path, size_t path_size, tokenward_error **error);

/* Reads the text of a trust file. Key files are relative to `folder`, or, with NULL, to the folder of
 * the process. */
TOKENWARD_OWNED tokenward_trust *tokenward_trust_from_toml(
    const char *text, size_t text_size, const char *folder, size_t folder_size,
    tokenward_error **error);

/* One issuer (exact `iss`), one audience (one of `aud`), and its keys: a JWKS, a JWK or a PEM public
 * key. A JWK of a shared secret (`oct`) makes it an issuer with HMAC. */
TOKENWARD_OWNED tokenward_trust *tokenward_trust_from_issuer(
    const char *issuer, size_t issuer_size, const char *audience, size_t audience_size,
    const void *keys, size_t keys_size, tokenward_error **error);

/* Keys alone. Signature and times are checked; issuer, audience and kind of a token are NOT: any
 * token that was signed by such a key passes, whomever it is for. For tests and tools. */
TOKENWARD_OWNED tokenward_trust *tokenward_trust_from_keys(
    const void *keys, size_t keys_size, tokenward_error **error);

void tokenward_trust_free(tokenward_trust *trust);

/* --------------------------------------------------------------------------------- bundles */

/* Policies with their settings, not loaded yet. It never changes. */
typedef struct tokenward_bundle tokenward_bundle;

/* Which bundle. */
typedef struct tokenward_bundle_info tokenward_bundle_info;

/* The bundle that is built in by this name: `baseline`, `gdpr`, `hipaa`, `pci-dss`, `soc2`, `iso27001`. */
TOKENWARD_OWNED tokenward_bundle *tokenward_bundle_built_in(
    const char *name, size_t name_size, tokenward_error **error);

/* The bundle in a folder, which holds `bundle.toml`. Who can write there decides what passes. */
TOKENWARD_OWNED tokenward_bundle *tokenward_bundle_from_folder(
    const char *path, size_t path_size, tokenward_error **error);

/* Takes a packed bundle whoever made it. Then there is no trust file to be given. */
#define TOKENWARD_BUNDLE_UNSIGNED UINT32_C(1)

/* Reads the file of a packed bundle, and verifies it now by a trust file (TOML: `[[key]]`,
 * `threshold`; see `tokenward bundle verify --help`). `flags` is 0 or TOKENWARD_BUNDLE_UNSIGNED. */
TOKENWARD_OWNED tokenward_bundle *tokenward_bundle_from_packed_file(
    const char *path, size_t path_size, const char *trust_path, size_t trust_path_size,
    uint32_t flags, tokenward_error **error);

/* The same, of a packed bundle in memory. */
TOKENWARD_OWNED tokenward_bundle *tokenward_bundle_from_packed(
    const void *bytes, size_t size, const char *trust_path, size_t trust_path_size,
    uint32_t flags, tokenward_error **error);

/* Which bundle it is; lent by the bundle. */
const tokenward_bundle_info *tokenward_bundle_get_info(const tokenward_bundle *bundle);

void tokenward_bundle_free(tokenward_bundle *bundle);

const char *tokenward_bundle_info_name(const tokenward_bundle_info *info, size_t *size);

/* By Semantic Versioning 2.0. */
const char *tokenward_bundle_info_version(const tokenward_bundle_info *info, size_t *size);

/* Of the manifest and every policy: `sha256:` and 64 hexadecimal digits. */
const char *tokenward_bundle_info_digest(const tokenward_bundle_info *info, size_t *size);

/* Frees what tokenward_authorizer_get_bundle() gave; what is lent is left alone. */
void tokenward_bundle_info_free(tokenward_bundle_info *info);

/* --------------------------------------------------------------------------------- options */

/* How an authorizer differs from the usual. The first error is kept (rule 5). */
typedef struct tokenward_options tokenward_options;

TOKENWARD_OWNED tokenward_options *tokenward_options_new(void);

/* The largest token that is accepted, in bytes: 1 to 1048576. The usual: 16384. */
bool tokenward_options_set_token_size(tokenward_options *options, size_t bytes);

/* Keeps compiled policies in this folder, so that the next process starts in milliseconds rather than
 * seconds. It is made if need be, must be this user's, and no one else may write to it. The usual: none. */
bool tokenward_options_set_cache(tokenward_options *options, const char *folder, size_t folder_size);

/* Remembers about this many bytes of verdicts: a policy is not asked again what it was asked before.
 * 0: none. The usual: 8 MiB for each active bundle. */
bool tokenward_options_set_verdict_memory(tokenward_options *options, size_t bytes);

/* Remembers about this many bytes of verified tokens, so that a signature is not checked again; times
 * are, each time. The usual: 0, none. */
bool tokenward_options_set_token_memory(tokenward_options *options, size_t bytes);

/* Whether a thread of the authorizer prepares policies ahead of requests: not 0 (the usual), or 0, and
 * each decision does it for itself. */
bool tokenward_options_set_background(tokenward_options *options, int32_t background);

void tokenward_options_free(tokenward_options *options);

/* ------------------------------------------------------------------------------ authorizer */

typedef struct tokenward_authorizer tokenward_authorizer;
typedef struct tokenward_call tokenward_call;
typedef struct tokenward_decision tokenward_decision;

/* Loads the bundle, which compiles its policies: seconds, unless they are in the cache. Of a packed
 * bundle, its own cases have to pass. `options` may be NULL. */
TOKENWARD_OWNED tokenward_authorizer *tokenward_authorizer_new(
    const tokenward_trust *trust, const tokenward_bundle *bundle,
    const tokenward_options *options, tokenward_error **error);

/* Replaces the trust as a whole. Decisions that began before keep to the old one. */
bool tokenward_authorizer_set_trust(
    tokenward_authorizer *authorizer, const tokenward_trust *trust, tokenward_error **error);

/* Replaces the keys of one issuer of the trust, as after a rotation: a JWKS, a JWK or PEM. On an error,
 * the keys before stay. */
bool tokenward_authorizer_set_keys(
    tokenward_authorizer *authorizer, const char *issuer, size_t issuer_size,
    const void *keys, size_t keys_size, tokenward_error **error);

/* Takes a packed bundle that is older than one which was activated before: an operator goes back. */
#define TOKENWARD_ACTIVATE_OLDER UINT32_C(1)

/* Makes a bundle the active one. It is loaded beside the one that serves, which takes seconds, in which
 * other threads decide; the switch is at once: a decision knows one bundle as a whole. On an error, the
 * bundle before stays.
 *
 * Of a packed bundle, the validity is checked again, its own cases have to pass, and it may not be older
 * than what this authorizer had before by that name, nor differ from it under one version; that is not
 * remembered beyond this process. `flags` is 0 or TOKENWARD_ACTIVATE_OLDER. */
bool tokenward_authorizer_activate(
    tokenward_authorizer *authorizer, const tokenward_bundle *bundle, uint32_t flags,
    tokenward_error **error);

/* Which bundle is active now. It is yours. */
TOKENWARD_OWNED tokenward_bundle_info *tokenward_authorizer_get_bundle(
    const tokenward_authorizer *authorizer, tokenward_error **error);

/* Decides about a call. It does no I/O and waits for nothing; it takes tens of microseconds.
 *
 * Every answer about the token and the policies is a decision, also a denial or a fault. NULL is an
 * error: misuse, a request that is not accepted (TOKENWARD_ERROR_REQUEST), or a defect. It reads as a
 * fault. */
TOKENWARD_OWNED tokenward_decision *tokenward_authorizer_decide(
    const tokenward_authorizer *authorizer, const tokenward_call *call, tokenward_error **error);

void tokenward_authorizer_free(tokenward_authorizer *authorizer);

/* ------------------------------------------------------------------------------------ call */

/*
 * What is told of one request. Tell what is known: a policy that needs more says what it lacks by its
 * bundle's settings, and no policy is given more than it declared that it reads.
 *
 * What is set twice is an error, since two answers to one question are how requests are smuggled. The
 * first error is kept (rule 5), and nothing is decided about such a call. The order does not matter.
 */

TOKENWARD_OWNED tokenward_call *tokenward_call_new(void);

/* The value of the `Authorization` header, if there is one: `Bearer TOKEN` (RFC 6750 section 2.1). Another
 * scheme brings no token. Call it for each such header: a second one is an error. */
bool tokenward_call_set_authorization(tokenward_call *call, const void *value, size_t value_size);

/* The token itself, where it came otherwise. Empty: there is none. */
bool tokenward_call_set_bearer(tokenward_call *call, const void *token, size_t token_size);

/* The method, and the URL as the client sent it: `https://host/path?query`, or `/path?query` where scheme
 * and host are not known. A path that servers read in two ways (`%2F`, `%5C`, `%25`) is refused. */
bool tokenward_call_set_request(
    tokenward_call *call, const char *method, size_t method_size, const char *url, size_t url_size);

/* A header. Those of one name are joined by `, `. A value that is not UTF-8 is refused. */
bool tokenward_call_add_header(
    tokenward_call *call, const char *name, size_t name_size, const void *value, size_t value_size);

/* The client's IP address as text, without port: of the connection, or one that a proxy vouches for. */
bool tokenward_call_set_client_address(tokenward_call *call, const char *address, size_t address_size);

/* The client's TLS connection: its version (`1.3`, or `TLSv1.3`), the IANA name of its cipher suite, or
 * NULL, and whether a client certificate was verified (not 0). Without it, nothing is known of TLS. */
bool tokenward_call_set_tls(
    tokenward_call *call, const char *version, size_t version_size,
    const char *cipher, size_t cipher_size, int32_t client_certificate);

typedef int32_t tokenward_location;
enum {
    TOKENWARD_LOCATION_AUTHORIZATION = 1,
    TOKENWARD_LOCATION_BODY = 2,
    TOKENWARD_LOCATION_QUERY = 3,
    TOKENWARD_LOCATION_COOKIE = 4,
    TOKENWARD_LOCATION_OTHER_HEADER = 5
};

/* Where in the request the token was, if it was given by tokenward_call_set_bearer(). */
bool tokenward_call_set_location(tokenward_call *call, tokenward_location location);

typedef int32_t tokenward_same_site;
enum {
    TOKENWARD_SAME_SITE_UNSET = 0,
    TOKENWARD_SAME_SITE_NONE = 1,
    TOKENWARD_SAME_SITE_LAX = 2,
    TOKENWARD_SAME_SITE_STRICT = 3
};

/* The attributes of a cookie that carries the token. `max_age` is in seconds; negative: not set. */
bool tokenward_call_add_cookie(
    tokenward_call *call, const char *name, size_t name_size, int32_t http_only, int32_t secure,
    tokenward_same_site same_site, int64_t max_age);

typedef int32_t tokenward_binding;
enum {
    TOKENWARD_BINDING_NONE = 0,
    TOKENWARD_BINDING_DPOP = 1,
    TOKENWARD_BINDING_MUTUAL_TLS = 2
};

/* A proof of possession that YOU verified: DPoP (RFC 9449), or the client's certificate (RFC 8705). */
bool tokenward_call_set_binding(tokenward_call *call, tokenward_binding binding);

/* How the token was encrypted, if YOU decrypted it and passed what was inside: its `alg` and `enc`. */
bool tokenward_call_set_encryption(
    tokenward_call *call, const char *algorithm, size_t algorithm_size,
    const char *content, size_t content_size);

/* What was observed of the context, certainly and now, as JSON: for instance `new-device`, `true`. */
bool tokenward_call_add_signal(
    tokenward_call *call, const char *name, size_t name_size, const char *json, size_t json_size);

/* The same, with how sure its source is (0 to 100), how many seconds ago it was observed (negative: not
 * known), and by whom (NULL: not known). */
bool tokenward_call_add_observation(
    tokenward_call *call, const char *name, size_t name_size, const char *json, size_t json_size,
    int32_t confidence, int64_t age, const char *source, size_t source_size);

/* A fact of another kind that a policy of the bundle asks for, as JSON. */
bool tokenward_call_add_fact(
    tokenward_call *call, const char *name, size_t name_size, const char *json, size_t json_size);

typedef int32_t tokenward_phase;
enum {
    /* A gateway asks before it lets a request through: the usual. */
    TOKENWARD_PHASE_USE = 1,
    /* An issuer asks before it exchanges a refresh token. */
    TOKENWARD_PHASE_REFRESH = 2,
    /* An issuer asks before it issues a token for this one. */
    TOKENWARD_PHASE_ISSUE = 3,
    /* An identity provider asks at log-in. */
    TOKENWARD_PHASE_LOGIN = 4
};

/* The moment in the token's life. In every phase, a token has to be there. */
bool tokenward_call_set_phase(tokenward_call *call, tokenward_phase phase);

/* The moment of the decision. The usual: when it is made. */
bool tokenward_call_set_time(tokenward_call *call, int64_t seconds);

/* The path as policies see it, normalized. Pass this one upstream, or refuse what it differs from. NULL
 * before tokenward_call_set_request(). Lent by the call. */
const char *tokenward_call_path(const tokenward_call *call, size_t *size);

/* The error that the call keeps, lent by it; NULL if there is none. */
const tokenward_error *tokenward_call_get_error(const tokenward_call *call);

void tokenward_call_free(tokenward_call *call);

/* -------------------------------------------------------------------------------- decision */

typedef int32_t tokenward_outcome;
enum {
    /* No decision could be made: the request does not pass, and that is nobody's denial. */
    TOKENWARD_OUTCOME_FAULT = 0,
    /* It passes. */
    TOKENWARD_OUTCOME_PERMIT = 1,
    /* It is refused. */
    TOKENWARD_OUTCOME_DENY = 2,
    /* It is refused until the user has authenticated again. */
    TOKENWARD_OUTCOME_STEP_UP = 3
};

/* What is to happen with the request. */
tokenward_outcome tokenward_decision_outcome(const tokenward_decision *decision);

/* Whether it passes: whether the outcome is TOKENWARD_OUTCOME_PERMIT. */
bool tokenward_decision_permits(const tokenward_decision *decision);

/* `permit`, `deny`, `step-up`, or `fault` for every other value. Always valid. */
const char *tokenward_outcome_name(tokenward_outcome outcome);

typedef int32_t tokenward_refusal;
enum {
    /* No decision could be made. */
    TOKENWARD_REFUSAL_FAULT = 0,
    /* It is not refused. */
    TOKENWARD_REFUSAL_NONE = 1,
    /* No token was given. */
    TOKENWARD_REFUSAL_TOKEN_MISSING = 2,
    /* The token is not accepted: tokenward_decision_code() says why. */
    TOKENWARD_REFUSAL_TOKEN = 3,
    /* A policy refuses, and the client can do nothing about it: the findings say why. */
    TOKENWARD_REFUSAL_POLICY = 4,
    /* The token lacks scopes, and nothing else is wrong: the challenge names them. */
    TOKENWARD_REFUSAL_SCOPE = 5,
    /* The user must authenticate again: the challenge says how. */
    TOKENWARD_REFUSAL_STEP_UP = 6
};

/* Why it does not pass. */
tokenward_refusal tokenward_decision_refusal(const tokenward_decision *decision);

/* A stable code: of a token that is missing or not accepted (`token_missing`, `expired`, ...), or of a
 * fault (`policy_fault`, `no_policy_asked`, `keys_unavailable`). NULL else. For logs; not for the client. */
const char *tokenward_decision_code(const tokenward_decision *decision, size_t *size);

/* The value of the `WWW-Authenticate` header for the client (RFC 6750 section 3, RFC 9470 section 3). NULL
 * if there is nothing that the client could do. */
const char *tokenward_decision_challenge(const tokenward_decision *decision, size_t *size);

/* The subject (`sub`) of a permitted request. NULL if it is not to be passed on upstream, or not there. It
 * has no control characters. */
const char *tokenward_decision_subject(const tokenward_decision *decision, size_t *size);

/* A claim of a permitted request, by JSON Pointer (RFC 6901), as JSON; with an empty pointer, all of them.
 * What is not to be passed on upstream is left out; NULL if that is all, or it is not there. */
const char *tokenward_decision_claim(
    const tokenward_decision *decision, const char *pointer, size_t pointer_size, size_t *size);

/* The same, as it can stand in a header: a claim that is a text without control characters. NULL else. */
const char *tokenward_decision_claim_text(
    const tokenward_decision *decision, const char *pointer, size_t pointer_size, size_t *size);

/* How many claims of a permitted request are not to be passed on upstream. */
size_t tokenward_decision_withheld_count(const tokenward_decision *decision);

/* Which: a JSON Pointer; `index` from 0. NULL if there are not so many. An empty one is all claims. */
const char *tokenward_decision_withheld(const tokenward_decision *decision, size_t index, size_t *size);

/* The bundle that decided; lent by the decision. */
const tokenward_bundle_info *tokenward_decision_get_bundle(const tokenward_decision *decision);

/* Everything as one JSON object, by the schema `tokenward.decision/1` (host/cli/schema): for logs. It holds
 * the token's digest and no claim's value. */
const char *tokenward_decision_record(const tokenward_decision *decision, size_t *size);

void tokenward_decision_free(tokenward_decision *decision);

/* -------------------------------------------------------------------------------- findings */

/* Something that a policy found. */
typedef struct tokenward_finding tokenward_finding;

size_t tokenward_decision_finding_count(const tokenward_decision *decision);

/* A finding, `index` from 0, in the order of the bundle's policies; lent by the decision. NULL if there are
 * not so many. */
const tokenward_finding *tokenward_decision_finding(const tokenward_decision *decision, size_t index);

/* The policy's id in the bundle. */
const char *tokenward_finding_policy(const tokenward_finding *finding, size_t *size);

/* The rule's id in the policy. */
const char *tokenward_finding_rule(const tokenward_finding *finding, size_t *size);

/* The rule in one line. */
const char *tokenward_finding_title(const tokenward_finding *finding, size_t *size);

/* What was found, without a claim's value. */
const char *tokenward_finding_message(const tokenward_finding *finding, size_t *size);

/* What to change. */
const char *tokenward_finding_remedy(const tokenward_finding *finding, size_t *size);

/* The claim that it is about, as a JSON Pointer. NULL if it is about none. */
const char *tokenward_finding_claim(const tokenward_finding *finding, size_t *size);

size_t tokenward_finding_control_count(const tokenward_finding *finding);

/* A control that the rule serves, for instance `GDPR 5(1)(c)`; `index` from 0. */
const char *tokenward_finding_control(const tokenward_finding *finding, size_t index, size_t *size);

typedef int32_t tokenward_severity;
enum {
    TOKENWARD_SEVERITY_UNKNOWN = 0,
    TOKENWARD_SEVERITY_INFO = 1,
    TOKENWARD_SEVERITY_LOW = 2,
    TOKENWARD_SEVERITY_MEDIUM = 3,
    TOKENWARD_SEVERITY_HIGH = 4,
    TOKENWARD_SEVERITY_CRITICAL = 5
};

/* How much it weighs. */
tokenward_severity tokenward_finding_severity(const tokenward_finding *finding);

/* `info`, `low`, `medium`, `high`, `critical`, or `unknown` for every other value. Always valid. */
const char *tokenward_severity_name(tokenward_severity severity);

typedef int32_t tokenward_effect;
enum {
    TOKENWARD_EFFECT_UNKNOWN = 0,
    /* It is reported. */
    TOKENWARD_EFFECT_ADVISE = 1,
    /* It asks for a scope, another authentication, or claims to be withheld. */
    TOKENWARD_EFFECT_REQUIRE = 2,
    /* It asks that the request be refused. */
    TOKENWARD_EFFECT_DENY = 3
};

/* What it asks of the decision. */
tokenward_effect tokenward_finding_effect(const tokenward_finding *finding);

typedef int32_t tokenward_enforcement;
enum {
    TOKENWARD_ENFORCEMENT_UNKNOWN = 0,
    /* It counts. */
    TOKENWARD_ENFORCEMENT_ENFORCE = 1,
    /* It is reported, and decides nothing. */
    TOKENWARD_ENFORCEMENT_WARN = 2,
    /* It is recorded, and no client is to be told of it. */
    TOKENWARD_ENFORCEMENT_SHADOW = 3
};

/* Whether that counts. */
tokenward_enforcement tokenward_finding_enforcement(const tokenward_finding *finding);

#ifdef __cplusplus
}
#endif

#endif
