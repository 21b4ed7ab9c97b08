/* Requests that do not pass, and what the client and the log are told. */
#include "check.h"

/* That a token is not accepted, with this code. */
static void refused_token(const tokenward_authorizer *gate, const char *file, const char *code)
{
    tokenward_decision *decision = decide(gate, test_call(file));
    CHECK(!tokenward_decision_permits(decision));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_DENY);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_TOKEN);
    CHECK_TEXT(tokenward_decision_code(decision, &text_size), code);
    CHECK_TEXT(tokenward_decision_challenge(decision, &text_size),
               "Bearer error=\"invalid_token\", "
               "error_description=\"the access token is not accepted\"");
    /* Nothing of a token that was not accepted is passed on. */
    CHECK_TEXT(tokenward_decision_subject(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_claim(decision, TOKENWARD_LITERAL("/sub"), &text_size), NULL);
    CHECK(tokenward_decision_withheld_count(decision) == 0);
    CHECK(tokenward_decision_finding_count(decision) == 0);
    tokenward_decision_free(decision);
}

static void findings(const tokenward_authorizer *gate)
{
    tokenward_decision *decision = decide(gate, test_call("email.jwt"));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_DENY);
    CHECK(strcmp(tokenward_outcome_name(TOKENWARD_OUTCOME_DENY), "deny") == 0);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_POLICY);
    CHECK_TEXT(tokenward_decision_code(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_challenge(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_subject(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_claim(decision, TOKENWARD_LITERAL("/email"), &text_size), NULL);

    CHECK(tokenward_decision_finding_count(decision) == 1);
    const tokenward_finding *finding = tokenward_decision_finding(decision, 0);
    CHECK(finding != NULL && finding == tokenward_decision_finding(decision, 0));
    CHECK(tokenward_decision_finding(decision, 1) == NULL);
    CHECK_TEXT(tokenward_finding_policy(finding, &text_size), "claim-minimization");
    CHECK_TEXT(tokenward_finding_rule(finding, &text_size), "personal-data");
    CHECK_TEXT(tokenward_finding_title(finding, &text_size), "The claim holds personal data");
    CHECK_TEXT(tokenward_finding_claim(finding, &text_size), "/email");
    CHECK(strstr(tokenward_finding_message(finding, NULL), "e-mail address") != NULL);
    CHECK(strncmp(tokenward_finding_remedy(finding, NULL), "Take the claim out", 18) == 0);
    CHECK(tokenward_finding_severity(finding) == TOKENWARD_SEVERITY_HIGH);
    CHECK(strcmp(tokenward_severity_name(TOKENWARD_SEVERITY_HIGH), "high") == 0);
    CHECK(tokenward_finding_effect(finding) == TOKENWARD_EFFECT_DENY);
    CHECK(tokenward_finding_enforcement(finding) == TOKENWARD_ENFORCEMENT_ENFORCE);
    CHECK(tokenward_finding_control_count(finding) == 2);
    CHECK_TEXT(tokenward_finding_control(finding, 0, &text_size), "GDPR 5(1)(c)");
    CHECK_TEXT(tokenward_finding_control(finding, 1, &text_size), "GDPR 25(2)");
    CHECK_TEXT(tokenward_finding_control(finding, 2, &text_size), NULL);
    const char *record = tokenward_decision_record(decision, NULL);
    CHECK(strstr(record, "\"rule\":\"personal-data\"") != NULL);
    CHECK(strstr(record, "alice") == NULL);
    tokenward_decision_free(decision);
}

static void scope_and_step_up(const tokenward_authorizer *gate)
{
    tokenward_decision *decision = decide(gate, test_call("other-scope.jwt"));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_DENY);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_SCOPE);
    CHECK_TEXT(tokenward_decision_challenge(decision, &text_size),
               "Bearer error=\"insufficient_scope\", "
               "error_description=\"the access token lacks a scope\", scope=\"orders:read\"");
    tokenward_decision_free(decision);

    tokenward_call *call = test_call("good.jwt");
    CHECK(tokenward_call_add_signal(call, TOKENWARD_LITERAL("new-device"), TOKENWARD_LITERAL("true")));
    CHECK(tokenward_call_add_observation(call, TOKENWARD_LITERAL("unusual-location"),
                                         TOKENWARD_LITERAL("true"), 100, 5,
                                         TOKENWARD_LITERAL("geo")));
    decision = decide(gate, call);
    CHECK(!tokenward_decision_permits(decision));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_STEP_UP);
    CHECK(strcmp(tokenward_outcome_name(TOKENWARD_OUTCOME_STEP_UP), "step-up") == 0);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_STEP_UP);
    CHECK(strstr(tokenward_decision_challenge(decision, NULL),
                 "error=\"insufficient_user_authentication\"") != NULL);
    CHECK_TEXT(tokenward_decision_subject(decision, &text_size), NULL);
    tokenward_decision_free(decision);

    /* What is hardly sure, by someone who does not say who, long ago: no step-up. */
    call = test_call("good.jwt");
    CHECK(tokenward_call_add_signal(call, TOKENWARD_LITERAL("new-device"), TOKENWARD_LITERAL("true")));
    CHECK(tokenward_call_add_observation(call, TOKENWARD_LITERAL("unusual-location"),
                                         TOKENWARD_LITERAL("true"), 1, -1, NULL, 0));
    decision = decide(gate, call);
    CHECK(tokenward_decision_permits(decision));
    tokenward_decision_free(decision);
}

