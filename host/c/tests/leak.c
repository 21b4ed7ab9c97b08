/* A program that forgets to free, or uses what it freed: the sanitizers of the other tests would see it. */
#include "check.h"

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    test_folder = argv[1];
    tokenward_authorizer *gate = test_authorizer("acme");
    tokenward_decision *decision = decide(gate, test_call("good.jwt"));
    const char *subject = tokenward_decision_subject(decision, NULL);
    CHECK(strcmp(subject, "u-1") == 0);
    if (strcmp(argv[2], "leak") != 0) {
        tokenward_decision_free(decision);
    }
    if (strcmp(argv[2], "use") == 0) {
        CHECK(subject[0] == 'u');
    }
    decision = NULL;
    subject = NULL;
    tokenward_authorizer_free(gate);
    return 0;
}
