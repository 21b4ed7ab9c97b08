/* The part of the C library that a policy has: see tokenward.c. */
#ifndef TOKENWARD_STDLIB_H
#define TOKENWARD_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
/* Does nothing: the host puts all memory back after a request. */
void free(void *block);
_Noreturn void abort(void);

#endif
