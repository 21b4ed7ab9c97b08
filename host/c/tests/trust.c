/* Whose tokens are accepted: every way to say it, and how it is replaced. */
#include "check.h"

static tokenward_bundle *bundle;

/* What an authorizer with this trust, which is freed, says of a token: its code, or `permit`. */
static void says(tokenward_trust *trust, const char *file, const char *expected)
{
    tokenward_error *error = NULL;
    tokenward_options *options = tokenward_options_new();
    const char *cache = path_of("cache");
    CHECK(tokenward_options_set_cache(options, cache, strlen(cache)));
    tokenward_authorizer *gate = tokenward_authorizer_new(trust, bundle, options, &error);
    CHECK_NO_ERROR(error);
    tokenward_options_free(options);
    tokenward_trust_free(trust);
    tokenward_decision *decision = decide(gate, test_call(file));
    const char *said = tokenward_decision_permits(decision)
        ? "permit" : tokenward_decision_code(decision, NULL);
    if (said == NULL || strcmp(said, expected) != 0) {
        fprintf(stderr, "%s: %s, not %s\n", file, said ? said : "(none)", expected);
        exit(1);
    }
    tokenward_decision_free(decision);
    tokenward_authorizer_free(gate);
}

static void ways(void)
{
    tokenward_error *error = NULL;
    size_t size = 0;
    char *jwks = content_of("idp.jwks.json", &size);
    char *toml = content_of("trust.toml", NULL);

    says(test_trust(), "good.jwt", "permit");
    tokenward_trust *trust = tokenward_trust_from_toml(
        toml, strlen(toml), test_folder, strlen(test_folder), &error);
    CHECK_NO_ERROR(error);
    says(trust, "good.jwt", "permit");

    trust = tokenward_trust_from_issuer(TOKENWARD_LITERAL("https://idp.example"),
                                        TOKENWARD_LITERAL("https://api.example"), jwks, size, &error);
    CHECK_NO_ERROR(error);
    says(trust, "good.jwt", "permit");
    trust = tokenward_trust_from_issuer(TOKENWARD_LITERAL("https://idp.example"),
                                        TOKENWARD_LITERAL("https://b.example"), jwks, size, &error);
    CHECK_NO_ERROR(error);
    says(trust, "good.jwt", "audience_mismatch");

    /* Keys alone check neither. */
    trust = tokenward_trust_from_keys(jwks, size, &error);
    CHECK_NO_ERROR(error);
    says(trust, "other-audience.jwt", "permit");
    trust = tokenward_trust_from_keys(jwks, size, &error);
    says(trust, "forged.jwt", "signature_invalid");
    free(jwks);

    /* A PEM public key; a JWK of a shared secret. */
    char *pem = content_of("idp.pem", &size);
    trust = tokenward_trust_from_keys(pem, size, &error);
    CHECK_NO_ERROR(error);
    says(trust, "good.jwt", "permit");
    free(pem);
    char *secret = content_of("secret.jwk", &size);
    trust = tokenward_trust_from_issuer(TOKENWARD_LITERAL("https://idp.example"),
                                        TOKENWARD_LITERAL("https://api.example"), secret, size, &error);
    CHECK_NO_ERROR(error);
    says(trust, "symmetric.jwt", "permit");
    free(secret);
    free(toml);
}

