// Texts with a little Markdown as elements: paragraphs, lists, headings, code and links.

import { h } from "./widgets.js";
import { columnAddress, columnOf, modelAddress, models } from "./project.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\((https?:[^)\s]+)\)/g;

/** Return a name in code, as a link if a table or a column has this name. */
export function codeOf(name, table) {
  const code = h("code", {}, name);
  const [first, second] = name.split(".");
  if (models[name]) return h("a", { href: modelAddress(name) }, code);
  if (second && columnOf(first, second)) return h("a", { href: columnAddress(first, second) }, code);
  if (table && columnOf(table, name)) return h("a", { href: columnAddress(table, name) }, code);
  return code;
}

/** Return the parts of one paragraph; `table` is the table that the text describes. */
export function inline(text, table) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(last, match.index));
    const [whole, code, strong, label, address] = match;
    if (code) parts.push(codeOf(code, table));
    else if (strong) parts.push(h("strong", {}, ...inline(strong, table)));
    else parts.push(h("a", { href: address, rel: "noreferrer" }, label));
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** Return the blocks of a text. */
export function blocks(text, table) {
  return text
    .split(/\n\s*\n/)
    .filter((block) => block.trim())
    .map((block) => {
      if (/^( {4}|\t)/.test(block)) return h("pre", {}, block.replace(/^ {4}/gm, ""));
      const heading = /^(#+) (.*)/.exec(block.trim());
      if (heading) return h(heading[1].length < 3 ? "h2" : "h3", {}, ...inline(heading[2], table));
      const items = block.trim().split(/\n(?=[-*] |\d+\. )/);
      if (items.every((item) => /^([-*]|\d+\.) /.test(item))) {
        const tag = /^\d/.test(items[0]) ? "ol" : "ul";
        const texts = items.map((item) => item.replace(/^([-*]|\d+\.) /, ""));
        return h(tag, {}, ...texts.map((item) => h("li", {}, ...inline(item, table))));
      }
      return h("p", {}, ...inline(block.trim(), table));
    });
}

/** Return the first sentence of a text. */
export function firstSentence(text) {
  const [paragraph] = text.trim().split(/\n\s*\n/);
  return /^[\s\S]*?[^.][.:](?=\s|$)/.exec(paragraph)?.[0].replace(/:$/, ".") ?? paragraph;
}
