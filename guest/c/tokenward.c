#include "tokenward.h"

/* ---------------------------------------------------------------- memory */

extern unsigned char __heap_base;

#define PAGE ((size_t)65536)
#define ALIGN ((size_t)8)

/* The size of each block stands before it. */
static size_t next_free;

void *malloc(size_t size) {
  if (next_free == 0) next_free = ((size_t)&__heap_base + ALIGN - 1) & ~(ALIGN - 1);
  if (size > SIZE_MAX - next_free - 3 * ALIGN - PAGE) tw_fail("too much memory was asked for");
  size_t block = next_free + ALIGN;
  size_t end = (block + size + ALIGN - 1) & ~(ALIGN - 1);
  size_t have = __builtin_wasm_memory_size(0) * PAGE;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == SIZE_MAX)
    tw_fail("there is no more memory");
  *(size_t *)next_free = size;
  next_free = end;
  return (void *)block;
}

void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) tw_fail("too much memory was asked for");
  return memset(malloc(bytes), 0, bytes);
}

void *realloc(void *block, size_t size) {
  void *grown = malloc(size);
  if (block != NULL) {
    size_t old = *(size_t *)((size_t)block - ALIGN);
    memcpy(grown, block, old < size ? old : size);
  }
  return grown;
}

void free(void *block) { (void)block; }

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  return __builtin_memcpy(to, from, length);
}

void *memmove(void *to, const void *from, size_t length) {
  return __builtin_memmove(to, from, length);
}

void *memset(void *to, int byte, size_t length) { return __builtin_memset(to, byte, length); }

int memcmp(const void *a, const void *b, size_t length) {
  const unsigned char *x = a, *y = b;
  for (size_t at = 0; at < length; at++)
    if (x[at] != y[at]) return x[at] < y[at] ? -1 : 1;
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

/* Room for one more item at the end of a list, which doubles where it is full: at 0, 4, 8, 16 ... */
static void *one_more(void *list, size_t *length, size_t size) {
  bool full = *length == 0 || (*length >= 4 && (*length & (*length - 1)) == 0);
  if (full) {
    size_t bytes;
    if (__builtin_mul_overflow(*length == 0 ? 4 : *length * 2, size, &bytes))
      tw_fail("too much memory was asked for");
    list = realloc(list, bytes);
  }
  memset((unsigned char *)list + *length * size, 0, size);
  *length += 1;
  return list;
}

/* What a host takes of findings, and of requirements. */
#define MOST 256

/* The same, for a list whose items stay where they are: an author holds pointers to them. */
static void *one_more_in_place(void *list, size_t *length, size_t size) {
  if (*length == 0) list = malloc(MOST * size);
  if (*length == MOST) tw_fail("there are more findings or requirements than a host takes");
  memset((unsigned char *)list + *length * size, 0, size);
  *length += 1;
  return list;
}

#define MORE(list) ((list).ptr = one_more((list).ptr, &(list).len, sizeof *(list).ptr), \
                    &(list).ptr[(list).len - 1])
#define MORE_IN_PLACE(list) \
  ((list).ptr = one_more_in_place((list).ptr, &(list).len, sizeof *(list).ptr), \
   &(list).ptr[(list).len - 1])

/* ----------------------------------------------------------------- fault */

#ifdef TOKENWARD_MESSAGES
/* Where the host finds the message of a policy that was built to show it. */
struct {
  const char *text;
  size_t length;
} tokenward_panic;
#endif

_Noreturn void tw_fail_at(const char *file, unsigned line, const char *message) {
#ifdef TOKENWARD_MESSAGES
  static char text[1024];
  size_t length = 0;
  char digits[10];
  size_t count = 0;
  do digits[count++] = (char)('0' + line % 10);
  while ((line /= 10) != 0);
  for (; *file != 0 && length < 400; file++) text[length++] = *file;
  text[length++] = ':';
  while (count > 0) text[length++] = digits[--count];
  text[length++] = ':';
  text[length++] = ' ';
  for (; *message != 0 && length < sizeof text; message++) text[length++] = *message;
  tokenward_panic.text = text;
  tokenward_panic.length = length;
#else
  (void)file, (void)line, (void)message;
#endif
  __builtin_trap();
}

_Noreturn void abort(void) { tw_fail("abort was called"); }

/* ------------------------------------------------------------------ text */

tw_string_t tw_text(const char *text) {
  return (tw_string_t){.ptr = (uint8_t *)text, .len = strlen(text)};
}

