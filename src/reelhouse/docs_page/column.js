// A column: what it is, where its values come from, and what reads it.

import { counted, h } from "./widgets.js";
import {
  columnOf,
  content,
  inputAddress,
  inputText,
  inputsOf,
  modelAddress,
  models,
  readersOf,
  stageAddress,
  testsOfColumn,
  waysBack,
} from "./project.js";
import { blocks } from "./texts.js";
import { testItem } from "./tests.js";

/** Return an input as a link. */
export function inputLink(input) {
  const code = h("code", {}, inputText(input));
  const address = inputAddress(input);
  return address ? h("a", { href: address }, code) : code;
}

/** Return the links above a heading: the stage of a table, and the table. */
export function trail(table, hasTable) {
  const { stage } = models[table];
  const isInFlow = content.stages.some(({ name }) => name === stage);
  const links = [isInFlow ? h("a", { href: stageAddress(stage) }, stage) : h("span", {}, stage)];
  if (hasTable) links.push(h("a", { href: modelAddress(table) }, table));
  return h("nav", { class: "trail", "aria-label": "Place" }, h("a", { href: "#/" }, "flow"), ...links);
}

/** Return the description of a column; without one, that of the column with this name it copies. */
export function describedAs([table, name]) {
  const column = columnOf(table, name);
  if (column.description || column.inputs.length !== 1) return column.description;
  const [input] = column.inputs;
  return input[1] === name && columnOf(...input) ? describedAs(input) : "";
}

export function columnPage(table, name) {
  const column = columnOf(table, name);
  const here = [table, name];
  const tests = testsOfColumn(table, name);
  return {
    title: `${table}.${name}`,
    parts: [
      h(
        "div",
        { class: "intro" },
        trail(table, true),
        h("h1", { class: "name", tabindex: "-1" }, h("span", { class: "soft" }, `${table}.`), name),
        h("p", { class: "facts" }, column.type),
        ...blocks(describedAs(here), table),
      ),
      h(
        "div",
        { class: "columns even" },
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "Comes from"),
          originNote(here),
          tree(here, inputsOf, "Inputs"),
        ),
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "Goes into"),
          readersOf(here).length ? "" : h("p", { class: "note" }, "No other column is computed from it."),
          tree(here, readersOf, "Readers"),
        ),
      ),
      waysSection(here),
      tests.length ? h("section", {}, h("h2", {}, "Tests"), testList(tests)) : "",
    ],
  };
}

export const testList = (tests) =>
  h("ul", { class: "tests" }, ...tests.map((test) => testItem(test)));

/** Kind of a table other than a model → where its values come from. */
const ORIGINS = {
  seed: "The table is a seed: its values are in a file of the project.",
  source: "The table is a source: another program writes it.",
  snapshot: "The table is a snapshot, which keeps earlier versions of rows.",
};

/** Return where the lineage of a column is known from. */
function originNote([table, name]) {
  const { kind, fault } = models[table];
  const { inputs } = columnOf(table, name);
  let text = "Traced through the SQL of the model. Conditions of filters and joins are not shown.";
  if (kind === "Python") text = "Declared in the YAML of the Python model.";
  if (kind !== "Python" && kind !== "SQL") text = ORIGINS[kind];
  else if (fault) text = `Not traced: ${fault}`;
  else if (!inputs.length) text = "Computed from no column, such as a constant.";
  return h("p", { class: "note" }, text);
}

/** Return a tree of columns that opens step by step. */
function tree(start, next, what, above = new Set()) {
  const shown = new Set([...above, inputText(start)]);
  return h(
    "ul",
    { class: "tree" },
    ...next(start).map((input) => {
      const link = inputLink(input);
      const stage = models[input[0]]?.stage;
      const line = [link, ...(stage ? [h("span", { class: "note" }, stage)] : [])];
      const item = h("li", {});
      const isLeaf = shown.has(inputText(input)) || !next(input).length;
      const more = isLeaf ? null : () => tree(input, next, what, shown);
      item.append(more ? toggle(item, `${what} of ${inputText(input)}`, more) : "", ...line);
      item.classList.toggle("leaf", isLeaf);
      return item;
    }),
  );
}

/** Return a button that shows and hides a part of an element, which is made when it is needed. */
function toggle(element, label, make) {
  let part;
  const button = h("button", {
    type: "button",
    class: "toggle",
    "aria-expanded": "false",
    "aria-label": label,
    onclick: () => {
      const isOpen = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!isOpen));
      part ??= make();
      if (isOpen) part.remove();
      else element.append(part);
    },
  });
  return button;
}

/** Return the shortest way to each input at the start of the project; those of seeds are folded. */
function waysSection(start) {
  const ways = waysBack(start);
  if (!ways.length) return "";
  const isSeed = (way) => models[way.at(-1)[0]].stage === "seeds";
  const [raw, seeds] = [ways.filter((way) => !isSeed(way)), ways.filter(isSeed)];
  const parts = raw.length ? [wayList(raw)] : [];
  if (seeds.length) {
    const summary = h("summary", {}, `${counted(seeds.length, "column")} of seeds, such as parameters`);
    parts.push(h("details", { open: !raw.length }, summary, wayList(seeds)));
  }
  return h(
    "section",
    {},
    h("h2", {}, "Origins"),
    h("p", { class: "note" }, "What it is computed from in the end: columns of raw tables and seeds, with the shortest way to each."),
    ...parts,
  );
}

function wayList(ways) {
  return h(
    "ul",
    { class: "ways" },
    ...ways.map((way) =>
      h(
        "li",
        {},
        h("p", { class: "way-end" }, inputLink(way.at(-1))),
        h(
          "ol",
          { class: "way" },
          ...way.toReversed().slice(1).map((step) => h("li", {}, inputLink(step))),
        ),
      ),
    ),
  );
}
