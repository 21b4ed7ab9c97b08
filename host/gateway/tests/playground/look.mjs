// How the page looks, in numbers.

/** The texts whose contrast is measured. */
const TEXTS = "body, h1, h1 span, .top p, h2, h3, h4, label, .hint, .quiet, .badge, .number, .outcome .word, "
  + ".outcome p, dt, dd, .steps .step, .steps .status, .rule .title, .rule li, ul.controls li, .jumps a, .note, "
  + "p.error, pre, .bar, .button, .chips button, .segments span, kbd, summary, input, select, textarea, th";

/** The contrast of each text that is seen with its ground (WCAG 2.2, 1.4.3), the faintest first. */
export function contrasts(page) {
  return page.evaluate((texts) => {
    const parse = (color) => {
      const [red, green, blue, alpha = 1] = color.match(/[\d.]+(?:e-?\d+)?/g).map(Number);
      const scale = color.startsWith("color(") ? 255 : 1;
      return { rgb: [red, green, blue].map((part) => part * scale), alpha };
    };
    const over = (top, below) => top.rgb.map((part, index) => part * top.alpha + below[index] * (1 - top.alpha));
    const ground = (node) => (node === null ? [255, 255, 255]
      : over(parse(getComputedStyle(node).backgroundColor), ground(node.parentElement)));
    const luminance = (rgb) => {
      const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      const [red, green, blue] = rgb.map((part) => linear(part / 255));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const seen = (node) => node.checkVisibility() && node.closest(".visually-hidden") === null;
    return [...document.querySelectorAll(texts)].filter(seen).map((node) => {
      const below = ground(node);
      const colors = [over(parse(getComputedStyle(node).color), below), below];
      const [light, dark] = colors.map(luminance).sort((one, other) => other - one);
      const what = `${node.tagName.toLowerCase()}.${node.className} ${node.textContent.slice(0, 30)}`;
      return { what, ratio: (light + 0.05) / (dark + 0.05) };
    }).sort((one, other) => one.ratio - other.ratio);
  }, TEXTS);
}

/** By how many pixels the page could be scrolled sideways. */
export function sidewaysScroll(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Whether one sees what has the focus: an outline, on it or on what stands for it, and not hidden behind another. */
export function focusIsSeen(page) {
  return page.evaluate(() => {
    const node = document.activeElement;
    const shown = node.matches(".segments input") ? node.nextElementSibling : node;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const box = shown.getBoundingClientRect();
    const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    // Its top left corner, or what lies in it, is not covered.
    const x = Math.min(Math.max(box.left + 6, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + Math.min(6, box.height / 2), 0), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    const clear = top === null || shown.contains(top) || top.contains(shown) || node.contains(top);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && inside && clear;
  });
}