bool tw_equal(tw_string_t a, tw_string_t b) {
  return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

bool tw_among(tw_list_string_t list, tw_string_t text) {
  for (size_t at = 0; at < list.len; at++)
    if (tw_equal(list.ptr[at], text)) return true;
  return false;
}

void tw_push(tw_list_string_t *list, const char *text) { *MORE(*list) = tw_text(text); }

/* ----------------------------------------------------------------- input */

const tw_value_t *tw_claim(const tw_input_t *input, const char *path) {
  tw_string_t wanted = tw_text(path);
  for (size_t at = 0; at < input->claims.len; at++)
    if (tw_equal(input->claims.ptr[at].path, wanted)) return &input->claims.ptr[at].value;
  return NULL;
}

const tw_signal_t *tw_signal(const tw_input_t *input, const char *name) {
  tw_string_t wanted = tw_text(name);
  for (size_t at = 0; at < input->signals.len; at++)
    if (tw_equal(input->signals.ptr[at].name, wanted)) return &input->signals.ptr[at];
  return NULL;
}

const tw_value_t *tw_named(tw_list_fact_t facts, const char *name) {
  tw_string_t wanted = tw_text(name);
  for (size_t at = 0; at < facts.len; at++)
    if (tw_equal(facts.ptr[at].name, wanted)) return &facts.ptr[at].value;
  return NULL;
}

size_t tw_count(tw_list_fact_t facts, const char *name) {
  tw_string_t wanted = tw_text(name);
  size_t count = 0;
  for (size_t at = 0; at < facts.len; at++) count += tw_equal(facts.ptr[at].name, wanted);
  return count;
}

const tw_string_t *tw_as_text(const tw_value_t *value) {
  return value != NULL && value->tag == TW_VALUE_TEXT ? &value->val.text : NULL;
}

/* ----------------------------------------------------------- description */

void tw_rule(tw_descriptor_t *descriptor, const char *id, const char *title, const char *remedy) {
  tw_rule_t *rule = MORE(descriptor->rules);
  rule->id = tw_text(id);
  rule->title = tw_text(title);
  rule->remedy = tw_text(remedy);
}

void tw_control(tw_descriptor_t *descriptor, const char *control) {
  tw_assert(descriptor->rules.len > 0);
  tw_push(&descriptor->rules.ptr[descriptor->rules.len - 1].controls, control);
}

static void select(tw_reads_t *reads, uint8_t tag, const char *path) {
  tw_claim_selector_t *selector = MORE(reads->claims);
  selector->tag = tag;
  selector->val.at = tw_text(path);
}

void tw_read(tw_reads_t *reads, const char *path) { select(reads, TW_CLAIM_SELECTOR_AT, path); }

void tw_read_below(tw_reads_t *reads, const char *path) {
  select(reads, TW_CLAIM_SELECTOR_BELOW, path);
}

/* --------------------------------------------------------------- verdict */

static tw_finding_t *find(tw_verdict_t *verdict, const char *rule, tw_severity_t severity,
                          tw_effect_t effect, const char *message) {
  tw_finding_t *finding = MORE_IN_PLACE(verdict->findings);
  finding->rule = tw_text(rule);
  finding->severity = severity;
  finding->effect = effect;
  finding->message = tw_text(message);
  return finding;
}

tw_finding_t *tw_deny(tw_verdict_t *verdict, const char *rule, tw_severity_t severity,
                      const char *message) {
  return find(verdict, rule, severity, TW_EFFECT_DENY, message);
}

tw_finding_t *tw_require(tw_verdict_t *verdict, const char *rule, tw_severity_t severity,
                         const char *message) {
  return find(verdict, rule, severity, TW_EFFECT_REQUIRE, message);
}

tw_finding_t *tw_advise(tw_verdict_t *verdict, const char *rule, tw_severity_t severity,
                        const char *message) {
  return find(verdict, rule, severity, TW_EFFECT_ADVISE, message);
}

void tw_at(tw_finding_t *finding, const char *path) {
  finding->claim.is_some = true;
  finding->claim.val = tw_text(path);
}

tw_requirement_t *tw_requirement(tw_verdict_t *verdict, uint8_t tag) {
  tw_requirement_t *requirement = MORE_IN_PLACE(verdict->requirements);
  requirement->tag = tag;
  return requirement;
}

/* -------------------------------------------------------------- settings */

/* A text that is put together. */
static tw_string_t joined(const tw_string_t *parts, size_t count) {
  size_t length = 0, at = 0;
  for (size_t part = 0; part < count; part++) length += parts[part].len;
  tw_string_t text = {.ptr = malloc(length), .len = length};
  for (size_t part = 0; part < count; part++) {
    memcpy(text.ptr + at, parts[part].ptr, parts[part].len);
    at += parts[part].len;
  }
  return text;
}

static bool wrong(tw_list_setting_error_t *errors, tw_string_t path, tw_string_t message) {
  tw_setting_error_t *error = MORE(*errors);
  error->path = path;
  error->message = message;
  return false;
}

bool tw_wrong(tw_list_setting_error_t *errors, const char *path, const char *message) {
  return wrong(errors, tw_text(path), tw_text(message));
}

static tw_string_t number(size_t value) {
  char digits[20];
  size_t count = sizeof digits;
  do digits[--count] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  tw_string_t text = {.ptr = (uint8_t *)digits + count, .len = sizeof digits - count};
  return joined(&text, 1);
}

static tw_string_t item_of(tw_string_t path, size_t item) {
  return joined((tw_string_t[]){path, tw_text("/"), number(item)}, 3);
}

bool tw_wrong_item(tw_list_setting_error_t *errors, const char *path, size_t item,
                   const char *message) {
  return wrong(errors, item_of(tw_text(path), item), tw_text(message));
}

/* What is left of the JSON text. The host hands over valid JSON: no bound is trusted all the same. */
typedef struct {
  const uint8_t *at, *end;
} tw_reader_t;

static void skip_space(tw_reader_t *json) {
  while (json->at < json->end &&
         (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
    json->at++;
}

static bool next_is(tw_reader_t *json, char wanted) {
  skip_space(json);
  if (json->at == json->end || *json->at != (uint8_t)wanted) return false;
  json->at++;
  return true;
}

static void expect(tw_reader_t *json, char wanted) {
  if (!next_is(json, wanted)) tw_fail("the settings are not JSON");
}

static char peek(tw_reader_t *json) {
  skip_space(json);
  if (json->at == json->end) tw_fail("the settings are not JSON");
  return (char)*json->at;
}

static uint32_t four_digits(tw_reader_t *json) {
  uint32_t value = 0;
  for (int digit = 0; digit < 4; digit++) {
    if (json->at == json->end) tw_fail("the settings are not JSON");
    uint8_t c = *json->at++;
    uint8_t lower = c | 0x20;
    if (c >= '0' && c <= '9') value = value * 16 + c - '0';
    else if (lower >= 'a' && lower <= 'f') value = value * 16 + lower - 'a' + 10;
    else tw_fail("the settings are not JSON");
  }
  return value;
}

static size_t utf8(uint8_t *to, uint32_t point) {
  if (point < 0x80) return to[0] = (uint8_t)point, 1;
  if (point < 0x800) {
    to[0] = (uint8_t)(0xc0 | point >> 6), to[1] = (uint8_t)(0x80 | (point & 0x3f));
    return 2;
  }
  if (point < 0x10000) {
    to[0] = (uint8_t)(0xe0 | point >> 12), to[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    to[2] = (uint8_t)(0x80 | (point & 0x3f));
    return 3;
  }
  to[0] = (uint8_t)(0xf0 | point >> 18), to[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
  to[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f)), to[3] = (uint8_t)(0x80 | (point & 0x3f));
  return 4;
}

static tw_string_t read_text(tw_reader_t *json) {
  expect(json, '"');
  const uint8_t *quote = json->at;
  while (quote < json->end && *quote != '"') quote += *quote == '\\' ? 2 : 1;
  if (quote >= json->end) tw_fail("the settings are not JSON");
  /* No escape stands for more bytes than it has. */
  tw_string_t text = {.ptr = malloc((size_t)(quote - json->at)), .len = 0};
  for (;;) {
    if (json->at == json->end) tw_fail("the settings are not JSON");
    uint8_t c = *json->at++;
    if (c == '"') return text;
    if (c != '\\') {
      text.ptr[text.len++] = c;
      continue;
    }
    if (json->at == json->end) tw_fail("the settings are not JSON");
    c = *json->at++;
    switch (c) {
    case 'b': text.ptr[text.len++] = '\b'; break;
    case 'f': text.ptr[text.len++] = '\f'; break;
    case 'n': text.ptr[text.len++] = '\n'; break;
    case 'r': text.ptr[text.len++] = '\r'; break;
    case 't': text.ptr[text.len++] = '\t'; break;
    case 'u': {
      uint32_t point = four_digits(json);
      if (point >= 0xd800 && point < 0xdc00) {
        expect(json, '\\');
        expect(json, 'u');
        uint32_t low = four_digits(json);
        if (low < 0xdc00 || low > 0xdfff) tw_fail("the settings are not JSON");
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
      }
      text.len += utf8(text.ptr + text.len, point);
      break;
    }
    default: text.ptr[text.len++] = c;
    }
  }
}

static void skip_value(tw_reader_t *json);

static void skip_list(tw_reader_t *json, char end, bool named) {
  json->at++;
  if (next_is(json, end)) return;
  do {
    if (named) {
      read_text(json);
      expect(json, ':');
    }
    skip_value(json);
  } while (next_is(json, ','));
  expect(json, end);
}

static void skip_value(tw_reader_t *json) {
  switch (peek(json)) {
  case '"': read_text(json); return;
  case '[': skip_list(json, ']', false); return;
  case '{': skip_list(json, '}', true); return;
  default:
    while (json->at < json->end && *json->at != ',' && *json->at != ']' && *json->at != '}')
      json->at++;
  }
}

static bool read_integer(tw_reader_t *json, int64_t *value) {
  tw_reader_t whole = *json;
  skip_value(json);
  bool negative = next_is(&whole, '-');
  uint64_t read = 0;
  if (whole.at == json->at) return false;
  for (; whole.at < json->at; whole.at++) {
    uint8_t c = *whole.at;
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') continue;
    if (c < '0' || c > '9') return false;
    uint64_t digit = c - '0';
    if (read > (INT64_MAX - digit) / 10) return false;
    read = read * 10 + digit;
  }
  *value = negative ? -(int64_t)read : (int64_t)read;
  return true;
}

static bool read_texts(tw_reader_t *json, tw_string_t path, tw_list_string_t *list,
                       tw_list_setting_error_t *errors) {
  bool right = true;
  tw_list_string_t read = {0};
  expect(json, '[');
  if (!next_is(json, ']')) {
    do {
      if (peek(json) == '"') {
        tw_string_t text = read_text(json);
        *MORE(read) = text;
      } else {
        right = wrong(errors, item_of(path, read.len), tw_text("is not a text"));
        skip_value(json);
        (void)MORE(read);
      }
    } while (next_is(json, ','));
    expect(json, ']');
  }
  *list = read;
  return right;
}

static bool read_setting(tw_reader_t *json, const tw_setting_t *setting, tw_string_t path,
                         tw_list_setting_error_t *errors) {
  char first = peek(json);
  switch (setting->kind) {
  case TW_BOOLEAN:
    if (first == 't' || first == 'f') {
      *(bool *)setting->value = first == 't';
      skip_value(json);
      return true;
    }
    skip_value(json);
    return wrong(errors, path, tw_text("is not true or false"));
  case TW_INTEGER:
    if ((first == '-' || (first >= '0' && first <= '9')) && read_integer(json, setting->value))
      return true;
    if (first != '-' && (first < '0' || first > '9')) skip_value(json);
    return wrong(errors, path, tw_text("is not a whole number"));
  case TW_TEXT:
    if (first == '"') {
      *(tw_string_t *)setting->value = read_text(json);
      return true;
    }
    skip_value(json);
    return wrong(errors, path, tw_text("is not a text"));
  case TW_TEXTS:
    if (first == '[') return read_texts(json, path, setting->value, errors);
    skip_value(json);
    return wrong(errors, path, tw_text("is not a list"));
  }
  tw_fail("a setting of an unknown kind");
}

static bool unknown(tw_string_t name, tw_string_t path, const tw_setting_t *known, size_t count,
                    tw_list_setting_error_t *errors) {
  tw_string_t accepted = tw_text(count == 0 ? "none" : "");
  for (size_t at = 0; at < count; at++)
    accepted = joined((tw_string_t[]){accepted, tw_text(at == 0 ? "`" : ", `"),
                                      tw_text(known[at].name), tw_text("`")}, 4);
  return wrong(errors, path,
               joined((tw_string_t[]){tw_text("unknown setting `"), name,
                                      tw_text("`; accepted: "), accepted}, 4));
}

/* A name as a part of a JSON Pointer. */
static tw_string_t escaped(tw_string_t name) {
  tw_string_t text = {.ptr = malloc(name.len * 2), .len = 0};
  for (size_t at = 0; at < name.len; at++) {
    bool special = name.ptr[at] == '~' || name.ptr[at] == '/';
    text.ptr[text.len++] = special ? '~' : name.ptr[at];
    if (special) text.ptr[text.len++] = name.ptr[at] == '~' ? '0' : '1';
  }
  return text;
}

bool tw_settings(tw_string_t text, const tw_setting_t *known, size_t count,
                 tw_list_setting_error_t *errors) {
  tw_reader_t json = {.at = text.ptr, .end = text.ptr + text.len};
  bool right = true;
  expect(&json, '{');
  if (next_is(&json, '}')) return true;
  do {
    skip_space(&json);
    tw_string_t name = read_text(&json);
    tw_string_t path = joined((tw_string_t[]){tw_text("/"), escaped(name)}, 2);
    expect(&json, ':');
    const tw_setting_t *setting = NULL;
    for (size_t at = 0; at < count; at++)
      if (tw_equal(tw_text(known[at].name), name)) setting = &known[at];
    if (setting != NULL) {
      right &= read_setting(&json, setting, path, errors);
    } else {
      right = unknown(name, path, known, count, errors);
      skip_value(&json);
    }
  } while (next_is(&json, ','));
  expect(&json, '}');
  return right;
}