static void refused(void)
{
    tokenward_error *error = NULL;
    size_t size = 0;
    char *private_key = content_of("idp.private.jwk", &size);
    CHECK(tokenward_trust_from_keys(private_key, size, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "key_private", "private key");
    /* Passed in the place of a trust file, it is not quoted. */
    CHECK(tokenward_trust_from_toml(private_key, size, NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "no-trust-file", "is JSON");
    free(private_key);
    char *token = content_of("good.jwt", &size);
    CHECK(tokenward_trust_from_toml(token, size, NULL, 0, &error) == NULL);
    CHECK(strstr(tokenward_error_message(error, NULL), "eyJ") == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "no-trust-file", "is a token");
    CHECK(tokenward_trust_from_keys(token, size, &error) == NULL);
    CHECK(strstr(tokenward_error_message(error, NULL), "eyJ") == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "key_not_a_key_file", "accepted are");
    free(token);

    const char *path = path_of("no-such-file");
    CHECK(tokenward_trust_from_file(path, strlen(path), &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_FILE, "unreadable", "no-such-file");
    CHECK(tokenward_trust_from_file("a\0b", 3, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "nul", "a NUL");
    CHECK(tokenward_trust_from_file("\xff", 1, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "not-utf8", "is not UTF-8");
    CHECK(tokenward_trust_from_toml(TOKENWARD_LITERAL("[[issuer]]\nissuer = 'a'\nkeys = 'no-such-key'\n"
                                                      "audiences = ['b']\n"), NULL, 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "trust", "no-such-key");
}

/* The code that is said of a token; `permit` if it passes. It is freed by nobody: it is a literal. */
static int is_said(const tokenward_authorizer *gate, const char *file, const char *expected)
{
    tokenward_decision *decision = decide(gate, test_call(file));
    const char *said = tokenward_decision_permits(decision)
        ? "permit" : tokenward_decision_code(decision, NULL);
    int same = said != NULL && strcmp(said, expected) == 0;
    tokenward_decision_free(decision);
    return same;
}

/* Keys that somebody else fetches, a rotation, and another trust as a whole. */
static void replaced(void)
{
    tokenward_error *error = NULL;
    size_t size = 0;
    tokenward_trust *trust = tokenward_trust_from_toml(
        TOKENWARD_LITERAL("[[issuer]]\nissuer = 'https://idp.example'\nkeys = 'discovery'\n"
                          "audiences = ['https://api.example']\n"), NULL, 0, &error);
    CHECK_NO_ERROR(error);
    tokenward_options *options = tokenward_options_new();
    CHECK(tokenward_options_set_token_memory(options, 1 << 20));
    CHECK(tokenward_options_set_verdict_memory(options, 0));
    CHECK(tokenward_options_set_background(options, 0));
    CHECK(tokenward_options_set_token_size(options, 1 << 20));
    tokenward_authorizer *gate = tokenward_authorizer_new(trust, bundle, options, &error);
    CHECK_NO_ERROR(error);
    tokenward_options_free(options);
    tokenward_trust_free(trust);

    /* Without keys nothing is known of a token: that is a fault, and no denial. */
    tokenward_decision *decision = decide(gate, test_call("good.jwt"));
    CHECK(tokenward_decision_outcome(decision) == TOKENWARD_OUTCOME_FAULT);
    CHECK(tokenward_decision_refusal(decision) == TOKENWARD_REFUSAL_FAULT);
    CHECK_TEXT(tokenward_decision_code(decision, &text_size), "keys_unavailable");
    CHECK_TEXT(tokenward_decision_challenge(decision, &text_size), NULL);
    tokenward_decision_free(decision);

    char *keys = content_of("idp.jwks.json", &size);
    CHECK(tokenward_authorizer_set_keys(gate, TOKENWARD_LITERAL("https://idp.example"), keys, size, &error));
    CHECK_NO_ERROR(error);
    CHECK(is_said(gate, "good.jwt", "permit"));
    CHECK(is_said(gate, "good.jwt", "permit"));
    CHECK(is_said(gate, "rotated.jwt", "key_not_found"));
    /* The options count: a token of more than 16 KiB is read. */
    CHECK(!is_said(gate, "large.jwt", "token_too_large"));
    CHECK(!tokenward_authorizer_set_keys(gate, TOKENWARD_LITERAL("https://b.example"), keys, size, &error));
    CHECK_ERROR(error, TOKENWARD_ERROR_TRUST, "trust", "there is no issuer");
    CHECK(!tokenward_authorizer_set_keys(gate, TOKENWARD_LITERAL("https://idp.example"), "{}", 2, &error));
    tokenward_error_free(error);
    CHECK(is_said(gate, "good.jwt", "permit"));
    free(keys);

    keys = content_of("rotated.jwks.json", &size);
    CHECK(tokenward_authorizer_set_keys(gate, TOKENWARD_LITERAL("https://idp.example"), keys, size, &error));
    CHECK(is_said(gate, "rotated.jwt", "permit"));
    CHECK(is_said(gate, "good.jwt", "key_not_found"));
    free(keys);

    trust = test_trust();
    CHECK(tokenward_authorizer_set_trust(gate, trust, &error));
    CHECK_NO_ERROR(error);
    tokenward_trust_free(trust);
    CHECK(is_said(gate, "good.jwt", "permit"));
    CHECK(is_said(gate, "rotated.jwt", "key_not_found"));
    CHECK(!tokenward_authorizer_set_trust(gate, NULL, &error));
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "null", "the trust is NULL");
    CHECK(is_said(gate, "good.jwt", "permit"));
    tokenward_authorizer_free(gate);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    bundle = test_bundle("lenient");
    ways();
    refused();
    replaced();
    tokenward_bundle_free(bundle);
    return 0;
}
