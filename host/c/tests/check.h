/* What the C tests share. A test ends with 0, or says where it failed and ends with 1. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokenward.h"

/* The moment at which the tokens of the test folder are checked. */
#define NOW INT64_C(1800000000)

#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);           \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

/* That a text is this one, and its size is its length. NULL is expected as NULL. */
#define CHECK_TEXT(call, expected)                                                            \
    do {                                                                                      \
        text_size = 77;                                                                       \
        check_text((call), (expected), #call, __FILE__, __LINE__);                            \
    } while (0)

/* Where the calls of CHECK_TEXT put the size. */
static _Thread_local size_t text_size;

static inline void check_text(const char *text, const char *expected, const char *what,
                              const char *file, int line)
{
    int same = expected == NULL
        ? text == NULL && text_size == 0
        : text != NULL && strcmp(text, expected) == 0 && text_size == strlen(expected);
    if (!same) {
        fprintf(stderr, "%s:%d: %s is `%s` (size %zu), not `%s`\n", file, line, what,
                text ? text : "(NULL)", text_size, expected ? expected : "(NULL)");
        exit(1);
    }
}

/* That there is an error of this kind and code, with a message that holds these words; frees it. */
#define CHECK_ERROR(error, kind, code, words)                                                 \
    check_error((error), (kind), (code), (words), __FILE__, __LINE__)

static inline void check_error(tokenward_error *error, int kind, const char *code,
                               const char *words, const char *file, int line)
{
    const char *is = tokenward_error_code(error, NULL);
    const char *message = tokenward_error_message(error, NULL);
    if (error == NULL || tokenward_error_get_kind(error) != kind || strcmp(is, code) != 0 ||
        strstr(message, words) == NULL) {
        fprintf(stderr, "%s:%d: the error is %d `%s`: %s\n", file, line,
                tokenward_error_get_kind(error), is ? is : "", message ? message : "");
        exit(1);
    }
    tokenward_error_free(error);
}

/* That there is no error. */
#define CHECK_NO_ERROR(error)                                                                 \
    do {                                                                                      \
        if ((error) != NULL) {                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,                                \
                    tokenward_error_message((error), NULL));                                  \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

/* The folder of the test. */
static const char *test_folder = ".";

/* The path of a file there; valid until the next one but three. */
static inline const char *path_of(const char *name)
{
    static char paths[4][4096];
    static unsigned next;
    char *path = paths[next++ % 4];
    int size = snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
    CHECK(size > 0 && (size_t)size < sizeof paths[0]);
    return path;
}

/* The content of a file there, with a NUL after it; to be freed. */
static inline char *content_of(const char *name, size_t *size)
{
    FILE *file = fopen(path_of(name), "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    long length = ftell(file);
    CHECK(length >= 0);
    rewind(file);
    char *content = malloc((size_t)length + 1);
    CHECK(content != NULL);
    CHECK(fread(content, 1, (size_t)length, file) == (size_t)length);
    content[length] = '\0';
    CHECK(fclose(file) == 0);
    if (size != NULL) {
        *size = (size_t)length;
    }
    return content;
}

static inline tokenward_trust *test_trust(void)
{
    tokenward_error *error = NULL;
    const char *path = path_of("trust.toml");
    tokenward_trust *trust = tokenward_trust_from_file(path, strlen(path), &error);
    CHECK_NO_ERROR(error);
    CHECK(trust != NULL);
    return trust;
}

static inline tokenward_bundle *test_bundle(const char *name)
{
    tokenward_error *error = NULL;
    const char *path = path_of(name);
    tokenward_bundle *bundle = tokenward_bundle_from_folder(path, strlen(path), &error);
    CHECK_NO_ERROR(error);
    CHECK(bundle != NULL);
    return bundle;
}

/* An authorizer with the trust of the test and the bundle of this folder. Policies are compiled once
 * for all tests. */
static inline tokenward_authorizer *test_authorizer(const char *bundle_name)
{
    tokenward_error *error = NULL;
    tokenward_trust *trust = test_trust();
    tokenward_bundle *bundle = test_bundle(bundle_name);
    tokenward_options *options = tokenward_options_new();
    const char *cache = path_of("cache");
    CHECK(tokenward_options_set_cache(options, cache, strlen(cache)));
    tokenward_authorizer *gate = tokenward_authorizer_new(trust, bundle, options, &error);
    CHECK_NO_ERROR(error);
    CHECK(gate != NULL);
    tokenward_options_free(options);
    tokenward_bundle_free(bundle);
    tokenward_trust_free(trust);
    return gate;
}

/* A call at NOW with the token of this file, `GET https://api.example/orders/7`. */
static inline tokenward_call *test_call(const char *token_file)
{
    size_t size = 0;
    char *token = content_of(token_file, &size);
    tokenward_call *call = tokenward_call_new();
    CHECK(call != NULL);
    CHECK(tokenward_call_set_bearer(call, token, size));
    CHECK(tokenward_call_set_request(call, TOKENWARD_LITERAL("GET"),
                                     TOKENWARD_LITERAL("https://api.example/orders/7")));
    CHECK(tokenward_call_set_time(call, NOW));
    free(token);
    return call;
}

/* The decision about a call, which is freed. */
static inline tokenward_decision *decide(const tokenward_authorizer *gate, tokenward_call *call)
{
    tokenward_error *error = NULL;
    tokenward_decision *decision = tokenward_authorizer_decide(gate, call, &error);
    CHECK_NO_ERROR(error);
    CHECK(decision != NULL);
    tokenward_call_free(call);
    return decision;
}

#endif
