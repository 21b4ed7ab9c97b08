/* What no program should pass: it is an error or reads as a fault, and permits nothing. */
#include "check.h"

/* Everything with NULL. */
static void nulls(void)
{
    tokenward_error *error = NULL;
    CHECK(tokenward_error_get_kind(NULL) == TOKENWARD_ERROR_NONE);
    CHECK_TEXT(tokenward_error_code(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_error_message(NULL, &text_size), NULL);

    CHECK(tokenward_trust_from_file(NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "no-path", "the path of the trust file");
    CHECK(tokenward_trust_from_file(NULL, 9, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "is NULL");
    CHECK(tokenward_trust_from_toml(NULL, 0, NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "trust", "there is no issuer");
    CHECK(tokenward_trust_from_issuer(NULL, 0, NULL, 0, NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "key_not_a_key_file", "accepted are");
    CHECK(tokenward_trust_from_keys(NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "key_not_a_key_file", "accepted are");
    CHECK(tokenward_bundle_built_in(NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_BUNDLE, "unknown-bundle", "`baseline`");
    CHECK(tokenward_bundle_from_folder(NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "no-path", "folder");
    CHECK(tokenward_bundle_from_packed_file(NULL, 0, NULL, 0, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "no-path", "packed bundle");
    CHECK(tokenward_bundle_from_packed(NULL, 0, NULL, 0, TOKENWARD_BUNDLE_UNSIGNED, &error) == NULL);
    tokenward_error_free(error);
    CHECK(tokenward_authorizer_new(NULL, NULL, NULL, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the trust is NULL");
    CHECK(!tokenward_authorizer_set_trust(NULL, NULL, &error));
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the authorizer is NULL");
    CHECK(!tokenward_authorizer_set_keys(NULL, NULL, 0, NULL, 0, &error));
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the authorizer is NULL");
    CHECK(!tokenward_authorizer_activate(NULL, NULL, 0, &error));
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the authorizer is NULL");
    CHECK(tokenward_authorizer_get_bundle(NULL, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the authorizer is NULL");
    CHECK(tokenward_authorizer_decide(NULL, NULL, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the authorizer is NULL");
    /* An error need not be asked for. */
    CHECK(tokenward_authorizer_decide(NULL, NULL, NULL) == NULL);

    CHECK(!tokenward_options_set_token_size(NULL, 1));
    CHECK(!tokenward_options_set_cache(NULL, NULL, 0));
    CHECK(!tokenward_options_set_verdict_memory(NULL, 1));
    CHECK(!tokenward_options_set_token_memory(NULL, 1));
    CHECK(!tokenward_options_set_background(NULL, 1));

    CHECK(!tokenward_call_set_authorization(NULL, "", 0));
    CHECK(!tokenward_call_set_bearer(NULL, "", 0));
    CHECK(!tokenward_call_set_request(NULL, "", 0, "", 0));
    CHECK(!tokenward_call_add_header(NULL, "", 0, "", 0));
    CHECK(!tokenward_call_set_client_address(NULL, "", 0));
    CHECK(!tokenward_call_set_tls(NULL, "", 0, "", 0, 0));
    CHECK(!tokenward_call_set_location(NULL, 1));
    CHECK(!tokenward_call_add_cookie(NULL, "", 0, 0, 0, 0, 0));
    CHECK(!tokenward_call_set_binding(NULL, 0));
    CHECK(!tokenward_call_set_encryption(NULL, "", 0, "", 0));
    CHECK(!tokenward_call_add_signal(NULL, "", 0, "", 0));
    CHECK(!tokenward_call_add_observation(NULL, "", 0, "", 0, 0, 0, "", 0));
    CHECK(!tokenward_call_add_fact(NULL, "", 0, "", 0));
    CHECK(!tokenward_call_set_phase(NULL, 1));
    CHECK(!tokenward_call_set_time(NULL, 0));
    CHECK_TEXT(tokenward_call_path(NULL, &text_size), NULL);
    CHECK(tokenward_call_get_error(NULL) == NULL);

    CHECK_TEXT(tokenward_finding_policy(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_finding_rule(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_finding_title(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_finding_message(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_finding_remedy(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_finding_claim(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_finding_control(NULL, 0, &text_size), NULL);
    CHECK(tokenward_finding_control_count(NULL) == 0);
    CHECK(tokenward_finding_severity(NULL) == TOKENWARD_SEVERITY_UNKNOWN);
    CHECK(tokenward_finding_effect(NULL) == TOKENWARD_EFFECT_UNKNOWN);
    CHECK(tokenward_finding_enforcement(NULL) == TOKENWARD_ENFORCEMENT_UNKNOWN);
    CHECK(strcmp(tokenward_severity_name(99), "unknown") == 0);

    CHECK(tokenward_bundle_get_info(NULL) == NULL);
    CHECK_TEXT(tokenward_bundle_info_name(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_bundle_info_version(NULL, &text_size), NULL);
    CHECK_TEXT(tokenward_bundle_info_digest(NULL, &text_size), NULL);

    tokenward_error_free(NULL);
    tokenward_trust_free(NULL);
    tokenward_bundle_free(NULL);
    tokenward_bundle_info_free(NULL);
    tokenward_options_free(NULL);
    tokenward_authorizer_free(NULL);
    tokenward_call_free(NULL);
    tokenward_decision_free(NULL);
}

/* That this reads as a fault. */
static void reads_as_fault(const tokenward_decision *decision)
{
    CHECK(!tokenward_decision_permits(decision));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_FAULT);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_FAULT);
    CHECK_TEXT(tokenward_decision_code(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_challenge(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_subject(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_claim(decision, TOKENWARD_LITERAL("/sub"), &text_size), NULL);
    CHECK_TEXT(tokenward_decision_claim_text(decision, TOKENWARD_LITERAL("/sub"), &text_size), NULL);
    CHECK(tokenward_decision_withheld_count(decision) == 0);
    CHECK_TEXT(tokenward_decision_withheld(decision, 0, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_record(decision, &text_size), NULL);
    CHECK(tokenward_decision_get_bundle(decision) == NULL);
    CHECK(tokenward_decision_finding_count(decision) == 0);
    CHECK(tokenward_decision_finding(decision, 0) == NULL);
}

/* A handle of another type, memory that is none, and what is lent and was freed all the same. */
static void wrong_handles(const tokenward_authorizer *gate)
{
    static const unsigned long long zero[64];
    static const char text[64] = "not a handle";
    tokenward_call *call = test_call("good.jwt");
    tokenward_error *error = NULL;
    reads_as_fault(NULL);
    reads_as_fault((const void *)zero);
    reads_as_fault((const void *)text);
    reads_as_fault((const void *)(text + 1));
    reads_as_fault((const void *)call);
    reads_as_fault((const void *)gate);
    CHECK(strcmp(tokenward_outcome_name(0), "fault") == 0);
    CHECK(strcmp(tokenward_outcome_name(-7), "fault") == 0);
    CHECK(strcmp(tokenward_outcome_name(99), "fault") == 0);

    CHECK(tokenward_authorizer_decide((const void *)call, call, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "wrong-handle", "no authorizer");
    CHECK(tokenward_authorizer_decide(gate, (const void *)gate, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "wrong-handle", "no call");
    CHECK(!tokenward_call_set_time((void *)(size_t)gate, 0));
    /* Freeing it as something else does nothing. */
    tokenward_decision_free((void *)call);
    tokenward_decision *decision = decide(gate, call);
    CHECK(tokenward_decision_permits(decision));
    /* What is lent is not freed by itself. */
    tokenward_bundle_info_free((void *)(size_t)tokenward_decision_get_bundle(decision));
    CHECK(tokenward_bundle_info_name(tokenward_decision_get_bundle(decision), NULL) != NULL);
    /* An unaligned place is not written to. */
    size_t sizes[2] = { 77, 77 };
    CHECK(tokenward_decision_subject(decision, (void *)((char *)sizes + 1)) != NULL);
    CHECK(sizes[0] == 77 && sizes[1] == 77);
    tokenward_decision_free(decision);
}

/* That a call with this error is not decided about, whatever else is right about it, and that it
 * stays so; frees the call. */
static void fails(const tokenward_authorizer *gate, tokenward_call *call, int kind, const char *code)
{
    tokenward_error *error = NULL;
    CHECK(!tokenward_call_set_location(call, TOKENWARD_LOCATION_BODY));
    CHECK(!tokenward_call_add_header(call, TOKENWARD_LITERAL("x"), TOKENWARD_LITERAL("y")));
    const tokenward_error *kept = tokenward_call_get_error(call);
    CHECK(tokenward_error_get_kind(kept) == kind);
    CHECK(strcmp(tokenward_error_code(kept, NULL), code) == 0);
    CHECK(strstr(tokenward_error_message(kept, NULL), "eyJ") == NULL);
    tokenward_error_free((void *)(size_t)kept);
    CHECK(tokenward_authorizer_decide(gate, call, &error) == NULL);
    CHECK_ERROR(error, kind, code, "");
    CHECK(tokenward_authorizer_decide(gate, call, NULL) == NULL);
    tokenward_call_free(call);
}

#define FAILS(kind, code, set)                                                                \
    do {                                                                                      \
        tokenward_call *call = test_call("good.jwt");                                         \
        CHECK(!(set));                                                                        \
        fails(gate, call, (kind), (code));                                                    \
    } while (0)

static void calls(const tokenward_authorizer *gate)
{
    const int argument = TOKENWARD_ERROR_ARGUMENT, request = TOKENWARD_ERROR_REQUEST;
    const size_t huge = SIZE_MAX / 2 + 2, large = (1 << 20) + 1;
    size_t token_size = 0;
    char *token = content_of("good.jwt", &token_size), *much = calloc(large + 64, 1);
    CHECK(much != NULL);

    /* Sizes that cannot be are refused before anything is read; so is what is too large. */
    FAILS(argument, "impossible-size", tokenward_call_set_authorization(call, "x", SIZE_MAX));
    FAILS(argument, "impossible-size", tokenward_call_set_bearer(call, "x", huge));
    FAILS(argument, "impossible-size", tokenward_call_add_header(call, "x", huge, "y", 1));
    FAILS(argument, "impossible-size", tokenward_call_add_signal(call, "x", 1, "1", (size_t)-1));
    FAILS(request, "too-large", tokenward_call_set_bearer(call, much, large));
    FAILS(request, "too-large", tokenward_call_set_authorization(call, much, large + 64));
    FAILS(request, "too-large", tokenward_call_add_header(call, "x", 1, much, large));
    FAILS(request, "too-large", tokenward_call_add_header(call, much, 2000, "y", 1));
    FAILS(argument, "too-large", tokenward_call_add_signal(call, "x", 1, much, 70000));
    FAILS(argument, "null", tokenward_call_set_bearer(call, NULL, 1));
    FAILS(argument, "null", tokenward_call_add_header(call, "x", 1, NULL, 1));

    /* What is no text, no request, or no header. */
    FAILS(request, "not-utf8", tokenward_call_add_header(call, "x", 1, "\xe9", 1));
    FAILS(request, "not-utf8", tokenward_call_add_header(call, "\xe9", 1, "y", 1));
    FAILS(request, "header", tokenward_call_add_header(call, "", 0, "y", 1));
    FAILS(request, "header", tokenward_call_add_header(call, "x y", 3, "y", 1));
    FAILS(request, "header", tokenward_call_add_header(call, "x", 1, "a\r\nb", 4));
    FAILS(request, "header", tokenward_call_add_header(call, "x", 1, "a\0b", 3));
    FAILS(request, "header", tokenward_call_add_header(call, token, 400, "\n", 1));
    FAILS(argument, "no-address", tokenward_call_set_client_address(call, TOKENWARD_LITERAL("a.example")));
    FAILS(argument, "no-address", tokenward_call_set_client_address(call, NULL, 0));
    FAILS(argument, "tls-version", tokenward_call_set_tls(call, token, 9, NULL, 0, 0));
    FAILS(argument, "tls-cipher", tokenward_call_set_tls(call, "1.3", 3, "A B", 3, 0));
    FAILS(argument, "tls-cipher", tokenward_call_set_tls(call, "1.3", 3, "", 0, 0));
    FAILS(argument, "encryption", tokenward_call_set_encryption(call, "dir", 3, NULL, 0));
    FAILS(argument, "name", tokenward_call_add_cookie(call, "a=b", 3, 1, 1, 1, -1));
    FAILS(argument, "name", tokenward_call_add_signal(call, "", 0, "1", 1));
    FAILS(argument, "name", tokenward_call_add_fact(call, "a\n", 2, "1", 1));
    FAILS(argument, "not-json", tokenward_call_add_signal(call, "x", 1, "tru", 3));
    FAILS(argument, "not-json", tokenward_call_add_signal(call, "x", 1, "", 0));
    FAILS(argument, "not-json", tokenward_call_add_fact(call, "x", 1, token, 100));
    FAILS(argument, "not-json", tokenward_call_add_fact(call, "x", 1, "{\"a\":1,\"a\":2}", 13));
    FAILS(argument, "confidence", tokenward_call_add_observation(call, "x", 1, "1", 1, 101, 0, "", 0));
    FAILS(argument, "confidence", tokenward_call_add_observation(call, "x", 1, "1", 1, -1, 0, "", 0));

    /* Values that are not known. */
    FAILS(argument, "unknown-value", tokenward_call_set_phase(call, 0));
    FAILS(argument, "unknown-value", tokenward_call_set_phase(call, 99));
    FAILS(argument, "unknown-value", tokenward_call_set_binding(call, -1));
    FAILS(argument, "unknown-value", tokenward_call_set_location(call, 0));
    FAILS(argument, "unknown-value", tokenward_call_add_cookie(call, "at", 2, 1, 1, 9, -1));

    /* Two answers to one question. */
    FAILS(request, "twice", tokenward_call_set_bearer(call, token, token_size));
    FAILS(argument, "twice", tokenward_call_set_request(call, "GET", 3, "/x", 2));
    FAILS(argument, "twice", tokenward_call_set_time(call, NOW));
    FAILS(request, "twice",
          tokenward_call_set_authorization(call, "Basic YTpi", 10) &&
              tokenward_call_set_authorization(call, "Basic YTpi", 10));
    FAILS(argument, "twice",
          tokenward_call_add_signal(call, "x", 1, "1", 1) &&
              tokenward_call_add_observation(call, "x", 1, "1", 1, 9, 9, "", 0));
    FAILS(argument, "twice",
          tokenward_call_add_fact(call, "x", 1, "1", 1) && tokenward_call_add_fact(call, "x", 1, "1", 1));
    FAILS(argument, "twice",
          tokenward_call_set_tls(call, "1.3", 3, NULL, 0, 0) &&
              tokenward_call_set_tls(call, "1.3", 3, NULL, 0, 0));
    FAILS(argument, "twice",
          tokenward_call_set_client_address(call, "::1", 3) &&
              tokenward_call_set_client_address(call, "::1", 3));
    FAILS(argument, "twice", tokenward_call_set_phase(call, 1) && tokenward_call_set_phase(call, 1));
    FAILS(argument, "twice", tokenward_call_set_binding(call, 1) && tokenward_call_set_binding(call, 1));
    FAILS(argument, "twice",
          tokenward_call_set_encryption(call, "dir", 3, "A256GCM", 7) &&
              tokenward_call_set_encryption(call, "dir", 3, "A256GCM", 7));

    /* Too many of them. */
    char name[32];
    tokenward_call *call = test_call("good.jwt");
    for (int index = 0; index < 1000; index++) {
        CHECK(tokenward_call_add_header(call, "x", 1, "y", 1));
    }
    CHECK(!tokenward_call_add_header(call, "x", 1, "y", 1));
    fails(gate, call, request, "too-many");
    call = test_call("good.jwt");
    for (int index = 0; index < 256; index++) {
        int size = snprintf(name, sizeof name, "s-%d", index);
        CHECK(tokenward_call_add_signal(call, name, (size_t)size, "1", 1));
        CHECK(tokenward_call_add_fact(call, name, (size_t)size, "1", 1));
    }
    CHECK(!tokenward_call_add_signal(call, "x", 1, "1", 1));
    fails(gate, call, argument, "too-many");
    call = test_call("good.jwt");
    for (int index = 0; index < 64; index++) {
        CHECK(tokenward_call_add_cookie(call, "at", 2, 1, 1, TOKENWARD_SAME_SITE_LAX, -1));
    }
    CHECK(!tokenward_call_add_cookie(call, "at", 2, 1, 1, TOKENWARD_SAME_SITE_LAX, -1));
    fails(gate, call, argument, "too-many");

    /* Methods and URLs: in a new call, as the other has one. No error holds a byte of them. */
    char url[512];
    struct { const char *method, *url, *code; } requests[] = {
        { "", "/", "method" },
        { "GE T", "/", "method" },
        { "GET", "", "url" },
        { "GET", "ftp://h/a", "url" },
        { "GET", "https://user@h/", "url" },
        { "GET", url, "url" },
        { "GET", "/a%2fb", "ambiguous-path" },
        { "GET", "/a%5Cb", "ambiguous-path" },
        { "GET", "/a#b", "ambiguous-path" },
        { "GET", "/a%zz", "escape" },
        { "GET", "/\xff", "not-utf8" },
        { "G\xc9T", "/", "not-utf8" },
    };
    snprintf(url, sizeof url, "/a b?access_token=%.100s", token);
    for (size_t index = 0; index < sizeof requests / sizeof *requests; index++) {
        call = tokenward_call_new();
        CHECK(!tokenward_call_set_request(call, requests[index].method, strlen(requests[index].method),
                                          requests[index].url, strlen(requests[index].url)));
        CHECK_TEXT(tokenward_call_path(call, &text_size), NULL);
        fails(gate, call, request, requests[index].code);
    }
    call = tokenward_call_new();
    CHECK(!tokenward_call_set_request(call, "GET", 3, much, 20000));
    fails(gate, call, request, "too-large");
    free(token);
    free(much);
}

static void options_and_flags(tokenward_authorizer *gate)
{
    tokenward_error *error = NULL;
    tokenward_trust *trust = test_trust();
    tokenward_bundle *bundle = test_bundle("acme");

    struct { int which; size_t bytes; const char *code; } wrong[] = {
        { 0, 0, "token-size" }, { 0, (1 << 20) + 1, "token-size" }, { 1, 0, "twice" },
        { 2, 0, "twice" }, { 3, 0, "twice" }, { 4, 0, "cache" }, { 5, 0, "no-path" },
    };
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        tokenward_options *options = tokenward_options_new();
        size_t bytes = wrong[index].bytes;
        const char *file = path_of("trust.toml");
        switch (wrong[index].which) {
        case 0: CHECK(!tokenward_options_set_token_size(options, bytes)); break;
        case 1:
            CHECK(tokenward_options_set_verdict_memory(options, bytes));
            CHECK(!tokenward_options_set_verdict_memory(options, bytes));
            break;
        case 2:
            CHECK(tokenward_options_set_token_memory(options, bytes));
            CHECK(!tokenward_options_set_token_memory(options, bytes));
            break;
        case 3:
            CHECK(tokenward_options_set_background(options, 0));
            CHECK(!tokenward_options_set_background(options, 0));
            break;
        case 4: CHECK(!tokenward_options_set_cache(options, file, strlen(file))); break;
        default: CHECK(!tokenward_options_set_cache(options, NULL, 0)); break;
        }
        CHECK(tokenward_authorizer_new(trust, bundle, options, &error) == NULL);
        CHECK(strcmp(tokenward_error_code(error, NULL), wrong[index].code) == 0);
        tokenward_error_free(error);
        tokenward_options_free(options);
    }
    CHECK(tokenward_authorizer_new(trust, NULL, NULL, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the bundle is NULL");
    CHECK(tokenward_authorizer_new((void *)bundle, bundle, NULL, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "wrong-handle", "no trust");
    CHECK(!tokenward_authorizer_activate(gate, bundle, 2, &error));
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "unknown-value", "TOKENWARD_ACTIVATE_OLDER");
    CHECK(!tokenward_authorizer_activate(gate, NULL, 0, &error));
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the bundle is NULL");
    tokenward_bundle_free(bundle);
    tokenward_trust_free(trust);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    nulls();
    tokenward_authorizer *gate = test_authorizer("acme");
    wrong_handles(gate);
    calls(gate);
    options_and_flags(gate);
    tokenward_authorizer_free(gate);
    return 0;
}
