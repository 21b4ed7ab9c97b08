"use strict";
// How anything comes onto the page: as text, never as markup.

/** The longest name, and the longest sentence, that is shown whole, in characters. The JSON has it all. */
const SHOWN_NAME = 160;
const SHOWN_SENTENCE = 1200;

/** Characters that are not seen, or that turn the direction of the text. */
const UNSEEN = new RegExp("[\\p{C}\\p{Zl}\\p{Zp}"
  // Letters without a shape, spaces of other widths, and what selects a variant.
  + "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u2800\\u3164\\uffa0"
  + "\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]", "gu");

/** A text with such characters as `\u{202e}`. */
function plain(text) {
  return String(text).replace(UNSEEN, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
}

/** A name, not longer than a person reads. */
function short(name, shown = SHOWN_NAME) {
  // A character is at most two units; so many are enough to see that there are more.
  const characters = [...String(name).slice(0, 2 * shown + 2)];
  return plain(characters.length > shown ? `${characters.slice(0, shown).join("")}…` : name);
}

/** JSON for reading; characters that are not seen as `\u202e`, which reads back the same. */
function jsonText(value) {
  const escape = (character) => [...Array(character.length).keys()]
    .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`).join("");
  return JSON.stringify(value, null, 2).replace(UNSEEN, (found) => (found === "\n" ? found : escape(found)));
}

/**
 * An element. Texts among the children become text nodes, with nothing unseen in them; null and false
 * are left out. Names of attributes are the page's own, never what the server sent.
 */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  const given = (value) => value !== null && value !== undefined && value !== false;
  for (const [key, value] of Object.entries(attributes)) {
    if (given(value)) node.setAttribute(key, value === true ? "" : value);
  }
  const nodes = children.flat(Infinity).filter(given);
  node.append(...nodes.map((child) => (child instanceof Node ? child : plain(child))));
  return node;
}

/** An icon of the page's own. */
function icon(name) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("class", "icon");
  node.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  node.append(use);
  return node;
}

const byId = (id) => document.getElementById(id);
const code = (text) => el("code", {}, text);
const quiet = (...children) => el("span", { class: "quiet" }, ...children);

/** A sentence in which what stands in backticks is code. */
function marked(text) {
  return short(text, SHOWN_SENTENCE).split(/`([^`]*)`/).map((piece, index) => (index % 2 ? code(piece) : piece));
}

/** A word with an icon and a colour; the word says it all. */
function badge(kind, word, image = null) {
  return el("span", { class: `badge is-${kind}` }, image && icon(image), word);
}

/** Texts as `code`, with commas. */
function codes(texts) {
  return texts.flatMap((text, index) => [index > 0 ? ", " : "", code(short(text))]);
}

/** `1 finding`, `2 findings`, `no findings`. */
function count(number, one, many) {
  return number === 0 ? `no ${many}` : `${grouped(number)} ${number === 1 ? one : many}`;
}

/** Digits in groups of three, with a space that does not break. */
function grouped(number) {
  return String(number).replace(/\B(?=(?:\d{3})+(?!\d))/g, "\u00a0");
}

/** A time in nanoseconds: `401 ns`, `12 µs`, `1.3 ms`. */
function elapsed(nanoseconds) {
  if (nanoseconds < 1e3) return `${nanoseconds} ns`;
  if (nanoseconds < 1e6) return `${Math.round(nanoseconds / 1e3)} µs`;
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toFixed(1)} ms`;
  return `${(nanoseconds / 1e9).toFixed(1)} s`;
}

/** Whole seconds: `45 s`, `14 min`, `2 h 5 min`, `3 d`. */
function span(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds >= 172800) return `${grouped(Math.floor(seconds / 86400))} d`;
  const minutes = Math.floor(seconds / 60) % 60;
  return `${Math.floor(seconds / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
}

/** Seconds since 1970 as a date; null for what is none. */
function instant(seconds) {
  const date = new Date(Number.isSafeInteger(seconds) ? seconds * 1000 : NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace(".000", "");
}

/** Copies a text, and says so on the button. */
async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS, and not on loopback, there is no clipboard but this.
    const area = el("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const words = button.querySelector(".words") ?? button;
  button.dataset.words ??= words.textContent;
  words.textContent = done ? "Copied" : "Not copied";
  announce(done ? "Copied" : "The browser did not let the page copy it");
  clearTimeout(button.restore);
  button.restore = setTimeout(() => { words.textContent = button.dataset.words; }, 2000);
}

/** Says something to those who do not see the page. */
function announce(text) {
  byId("announcement").textContent = text;
}
