// A model or seed: its columns, its place in the flow, its tests and its source.

import { counted, h } from "./widgets.js";
import { childrenOf, columnAddress, content, modelAddress, models, testsOf, testsOfColumn } from "./project.js";
import { blocks, inline } from "./texts.js";
import { sourceBlock } from "./source.js";
import { mark, resultCounts } from "./tests.js";
import { describedAs, inputLink, testList, trail } from "./column.js";

/** Number of inputs of a column that a table of columns shows. */
const SHOWN_INPUTS = 4;

export function tablePage(name) {
  const model = models[name];
  const tests = testsOf(name);
  const kind = [model.kind, model.materialized].filter((each) => each && each !== model.stage);
  const facts = [...new Set(kind), counted(model.columns.length, "column"), model.path];
  return {
    title: name,
    parts: [
      h(
        "div",
        { class: "intro" },
        trail(name, false),
        h("h1", { class: "name", tabindex: "-1" }, name),
        h("p", { class: "facts" }, facts.join(" · ")),
        ...blocks(model.description, name),
        ...usedBy(name),
        sections(model, tests),
      ),
      section(
        "Columns",
        columnTable(name),
        model.rows.length
          ? h("p", { class: "note rows-note" }, "These decide which rows the table has: ", ...joined(model.rows), ".")
          : "",
        model.fault ? h("p", { class: "empty" }, `The columns are not traced: ${model.fault}`) : "",
      ),
      section("Lineage", neighbours(name)),
      tests.length
        ? section("Tests", h("p", { class: "note" }, `${resultCounts(tests)}.`), testList(tests))
        : "",
      model.raw ? section("Source", ...sources(name)) : "",
    ],
  };
}

function section(title, ...parts) {
  return h("section", { id: title.toLowerCase(), tabindex: "-1" }, h("h2", {}, title), ...parts);
}

/** Return buttons that scroll to the sections; the address is that of the page. */
function sections(model, tests) {
  const names = ["Columns", "Lineage", tests.length ? "Tests" : "", model.raw ? "Source" : ""];
  return h(
    "p",
    { class: "sections" },
    ...names.filter(Boolean).map((name) =>
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          onclick: () => {
            const target = document.getElementById(name.toLowerCase());
            target.scrollIntoView();
            target.focus({ preventScroll: true });
          },
        },
        name,
      ),
    ),
  );
}

function usedBy(name) {
  const used = content.exposures.filter((exposure) => exposure.models.includes(name));
  if (!used.length) return [];
  return [h("p", {}, `Used by ${used.map((exposure) => exposure.name).join(", ")}.`)];
}

const joined = (inputs) =>
  inputs.flatMap((input, i) => (i ? [", ", inputLink(input)] : [inputLink(input)]));

function columnTable(name) {
  const heads = ["Column", "Description", "Comes from", "Tests"];
  return h(
    "table",
    { class: "column-table" },
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, ...models[name].columns.map((column) => columnRow(name, column))),
  );
}

function columnRow(name, column) {
  const tests = testsOfColumn(name, column.name);
  const inputs = column.inputs.slice(0, SHOWN_INPUTS);
  const more = column.inputs.length - inputs.length;
  const address = columnAddress(name, column.name);
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { href: address }, h("code", {}, column.name)),
      h("span", { class: "note type" }, column.type),
    ),
    h("td", {}, ...inline(describedAs([name, column.name]), name)),
    h(
      "td",
      { class: "inputs" },
      ...inputs.map((input) => h("div", {}, inputLink(input))),
      more > 0 ? h("a", { class: "note", href: address }, `and ${more} more`) : "",
    ),
    h("td", {}, ...tests.map((test) => h("div", {}, mark(test), h("span", { class: "note" }, ` ${test.title.split(":")[0]}`)))),
  );
}

function neighbours(name) {
  const sides = [
    ["Reads", models[name].parents],
    ["Is read by", childrenOf(name)],
  ];
  return h(
    "div",
    { class: "columns even" },
    ...sides.map(([title, names]) =>
      h(
        "div",
        { class: "panel" },
        h("h3", {}, title),
        names.length ? "" : h("p", { class: "note" }, "None"),
        h(
          "ul",
          { class: "names" },
          ...names.map((each) =>
            h(
              "li",
              {},
              h("a", { href: modelAddress(each) }, h("code", {}, each)),
              h("span", { class: "note" }, ` ${models[each].stage}`),
            ),
          ),
        ),
      ),
    ),
  );
}

function sources(name) {
  const model = models[name];
  const language = model.kind === "Python" ? "Python" : "SQL";
  const blocksOf = [["As written", model.raw], ...(model.compiled ? [["Compiled", model.compiled]] : [])];
  if (blocksOf.length === 1) return [sourceBlock(model.raw, language, `Source of ${name}`)];
  const place = h("div", {});
  const buttons = blocksOf.map(([title, text]) =>
    h(
      "button",
      {
        type: "button",
        onclick: (event) => {
          for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.currentTarget));
          place.replaceChildren(sourceBlock(text, language, `${title}: ${name}`));
        },
      },
      title,
    ),
  );
  buttons[0].click();
  return [h("p", { class: "choice" }, ...buttons), place];
}
