/* Eight threads decide, each a thousand times, while another one activates bundles and a third replaces
 * keys. Each decision is by one bundle as a whole. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

enum { THREADS = 8, DECISIONS = 1000 };

static tokenward_authorizer *gate;
static char *good, *email;
static size_t good_size, email_size;
static atomic_int running = THREADS;
static atomic_int strict, lenient;

/* A request that both bundles permit, and one that the strict bundle alone denies. */
static void *decides(void *unused)
{
    (void)unused;
    for (int index = 0; index < DECISIONS; index++) {
        int is_good = index % 2 == 0;
        tokenward_error *error = NULL;
        tokenward_call *call = tokenward_call_new();
        tokenward_call_set_bearer(call, is_good ? good : email, is_good ? good_size : email_size);
        tokenward_call_set_request(call, TOKENWARD_LITERAL("GET"),
                                   TOKENWARD_LITERAL("https://api.example/orders/7"));
        tokenward_call_set_time(call, NOW);
        tokenward_decision *decision = tokenward_authorizer_decide(gate, call, &error);
        CHECK_NO_ERROR(error);
        const char *name = tokenward_bundle_info_name(tokenward_decision_get_bundle(decision), NULL);
        int is_strict = strcmp(name, "acme") == 0;
        CHECK(is_strict || strcmp(name, "lenient") == 0);
        CHECK(tokenward_decision_permits(decision) == (is_good || !is_strict));
        CHECK_TEXT(tokenward_decision_subject(decision, &text_size), is_good || !is_strict ? "u-1" : NULL);
        atomic_fetch_add(is_strict ? &strict : &lenient, 1);
        tokenward_decision_free(decision);
        tokenward_call_free(call);
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

static void *activates(void *unused)
{
    (void)unused;
    tokenward_bundle *bundles[] = { test_bundle("lenient"), test_bundle("acme") };
    /* Until nobody decides any more, and both bundles were met. */
    for (int index = 0; atomic_load(&running) > 0 || index < 2; index++) {
        tokenward_error *error = NULL;
        CHECK(tokenward_authorizer_activate(gate, bundles[index % 2], 0, &error));
        CHECK_NO_ERROR(error);
        tokenward_bundle_info *info = tokenward_authorizer_get_bundle(gate, &error);
        CHECK_NO_ERROR(error);
        tokenward_bundle_info_free(info);
    }
    tokenward_bundle_free(bundles[0]);
    tokenward_bundle_free(bundles[1]);
    return NULL;
}

static void *rotates(void *unused)
{
    (void)unused;
    size_t size = 0;
    char *keys = content_of("idp.jwks.json", &size);
    struct timespec pause = { 0, 1000000 };
    while (atomic_load(&running) > 0) {
        CHECK(tokenward_authorizer_set_keys(gate, TOKENWARD_LITERAL("https://idp.example"), keys, size, NULL));
        nanosleep(&pause, NULL);
    }
    free(keys);
    return NULL;
}

/* One decision, read by all threads at once; and one call, which they decide about. */
static tokenward_decision *shared;
static tokenward_call *shared_call;

static void *reads(void *unused)
{
    (void)unused;
    for (int index = 0; index < 200; index++) {
        char pointer[32];
        int size = snprintf(pointer, sizeof pointer, "/order/ids/%d", index % 3);
        const char *claim = tokenward_decision_claim(shared, pointer, (size_t)size, NULL);
        CHECK(index % 3 == 2 ? claim == NULL : strcmp(claim, index % 3 ? "8" : "7") == 0);
        CHECK(tokenward_decision_record(shared, NULL) == tokenward_decision_record(shared, NULL));
        CHECK(tokenward_decision_finding_count(shared) > 0);
        tokenward_decision *decision = tokenward_authorizer_decide(gate, shared_call, NULL);
        CHECK(tokenward_decision_permits(decision));
        tokenward_decision_free(decision);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    good = content_of("good.jwt", &good_size);
    email = content_of("email.jwt", &email_size);
    gate = test_authorizer("acme");
    pthread_t threads[THREADS], activator, rotator;
    pthread_attr_t small;
    CHECK(pthread_attr_init(&small) == 0);
    /* As much as the header asks for, and what a sanitizer adds. */
    CHECK(pthread_attr_setstacksize(&small, STACK_SIZE) == 0);
    for (int index = 0; index < THREADS; index++) {
        CHECK(pthread_create(&threads[index], &small, decides, NULL) == 0);
    }
    CHECK(pthread_create(&activator, NULL, activates, NULL) == 0);
    CHECK(pthread_create(&rotator, NULL, rotates, NULL) == 0);
    for (int index = 0; index < THREADS; index++) {
        CHECK(pthread_join(threads[index], NULL) == 0);
    }
    CHECK(pthread_join(activator, NULL) == 0);
    CHECK(pthread_join(rotator, NULL) == 0);
    CHECK(atomic_load(&strict) + atomic_load(&lenient) == THREADS * DECISIONS);

    shared_call = test_call("good.jwt");
    shared = tokenward_authorizer_decide(gate, shared_call, NULL);
    for (int index = 0; index < THREADS; index++) {
        CHECK(pthread_create(&threads[index], &small, reads, NULL) == 0);
    }
    for (int index = 0; index < THREADS; index++) {
        CHECK(pthread_join(threads[index], NULL) == 0);
    }
    CHECK(pthread_attr_destroy(&small) == 0);
    tokenward_call_free(shared_call);
    tokenward_decision_free(shared);
    tokenward_authorizer_free(gate);
    free(good);
    free(email);
    return 0;
}
