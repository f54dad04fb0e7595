// The content of the page, and what follows from it: readers, tests of a column, ways back.

import { $ } from "./widgets.js";

export const content = JSON.parse($("content").textContent);
/** Name of a table → its description; without the names that every object has. */
export const models = Object.assign(Object.create(null), content.models);
export const tableNames = Object.keys(models).sort();

/** Names of inputs outside of dbt. */
const OUTSIDE = { files: "files of the data set", clock: "time of the build" };
const ROWS = "*";

export const modelAddress = (name) => `#/model/${encodeURIComponent(name)}`;
export const columnAddress = (table, column) =>
  `#/column/${encodeURIComponent(table)}/${encodeURIComponent(column)}`;
export const stageAddress = (stage) => `#/stage/${encodeURIComponent(stage)}`;

/** Return the text of an input: a column, the rows of a table, or something outside of dbt. */
export function inputText([table, column]) {
  if (column === ROWS) return `rows of ${table}`;
  return column ? `${table}.${column}` : (OUTSIDE[table] ?? table);
}

/** Return the address of an input; null for something outside of dbt. */
export function inputAddress([table, column]) {
  if (!models[table]) return null;
  return column === ROWS ? modelAddress(table) : columnAddress(table, column);
}

export const columnOf = (table, name) =>
  models[table]?.columns.find((column) => column.name === name);

/** Return the inputs of a column, or of the rows of a table, as far as they are known. */
export function inputsOf([table, name]) {
  if (name !== ROWS) return columnOf(table, name)?.inputs ?? [];
  const { rows, parents } = models[table];
  return rows.length ? rows : parents.map((parent) => [parent, ROWS]);
}

/** Name of a column → the columns that read it. */
const readers = new Map();
/** Name of a table → the tables that read it. */
const children = new Map(tableNames.map((name) => [name, []]));
for (const table of tableNames) {
  for (const parent of models[table].parents) children.get(parent).push(table);
  for (const column of models[table].columns) {
    for (const input of column.inputs) {
      const text = inputText(input);
      if (!readers.has(text)) readers.set(text, []);
      readers.get(text).push([table, column.name]);
    }
  }
}
export const readersOf = (input) => readers.get(inputText(input)) ?? [];
export const childrenOf = (table) => children.get(table);

export const testsOf = (table) => content.tests.filter((test) => test.models.includes(table));
export const testsOfColumn = (table, column) =>
  content.tests.filter((test) => test.models[0] === table && test.columns.includes(column));

/** Return whether an input is at the start of the project: in the first stage, a seed or a source. */
const firstStage = content.stages[0]?.name;
const isStart = ([table]) => [firstStage, "seeds", "sources"].includes(models[table]?.stage);

/**
 * Return the shortest way from a column back to each input at the start of the project.
 *
 * A way is a list of inputs, the given column first.
 */
export function waysBack(start) {
  const before = new Map([[inputText(start), null]]);
  const queue = [start];
  const ways = [];
  for (const each of queue) {
    if (each !== start && isStart(each)) {
      const way = [];
      for (let step = each; step; step = before.get(inputText(step))) way.unshift(step);
      ways.push(way);
      continue;
    }
    for (const input of inputsOf(each)) {
      if (before.has(inputText(input))) continue;
      before.set(inputText(input), each);
      queue.push(input);
    }
  }
  const end = (way) => inputText(way.at(-1));
  return ways.sort((a, b) => end(a).localeCompare(end(b)));
}
