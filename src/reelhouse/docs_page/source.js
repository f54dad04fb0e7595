// The source of a model with colours; a `ref` is a link to its model.

import { h } from "./widgets.js";
import { modelAddress, models } from "./project.js";

const SQL_WORDS =
  "select|from|where|group|order|by|having|with|as|on|using|join|inner|left|right|full|cross|semi|" +
  "anti|union|all|distinct|case|when|then|else|end|and|or|not|in|is|null|between|like|over|" +
  "partition|rows|range|unbounded|preceding|following|current|row|limit|true|false|lateral|view|" +
  "unpivot|include|nulls|exists|filter|qualify|values|interval|cast|desc|asc|first|last";
const PYTHON_WORDS =
  "def|return|from|import|if|else|elif|for|in|not|and|or|is|None|True|False|with|as|lambda|class|" +
  "yield|try|except|finally|raise|while|assert|pass";
const TOKENS = {
  SQL: new RegExp(
    String.raw`(\{#[\s\S]*?#\}|--[^\n]*)|(\{[{%]-?|-?[%}]\})|('(?:[^'\\]|\\.|'')*'|"[^"\n]*")` +
      String.raw`|\b(${SQL_WORDS})\b|\b(\d+(?:\.\d+)?)\b`,
    "gi",
  ),
  Python: new RegExp(
    String.raw`(#[^\n]*)|(\bdbt\b|\bspark\b)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')` +
      String.raw`|\b(${PYTHON_WORDS})\b|\b(\d+(?:\.\d+)?)\b`,
    "g",
  ),
};
const CLASSES = ["comment", "template", "text", "word", "digits"];
const REF = /ref\(\s*$/;

/** Return a block of source code in a language: SQL or Python. */
export function sourceBlock(text, language, label) {
  const code = h("code", {});
  let last = 0;
  for (const match of text.matchAll(TOKENS[language])) {
    const before = text.slice(last, match.index);
    const kind = CLASSES[match.slice(1).findIndex((group) => group !== undefined)];
    const name = match[0].slice(1, -1);
    const isRef = kind === "text" && REF.test(text.slice(0, match.index).slice(-12)) && models[name];
    code.append(
      before,
      isRef
        ? h("a", { href: modelAddress(name) }, match[0])
        : h("span", { class: `code-${kind}` }, match[0]),
    );
    last = match.index + match[0].length;
  }
  code.append(text.slice(last));
  return h("pre", { class: "source", tabindex: "0", role: "region", "aria-label": label }, code);
}