static void no_token(const tokenward_authorizer *gate)
{
    /* Another scheme, a scheme alone, an empty token, nothing at all. */
    const char *headers[] = { "Basic YTpi", "Bearer", "Bearer ", "", NULL };
    for (size_t index = 0; index < sizeof headers / sizeof *headers; index++) {
        tokenward_call *call = tokenward_call_new();
        if (headers[index] != NULL) {
            CHECK(tokenward_call_set_authorization(call, headers[index], strlen(headers[index])));
        }
        CHECK(tokenward_call_set_bearer(call, NULL, 0));
        tokenward_decision *decision = decide(gate, call);
        CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_DENY);
        CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_TOKEN_MISSING);
        CHECK_TEXT(tokenward_decision_code(decision, &text_size), "token_missing");
        CHECK_TEXT(tokenward_decision_challenge(decision, &text_size), "Bearer");
        tokenward_decision_free(decision);
    }
}

static void faults(const tokenward_authorizer *gate)
{
    /* No policy of the bundle is asked at log-in: nobody judged. */
    tokenward_authorizer *other = test_authorizer("no-login");
    tokenward_call *call = test_call("good.jwt");
    CHECK(tokenward_call_set_phase(call, TOKENWARD_PHASE_LOGIN));
    tokenward_decision *decision = decide(other, call);
    CHECK(!tokenward_decision_permits(decision));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_FAULT);
    CHECK(strcmp(tokenward_outcome_name(TOKENWARD_OUTCOME_FAULT), "fault") == 0);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_FAULT);
    CHECK_TEXT(tokenward_decision_code(decision, &text_size), "no_policy_asked");
    CHECK_TEXT(tokenward_decision_challenge(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_subject(decision, &text_size), NULL);
    tokenward_decision_free(decision);
    tokenward_authorizer_free(other);

    /* The phases are told apart: at issue, nothing is asked of the request's route. */
    const int32_t phases[] = { TOKENWARD_PHASE_ISSUE, TOKENWARD_PHASE_REFRESH };
    for (size_t index = 0; index < 2; index++) {
        call = test_call("other-scope.jwt");
        CHECK(tokenward_call_set_phase(call, phases[index]));
        decision = decide(gate, call);
        CHECK(tokenward_decision_permits(decision));
        tokenward_decision_free(decision);
    }
}

