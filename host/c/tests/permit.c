/* A request that passes, and all that is said of it. */
#include "check.h"

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    CHECK(strcmp(tokenward_version(), EXPECTED_VERSION) == 0);
    CHECK(tokenward_abi_version() == TOKENWARD_ABI_VERSION);

    tokenward_authorizer *gate = test_authorizer("acme");
    size_t size = 0;
    char *token = content_of("good.jwt", &size);
    char value[8192];
    int length = snprintf(value, sizeof value, "bearer  %s", token);
    CHECK(length > 0 && (size_t)length < sizeof value);

    tokenward_call *call = tokenward_call_new();
    CHECK(tokenward_call_add_header(call, TOKENWARD_LITERAL("X-Early"), TOKENWARD_LITERAL("1")));
    CHECK(tokenward_call_path(call, NULL) == NULL);
    CHECK(tokenward_call_set_authorization(call, value, (size_t)length));
    CHECK(tokenward_call_set_request(call, TOKENWARD_LITERAL("GET"),
                                     TOKENWARD_LITERAL("https://API.example/x/../orders/%37?a=b")));
    CHECK_TEXT(tokenward_call_path(call, &text_size), "/orders/7");
    CHECK(tokenward_call_set_client_address(call, TOKENWARD_LITERAL("::ffff:192.0.2.1")));
    CHECK(tokenward_call_set_tls(call, TOKENWARD_LITERAL("TLSv1.3"),
                                 TOKENWARD_LITERAL("TLS_AES_128_GCM_SHA256"), 1));
    CHECK(tokenward_call_set_phase(call, TOKENWARD_PHASE_USE));
    CHECK(tokenward_call_set_binding(call, TOKENWARD_BINDING_MUTUAL_TLS));
    CHECK(tokenward_call_set_encryption(call, TOKENWARD_LITERAL("RSA-OAEP-256"),
                                        TOKENWARD_LITERAL("A256GCM")));
    CHECK(tokenward_call_add_fact(call, TOKENWARD_LITERAL("tenant"), TOKENWARD_LITERAL("\"t-1\"")));
    CHECK(tokenward_call_set_time(call, NOW));
    CHECK(tokenward_call_get_error(call) == NULL);

    tokenward_error *error = NULL;
    tokenward_decision *decision = tokenward_authorizer_decide(gate, call, &error);
    CHECK_NO_ERROR(error);
    /* Nothing of what was passed is needed any more. */
    tokenward_call_free(call);
    tokenward_authorizer_free(gate);
    free(token);
    memset(value, 'x', sizeof value);

    CHECK(tokenward_decision_permits(decision));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_PERMIT);
    CHECK(strcmp(tokenward_outcome_name(TOKENWARD_OUTCOME_PERMIT), "permit") == 0);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_NONE);
    CHECK_TEXT(tokenward_decision_code(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_challenge(decision, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_subject(decision, &text_size), "u-1");
    CHECK(tokenward_decision_subject(decision, NULL) == tokenward_decision_subject(decision, NULL));

    /* Claims by pointer. */
#define CLAIM(pointer, json) \
    CHECK_TEXT(tokenward_decision_claim(decision, TOKENWARD_LITERAL(pointer), &text_size), json)
#define CLAIM_TEXT(pointer, text) \
    CHECK_TEXT(tokenward_decision_claim_text(decision, TOKENWARD_LITERAL(pointer), &text_size), text)
    CLAIM("/client_id", "\"gateway-1\"");
    CLAIM_TEXT("/client_id", "gateway-1");
    CLAIM("/scope", "\"orders:read\"");
    CLAIM("/exp", "1800000840");
    CLAIM_TEXT("/exp", NULL);
    CLAIM("/order/ids/1", "8");
    CLAIM("/order", "{\"ids\":[7,8]}");
    CLAIM("/none", NULL);
    CLAIM("order", NULL);
    CLAIM("/order/ids/01", NULL);
    /* What would end a header, or a text. */
    CLAIM("/label", "\"a\\r\\nx-admin: 1\"");
    CLAIM_TEXT("/label", NULL);
    CLAIM("/zero", "\"a\\u0000b\"");
    CLAIM_TEXT("/zero", NULL);
    CLAIM_TEXT("/caf\xc3\xa9", "\xc3\xa9");
    const char *all = tokenward_decision_claim(decision, NULL, 0, NULL);
    CHECK(all != NULL && strstr(all, "\"sub\":\"u-1\"") != NULL);
    CHECK_TEXT(tokenward_decision_claim_text(decision, NULL, 0, &text_size), NULL);
    /* What was lent stays where it is while other claims are asked for. */
    CHECK(all == tokenward_decision_claim(decision, NULL, 0, NULL));
    CHECK(tokenward_decision_withheld_count(decision) == 0);
    CHECK_TEXT(tokenward_decision_withheld(decision, 0, &text_size), NULL);

    const tokenward_bundle_info *info = tokenward_decision_get_bundle(decision);
    CHECK_TEXT(tokenward_bundle_info_name(info, &text_size), "acme");
    CHECK_TEXT(tokenward_bundle_info_version(info, &text_size), "1.0.0");
    CHECK(strncmp(tokenward_bundle_info_digest(info, &size), "sha256:", 7) == 0);
    CHECK(size == 7 + 64);

    const char *record = tokenward_decision_record(decision, &size);
    CHECK(record != NULL && strlen(record) == size);
    CHECK(strstr(record, "\"schema\":\"tokenward.decision/1\"") != NULL);
    CHECK(strstr(record, "\"outcome\":\"permit\"") != NULL);
    CHECK(strstr(record, "u-1") == NULL && strstr(record, "gateway-1") == NULL);
    tokenward_decision_free(decision);

    /* What is not to be passed on is not given, also not as a part of something else. */
    gate = test_authorizer("withhold");
    decision = decide(gate, test_call("contact.jwt"));
    CHECK(tokenward_decision_permits(decision));
    CHECK(tokenward_decision_withheld_count(decision) == 2);
    CHECK_TEXT(tokenward_decision_withheld(decision, 0, &text_size), "/contact/email");
    CHECK_TEXT(tokenward_decision_withheld(decision, 1, &text_size), "/sub");
    CHECK_TEXT(tokenward_decision_withheld(decision, 2, &text_size), NULL);
    CHECK_TEXT(tokenward_decision_subject(decision, &text_size), NULL);
    CLAIM("/sub", NULL);
    CLAIM_TEXT("/sub", NULL);
    CLAIM("/contact/email", NULL);
    CLAIM("/contact", "{\"id\":\"c-1\"}");
    all = tokenward_decision_claim(decision, NULL, 0, NULL);
    CHECK(all != NULL && strstr(all, "c-1") != NULL && strstr(all, "@") == NULL);
    CHECK(strstr(tokenward_decision_record(decision, NULL), "@example.com") == NULL);
    tokenward_decision_free(decision);

    /* By the clock of this machine. */
    token = content_of("live.jwt", &size);
    call = tokenward_call_new();
    CHECK(tokenward_call_set_bearer(call, token, size));
    decision = decide(gate, call);
    CHECK(tokenward_decision_permits(decision));
    tokenward_decision_free(decision);
    free(token);
    tokenward_authorizer_free(gate);
    return 0;
}
