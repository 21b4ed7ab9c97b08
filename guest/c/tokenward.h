/*
 * What a Tokenward policy in C is written with.
 *
 * A policy defines three functions: `tw_describe`, `tw_configure` and `tw_evaluate`. Their types are
 * in `contract.h`, which is made from the contract. Nothing here reaches outside of the policy: there
 * is no clock, no network, no file and no randomness to reach.
 *
 * Memory is never given back within a request, and all of it is put back after one: nothing needs to
 * be freed, and nothing that was kept outlives the request, but for what `tw_configure` keeps.
 */
#ifndef TOKENWARD_H
#define TOKENWARD_H

#include "contract.h"
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ text */

/* A text that lives as long as the policy, such as a literal. */
tw_string_t tw_text(const char *text);
bool tw_equal(tw_string_t a, tw_string_t b);
/* Whether the list has the text. */
bool tw_among(tw_list_string_t list, tw_string_t text);
void tw_push(tw_list_string_t *list, const char *text);

/* ----------------------------------------------------------------- input */

/* The value of the claim at a JSON Pointer (RFC 6901); NULL if it is not there. */
const tw_value_t *tw_claim(const tw_input_t *input, const char *path);
/* The signal of this name; NULL if it is unknown. Unknown is not safe. */
const tw_signal_t *tw_signal(const tw_input_t *input, const char *name);
/* The first value of this name in a list of headers, query parameters or facts; NULL if there is none. */
const tw_value_t *tw_named(tw_list_fact_t facts, const char *name);
/* How often the name is there. A query parameter can be there twice, and others may take the last. */
size_t tw_count(tw_list_fact_t facts, const char *name);
/* The text that the value is; NULL if there is no value, or it is no text. */
const tw_string_t *tw_as_text(const tw_value_t *value);

/* ----------------------------------------------------------- description */

void tw_rule(tw_descriptor_t *descriptor, const char *id, const char *title, const char *remedy);
/* A control of the rule that was named last, for instance `GDPR 5(1)(c)`. */
void tw_control(tw_descriptor_t *descriptor, const char *control);
/* The claim at a JSON Pointer is read. */
void tw_read(tw_reads_t *reads, const char *path);
/* Every claim at and below a JSON Pointer is read; below "": all claims. */
void tw_read_below(tw_reads_t *reads, const char *path);

/* -------------------------------------------------------------- settings */

typedef enum {
  TW_BOOLEAN, /* bool */
  TW_INTEGER, /* int64_t */
  TW_TEXT,    /* tw_string_t */
  TW_TEXTS,   /* tw_list_string_t */
} tw_kind_t;

/* A setting, and where its value goes. What stands there is left where it is not given. */
typedef struct {
  const char *name;
  tw_kind_t kind;
  void *value;
} tw_setting_t;

/* Reads settings, a JSON object. False if something is wrong with them: then `errors` says what. */
bool tw_settings(tw_string_t json, const tw_setting_t *known, size_t count,
                 tw_list_setting_error_t *errors);
/* Says what is wrong with a setting, by its JSON Pointer. Answers false, for `tw_configure` to return. */
bool tw_wrong(tw_list_setting_error_t *errors, const char *path, const char *message);
/* The same, for an item of a list. */
bool tw_wrong_item(tw_list_setting_error_t *errors, const char *path, size_t item,
                   const char *message);

/* --------------------------------------------------------------- verdict */

/* What these answer stays where it is: it can be changed until `tw_evaluate` returns. */

/* A finding that refuses the request. No message holds the value of a claim. */
tw_finding_t *tw_deny(tw_verdict_t *verdict, const char *rule, tw_severity_t severity,
                      const char *message);
/* A finding that lets the request pass if the requirements of the same verdict are met. */
tw_finding_t *tw_require(tw_verdict_t *verdict, const char *rule, tw_severity_t severity,
                         const char *message);
/* A finding that is reported and decides nothing. */
tw_finding_t *tw_advise(tw_verdict_t *verdict, const char *rule, tw_severity_t severity,
                        const char *message);
/* The claim that a finding is about, as a JSON Pointer. */
void tw_at(tw_finding_t *finding, const char *path);
/* A requirement, to be filled in: see `tw_requirement_t`. */
tw_requirement_t *tw_requirement(tw_verdict_t *verdict, uint8_t tag);

/* ----------------------------------------------------------------- fault */

/* Stops: the policy cannot judge. `tokenward policy run` shows the message and the line. */
#define tw_fail(message) tw_fail_at(__FILE__, __LINE__, message)
#define tw_assert(condition) ((condition) ? (void)0 : tw_fail("not so: " #condition))
_Noreturn void tw_fail_at(const char *file, unsigned line, const char *message);

#endif
