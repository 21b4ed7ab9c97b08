/* A server that forks: a child makes its own authorizer, and does not use its parent's. */
#define _POSIX_C_SOURCE 200809L
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* That the child of a process does this, and ends well. */
static void in_child(void (*work)(void))
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        work();
        /* Not exit(): what the parent holds is not the child's to account for. */
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static tokenward_trust *trust;
static tokenward_bundle *bundle;
static tokenward_authorizer *gate;

static void permits(const tokenward_authorizer *authorizer)
{
    tokenward_decision *decision = decide(authorizer, test_call("good.jwt"));
    CHECK(tokenward_decision_permits(decision));
    tokenward_decision_free(decision);
}

/* A worker that makes its own, from what the parent read. */
static void worker(void)
{
    tokenward_error *error = NULL;
    tokenward_authorizer *own = tokenward_authorizer_new(trust, bundle, NULL, &error);
    CHECK_NO_ERROR(error);
    permits(own);
    tokenward_authorizer_free(own);
}

#define REFUSED(call)                                                                         \
    do {                                                                                      \
        tokenward_error *error = NULL;                                                        \
        CHECK(!(call));                                                                       \
        CHECK_ERROR(error, TOKENWARD_ERROR_PROCESS, "other-process", "before a fork()");      \
    } while (0)

/* A worker whose parent made one. */
static void late_worker(void)
{
    tokenward_call *call = test_call("good.jwt");
    CHECK(!tokenward_decision_permits(tokenward_authorizer_decide(gate, call, NULL)));
    REFUSED(tokenward_authorizer_decide(gate, call, &error));
    REFUSED(tokenward_authorizer_activate(gate, bundle, 0, &error));
    REFUSED(tokenward_authorizer_set_trust(gate, trust, &error));
    REFUSED(tokenward_authorizer_set_keys(gate, NULL, 0, NULL, 0, &error));
    REFUSED(tokenward_authorizer_get_bundle(gate, &error));
    REFUSED(tokenward_authorizer_new(trust, bundle, NULL, &error));
    tokenward_authorizer_free(gate);
    tokenward_call_free(call);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    trust = test_trust();
    bundle = test_bundle("lenient");
    in_child(worker);
    in_child(worker);
    gate = test_authorizer("acme");
    in_child(late_worker);
    permits(gate);
    tokenward_authorizer_free(gate);
    tokenward_bundle_free(bundle);
    tokenward_trust_free(trust);
    return 0;
}
