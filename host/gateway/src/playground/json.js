"use strict";
// Reads JSON as strictly as the server does, and says at which line and column it goes wrong.
// `JSON.parse` of a browser takes a name that stands twice, and not every browser says where it failed.

/** What is wrong with a text, and where. */
class JsonError extends Error {
  constructor(text, offset, message) {
    super(message);
    const before = text.slice(0, offset).split("\n");
    this.offset = offset;
    this.line = before.length;
    this.column = [...before.at(-1)].length + 1;
  }
}

/** Checks that the text is one JSON object. Throws a `JsonError` if not. */
function checkJsonObject(text) {
  const start = skipSpace(text, 0);
  if (start === text.length) {
    throw new JsonError(text, start, 'nothing is here; a JSON object is expected, such as `{"sub": "u-1"}`');
  }
  if (text[start] !== "{") {
    throw new JsonError(text, start, `a JSON object is expected, which begins with \`{\`; found ${foundAt(text, start)}`);
  }
  const end = skipSpace(text, jsonValue(text, start, 0));
  if (end < text.length) {
    throw new JsonError(text, end, `nothing may follow the object; found ${foundAt(text, end)}`);
  }
}

const JSON_SPACE = /[ \t\r\n]*/y;
const JSON_NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const JSON_PLAIN = /[^"\\\u0000-\u001f]*/y;
const JSON_ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const JSON_WORD = /(?:true|false|null)(?![A-Za-z0-9_])/y;
const JSON_DEPTH = 256;

/** The length of what the pattern matches at the offset; -1 if it does not match. */
function matchLength(pattern, text, offset) {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? -1;
}

function skipSpace(text, offset) {
  return offset + matchLength(JSON_SPACE, text, offset);
}

/** The character there, for a message. */
function foundAt(text, offset) {
  const character = text.codePointAt(offset);
  return character === undefined ? "the end" : `\`${plain(String.fromCodePoint(character))}\``;
}

/** Throws unless one of these characters is there. */
function expectOneOf(text, offset, characters, where) {
  if (offset < text.length && characters.includes(text[offset])) return;
  const accepted = [...characters].map((character) => `\`${character}\``).join(" or ");
  throw new JsonError(text, offset, `${accepted} is expected ${where}; found ${foundAt(text, offset)}`);
}

/** Reads a value; returns the offset behind it. */
function jsonValue(text, start, depth) {
  const offset = skipSpace(text, start);
  const first = text[offset];
  if (depth > JSON_DEPTH) throw new JsonError(text, offset, "objects and arrays nest too deep");
  if (first === "{") return jsonMembers(text, offset, depth);
  if (first === "[") return jsonItems(text, offset, depth);
  if (first === "\"") return jsonString(text, offset);
  const length = Math.max(matchLength(JSON_NUMBER, text, offset), matchLength(JSON_WORD, text, offset));
  if (length > 0 && !/[A-Za-z0-9_.]/.test(text[offset + length] ?? "")) return offset + length;
  if (length > 0) {
    throw new JsonError(text, offset, "this is no JSON number: no leading zeros, and digits on both sides of a point");
  }
  const hint = first === "'" ? "; text stands in double quotes" : "";
  throw new JsonError(text, offset, `a value is expected; found ${foundAt(text, offset)}${hint}`);
}

function jsonMembers(text, start, depth) {
  const names = new Set();
  let offset = skipSpace(text, start + 1);
  if (text[offset] === "}") return offset + 1;
  for (;;) {
    if (text[offset] !== "\"") {
      throw new JsonError(text, offset, `a name in double quotes is expected; found ${foundAt(text, offset)}`);
    }
    const end = jsonString(text, offset);
    const name = JSON.parse(text.slice(offset, end));
    if (names.has(name)) throw new JsonError(text, offset, `the name \`${short(name)}\` stands twice in one object`);
    names.add(name);
    offset = skipSpace(text, end);
    expectOneOf(text, offset, ":", "after a name");
    offset = skipSpace(text, jsonValue(text, offset + 1, depth + 1));
    if (text[offset] === "}") return offset + 1;
    expectOneOf(text, offset, ",}", "after a value");
    offset = skipSpace(text, offset + 1);
  }
}

function jsonItems(text, start, depth) {
  let offset = skipSpace(text, start + 1);
  if (text[offset] === "]") return offset + 1;
  for (;;) {
    offset = skipSpace(text, jsonValue(text, offset, depth + 1));
    if (text[offset] === "]") return offset + 1;
    expectOneOf(text, offset, ",]", "after a value");
    offset += 1;
  }
}

function jsonString(text, start) {
  let offset = start + 1;
  for (;;) {
    offset += matchLength(JSON_PLAIN, text, offset);
    if (text[offset] === "\"") return offset + 1;
    if (text[offset] === "\\") {
      const length = matchLength(JSON_ESCAPE, text, offset);
      if (length < 0) {
        throw new JsonError(text, offset, 'after `\\`, one of `"\\/bfnrt` is expected, or `u` and four hex digits');
      }
      offset += length;
    } else if (offset >= text.length || text[offset] === "\n" || text[offset] === "\r") {
      throw new JsonError(text, start, "the text that begins here has no closing quote on its line");
    } else {
      throw new JsonError(text, offset, `a control character has to be escaped: ${plain(text[offset])}`);
    }
  }
}
