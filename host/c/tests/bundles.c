/* Bundles: built in, from a folder, packed; verified, activated, refused. */
#include "check.h"

/* Reads a packed bundle with the trust file of the test, or unsigned. */
static tokenward_bundle *packed(const char *name, const char *trust, uint32_t flags,
                                tokenward_error **error)
{
    const char *path = path_of(name), *by = trust ? path_of(trust) : NULL;
    return tokenward_bundle_from_packed_file(path, strlen(path), by, by ? strlen(by) : 0, flags, error);
}

static tokenward_bundle *verified(const char *name)
{
    tokenward_error *error = NULL;
    tokenward_bundle *bundle = packed(name, "bundle-trust.toml", 0, &error);
    CHECK_NO_ERROR(error);
    CHECK(bundle != NULL);
    return bundle;
}

#define REFUSED(name, trust, flags, kind, code, words)                                        \
    do {                                                                                      \
        tokenward_error *refused = NULL;                                                      \
        CHECK(packed((name), (trust), (flags), &refused) == NULL);                            \
        CHECK_ERROR(refused, (kind), (code), (words));                                        \
    } while (0)

static void read_and_verified(void)
{
    tokenward_error *error = NULL;
    size_t size = 0;
    tokenward_bundle *bundle = tokenward_bundle_built_in(TOKENWARD_LITERAL("gdpr"), &error);
    CHECK_NO_ERROR(error);
    const tokenward_bundle_info *info = tokenward_bundle_get_info(bundle);
    CHECK_TEXT(tokenward_bundle_info_name(info, &text_size), "gdpr");
    CHECK(tokenward_bundle_info_version(info, &size) != NULL && size > 0);
    CHECK(strncmp(tokenward_bundle_info_digest(info, NULL), "sha256:", 7) == 0);
    tokenward_bundle_free(bundle);
    CHECK(tokenward_bundle_built_in(TOKENWARD_LITERAL("acme"), &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_BUNDLE, "unknown-bundle", "`baseline`");
    CHECK(tokenward_bundle_from_folder(TOKENWARD_LITERAL("/no/such/folder"), &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_FILE, "unreadable", "bundle.toml");
    const char *path = path_of("mistyped");
    CHECK(tokenward_bundle_from_folder(path, strlen(path), &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_BUNDLE, "manifest", "polcy");

    bundle = verified("acme-1.0.0.bundle");
    CHECK_TEXT(tokenward_bundle_info_version(tokenward_bundle_get_info(bundle), &text_size), "1.0.0");
    tokenward_bundle_free(bundle);
    bundle = packed("unsigned.bundle", NULL, TOKENWARD_BUNDLE_UNSIGNED, &error);
    CHECK_NO_ERROR(error);
    tokenward_bundle_free(bundle);

    /* The same from memory. */
    const char *trust = path_of("bundle-trust.toml");
    char *bytes = content_of("acme-1.0.0.bundle", &size);
    bundle = tokenward_bundle_from_packed(bytes, size, trust, strlen(trust), 0, &error);
    CHECK_NO_ERROR(error);
    tokenward_bundle_free(bundle);
    bytes[size / 2] ^= 1;
    CHECK(tokenward_bundle_from_packed(bytes, size, trust, strlen(trust), 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_BUNDLE, "entry-differs", "SHA-256");
    CHECK(tokenward_bundle_from_packed(bytes, size / 2, trust, strlen(trust), 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_BUNDLE, "truncated", "cut short");
    CHECK(tokenward_bundle_from_packed(bytes, SIZE_MAX, trust, strlen(trust), 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "impossible-size", "no size");
    CHECK(tokenward_bundle_from_packed(bytes, (size_t)1 << 40, trust, strlen(trust), 0, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_ARGUMENT, "too-large", "at most");
    free(bytes);

    const int argument = TOKENWARD_ERROR_ARGUMENT, unverified = TOKENWARD_ERROR_UNVERIFIED;
    REFUSED("acme-1.0.0.bundle", NULL, 0, argument, "no-bundle-trust", "TOKENWARD_BUNDLE_UNSIGNED");
    REFUSED("acme-1.0.0.bundle", "bundle-trust.toml", TOKENWARD_BUNDLE_UNSIGNED, argument,
            "unsigned-and-trust", "one of them");
    REFUSED("acme-1.0.0.bundle", NULL, 6, argument, "unknown-value", "0x6");
    REFUSED("unsigned.bundle", "bundle-trust.toml", 0, unverified, "unsigned", "not signed");
    REFUSED("stranger.bundle", "bundle-trust.toml", 0, unverified, "too-few-signatures", "1 are needed");
    REFUSED("expired.bundle", "bundle-trust.toml", 0, unverified, "expired", "it expired at");
    REFUSED("expired.bundle", NULL, TOKENWARD_BUNDLE_UNSIGNED, unverified, "expired", "it expired at");
    REFUSED("no-such.bundle", "bundle-trust.toml", 0, TOKENWARD_ERROR_FILE, "unreadable", "no-such");
    REFUSED("good.jwt", "bundle-trust.toml", 0, TOKENWARD_ERROR_BUNDLE, "not-a-bundle", "begin");
    REFUSED("acme-1.0.0.bundle", "trust.toml", 0, TOKENWARD_ERROR_TRUST, "bundle-trust", "trust.toml");
}

static int is_active(const tokenward_authorizer *gate, const char *version)
{
    tokenward_error *error = NULL;
    tokenward_bundle_info *info = tokenward_authorizer_get_bundle(gate, &error);
    CHECK_NO_ERROR(error);
    int same = strcmp(tokenward_bundle_info_version(info, NULL), version) == 0;
    tokenward_bundle_info_free(info);
    return same;
}

#define NOT_ACTIVATED(bundle, kind, code, words)                                              \
    do {                                                                                      \
        tokenward_error *refused = NULL;                                                      \
        CHECK(!tokenward_authorizer_activate(gate, (bundle), 0, &refused));                   \
        CHECK_ERROR(refused, (kind), (code), (words));                                        \
    } while (0)

static void activated(void)
{
    tokenward_error *error = NULL;
    tokenward_trust *trust = test_trust();
    tokenward_options *options = tokenward_options_new();
    const char *cache = path_of("cache");
    CHECK(tokenward_options_set_cache(options, cache, strlen(cache)));
    tokenward_bundle *one = verified("acme-1.0.0.bundle"), *two = verified("acme-1.1.0.bundle");
    tokenward_bundle *other = verified("acme-1.1.0-other.bundle"), *cases = verified("cases-fail.bundle");
    tokenward_bundle *folder = test_bundle("lenient"), *settings = test_bundle("wrong-setting");

    CHECK(tokenward_authorizer_new(trust, cases, options, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_BUNDLE, "cases-fail", "in 1 cases): own.toml: nothing missing: ");
    CHECK(tokenward_authorizer_new(trust, settings, options, &error) == NULL);
    CHECK_ERROR(error, TOKENWARD_ERROR_BUNDLE, "policy", "bundle `wrong-setting`");

    tokenward_authorizer *gate = tokenward_authorizer_new(trust, one, options, &error);
    CHECK_NO_ERROR(error);
    CHECK(is_active(gate, "1.0.0"));
    tokenward_decision *before = decide(gate, test_call("email.jwt"));
    CHECK(tokenward_decision_outcome(before) == TOKENWARD_OUTCOME_DENY);

    /* A later version; not an older one again, unless an operator says so. */
    CHECK(tokenward_authorizer_activate(gate, two, 0, &error));
    CHECK_NO_ERROR(error);
    CHECK(is_active(gate, "1.1.0"));
    NOT_ACTIVATED(one, TOKENWARD_ERROR_UNVERIFIED, "older-version", "1.1.0 was accepted before");
    NOT_ACTIVATED(other, TOKENWARD_ERROR_UNVERIFIED, "version-reused", "version 1.1.0");
    NOT_ACTIVATED(cases, TOKENWARD_ERROR_BUNDLE, "cases-fail", "its own cases");
    NOT_ACTIVATED(settings, TOKENWARD_ERROR_BUNDLE, "policy", "bundle `wrong-setting`");
    CHECK(is_active(gate, "1.1.0"));
    CHECK(tokenward_authorizer_activate(gate, one, TOKENWARD_ACTIVATE_OLDER, &error));
    CHECK(is_active(gate, "1.0.0"));
    NOT_ACTIVATED(one, TOKENWARD_ERROR_UNVERIFIED, "older-version", "1.1.0 was accepted before");
    CHECK(tokenward_authorizer_activate(gate, two, 0, &error));

    /* One of one's own takes its place, and says otherwise. A decision keeps to its bundle. */
    CHECK(tokenward_authorizer_activate(gate, folder, 0, &error));
    CHECK_NO_ERROR(error);
    tokenward_decision *after = decide(gate, test_call("email.jwt"));
    CHECK(tokenward_decision_permits(after));
    CHECK(tokenward_decision_outcome(before) == TOKENWARD_OUTCOME_DENY);
    CHECK(strcmp(tokenward_bundle_info_name(tokenward_decision_get_bundle(before), NULL), "acme") == 0);
    CHECK(strcmp(tokenward_bundle_info_name(tokenward_decision_get_bundle(after), NULL), "lenient") == 0);

    tokenward_bundle_free(one);
    tokenward_bundle_free(two);
    tokenward_bundle_free(other);
    tokenward_bundle_free(cases);
    tokenward_bundle_free(folder);
    tokenward_bundle_free(settings);
    tokenward_options_free(options);
    tokenward_trust_free(trust);
    tokenward_authorizer_free(gate);
    CHECK(tokenward_decision_finding_count(before) == 1);
    tokenward_decision_free(before);
    tokenward_decision_free(after);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    read_and_verified();
    activated();
    return 0;
}