/* Where the token was, and the cookie that it was in, by the policy that judges them. */
static void transport(void)
{
    tokenward_authorizer *gate = test_authorizer("transport");
    struct { int32_t location, secure, same_site; int64_t max_age; int denied; } cases[] = {
        { TOKENWARD_LOCATION_AUTHORIZATION, -1, 0, 0, 0 },
        { TOKENWARD_LOCATION_BODY, -1, 0, 0, 0 },
        { TOKENWARD_LOCATION_OTHER_HEADER, -1, 0, 0, 0 },
        { TOKENWARD_LOCATION_QUERY, -1, 0, 0, 1 },
        { TOKENWARD_LOCATION_COOKIE, 1, TOKENWARD_SAME_SITE_STRICT, 600, 0 },
        { TOKENWARD_LOCATION_COOKIE, 1, TOKENWARD_SAME_SITE_LAX, -1, 0 },
        { TOKENWARD_LOCATION_COOKIE, 1, TOKENWARD_SAME_SITE_LAX, 4000, 1 },
        { TOKENWARD_LOCATION_COOKIE, 1, TOKENWARD_SAME_SITE_NONE, 600, 1 },
        { TOKENWARD_LOCATION_COOKIE, 1, TOKENWARD_SAME_SITE_UNSET, 600, 1 },
        { TOKENWARD_LOCATION_COOKIE, 0, TOKENWARD_SAME_SITE_LAX, 600, 1 },
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        tokenward_call *call = test_call("good.jwt");
        CHECK(tokenward_call_set_location(call, cases[index].location));
        CHECK(tokenward_call_set_tls(call, TOKENWARD_LITERAL("1.2"), NULL, 0, 0));
        if (cases[index].secure >= 0) {
            CHECK(tokenward_call_add_cookie(call, TOKENWARD_LITERAL("__Host-at"), 1,
                                            cases[index].secure, cases[index].same_site,
                                            cases[index].max_age));
        }
        tokenward_decision *decision = decide(gate, call);
        int expected = cases[index].denied ? TOKENWARD_OUTCOME_DENY : TOKENWARD_OUTCOME_PERMIT;
        if (tokenward_decision_outcome(decision) != expected) {
            fprintf(stderr, "case %zu: %s\n", index, tokenward_decision_record(decision, NULL));
            exit(1);
        }
        tokenward_decision_free(decision);
    }
    tokenward_authorizer_free(gate);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    tokenward_authorizer *gate = test_authorizer("acme");
    refused_token(gate, "expired.jwt", "expired");
    refused_token(gate, "forged.jwt", "signature_invalid");
    refused_token(gate, "unknown-key.jwt", "key_not_found");
    refused_token(gate, "other-issuer.jwt", "issuer_unknown");
    refused_token(gate, "other-audience.jwt", "audience_mismatch");
    refused_token(gate, "unsigned.jwt", "alg_none");
    refused_token(gate, "nonsense.jwt", "malformed_compact");
    refused_token(gate, "large.jwt", "token_too_large");
    findings(gate);
    scope_and_step_up(gate);
    no_token(gate);
    faults(gate);
    transport();
    tokenward_authorizer_free(gate);

    /* What only warns, or is in the shadow, is told and decides nothing. */
    gate = test_authorizer("lenient");
    tokenward_decision *decision = decide(gate, test_call("email.jwt"));
    CHECK(tokenward_decision_permits(decision));
    CHECK(tokenward_decision_finding_count(decision) == 2);
    CHECK(tokenward_finding_enforcement(tokenward_decision_finding(decision, 0)) ==
          TOKENWARD_ENFORCEMENT_WARN);
    CHECK(tokenward_finding_enforcement(tokenward_decision_finding(decision, 1)) ==
          TOKENWARD_ENFORCEMENT_SHADOW);
    tokenward_decision_free(decision);
    tokenward_authorizer_free(gate);
    return 0;
}
