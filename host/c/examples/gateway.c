/* A gateway in one file: decides about one request, as a server would about each.
 *
 *     cc gateway.c $(pkg-config --cflags --libs tokenward) -o gateway
 *     ./gateway trust.toml GET https://api.example/orders/7 "Bearer eyJ..."
 */
#include <stdio.h>
#include <string.h>

#include <tokenward.h>

/* Says what went wrong, and that no request passes. */
static int failed(tokenward_error *error)
{
    fprintf(stderr, "error [%s]: %s\n", tokenward_error_code(error, NULL),
            tokenward_error_message(error, NULL));
    tokenward_error_free(error);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: gateway TRUST-FILE METHOD URL AUTHORIZATION\n");
        return 2;
    }
    const char *method = argv[2], *url = argv[3], *authorization = argv[4];

    /* Once, when a worker process starts. */
    tokenward_error *error = NULL;
    tokenward_trust *trust = tokenward_trust_from_file(argv[1], strlen(argv[1]), &error);
    if (trust == NULL) {
        return failed(error);
    }
    tokenward_bundle *bundle = tokenward_bundle_built_in(TOKENWARD_LITERAL("baseline"), &error);
    tokenward_authorizer *gate = tokenward_authorizer_new(trust, bundle, NULL, &error);
    tokenward_bundle_free(bundle);
    tokenward_trust_free(trust);
    if (gate == NULL) {
        return failed(error);
    }

    /* For each request, on any thread. The setters' errors come back when it is decided. */
    tokenward_call *call = tokenward_call_new();
    tokenward_call_set_request(call, method, strlen(method), url, strlen(url));
    tokenward_call_set_authorization(call, authorization, strlen(authorization));
    tokenward_decision *decision = tokenward_authorizer_decide(gate, call, &error);
    tokenward_call_free(call);
    if (decision == NULL) {
        tokenward_authorizer_free(gate);
        return failed(error);
    }

    printf("%s\n", tokenward_outcome_name(tokenward_decision_outcome(decision)));
    if (tokenward_decision_permits(decision)) {
        const char *subject = tokenward_decision_subject(decision, NULL);
        printf("x-tokenward-subject: %s\n", subject ? subject : "");
    } else if (tokenward_decision_challenge(decision, NULL) != NULL) {
        printf("WWW-Authenticate: %s\n", tokenward_decision_challenge(decision, NULL));
    }
    for (size_t index = 0; index < tokenward_decision_finding_count(decision); index++) {
        const tokenward_finding *finding = tokenward_decision_finding(decision, index);
        printf("%s: %s [%s]\n", tokenward_severity_name(tokenward_finding_severity(finding)),
               tokenward_finding_message(finding, NULL), tokenward_finding_rule(finding, NULL));
    }
    int permits = tokenward_decision_permits(decision);
    tokenward_decision_free(decision);
    tokenward_authorizer_free(gate);
    return permits ? 0 : 1;
}
