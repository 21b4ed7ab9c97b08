/* A module that is loaded at run time, as servers load theirs, and unloaded while the engine has threads
 * and signal handlers: the library stays. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <signal.h>

#include "check.h"

/* Finds a function; an object pointer is made a function pointer as POSIX says it can. */
#define FIND(name) \
    name##_type *name##_found; \
    *(void **)&name##_found = dlsym(library, #name); \
    CHECK(name##_found != NULL)

typedef tokenward_bundle *tokenward_bundle_built_in_type(const char *, size_t, tokenward_error **);
typedef uint32_t tokenward_abi_version_type(void);

static volatile sig_atomic_t handled;

static void handler(int signal)
{
    (void)signal;
    handled = 1;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_folder = argv[1];
    /* A handler of the program's own, from before: the engine hands on what is not its own. */
    CHECK(signal(SIGFPE, handler) != SIG_ERR);
    tokenward_authorizer *gate = test_authorizer("acme");
    CHECK(raise(SIGFPE) == 0);
    CHECK(handled == 1);
    tokenward_authorizer_free(gate);

    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    FIND(tokenward_bundle_built_in);
    FIND(tokenward_abi_version);
    tokenward_bundle *bundle = tokenward_bundle_built_in_found(TOKENWARD_LITERAL("baseline"), NULL);
    CHECK(bundle != NULL);
    CHECK(dlclose(library) == 0);
    CHECK(tokenward_abi_version_found() == TOKENWARD_ABI_VERSION);
    tokenward_bundle_free(bundle);
    return 0;
}
