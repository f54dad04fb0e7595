// Tests and their last results.

import { counted, h, listed } from "./widgets.js";
import { content, modelAddress } from "./project.js";
import { blocks } from "./texts.js";
import { sourceBlock } from "./source.js";

const WORDS = {
  pass: "passed",
  warn: "passed with a warning",
  fail: "failed",
  error: "failed with an error",
  skipped: "skipped",
};
const isFault = (test) => ["warn", "fail", "error"].includes(test.status);

const resultOf = (test) => WORDS[test.status] ?? "not run";

/** Return the mark of a result. */
export function mark(test) {
  const state = isFault(test) ? "bad" : test.status === "pass" ? "good" : "open";
  return h("span", { class: `result ${state}` }, resultOf(test));
}

/** Return the counts of some tests by result, as in "70 passed, 2 not run". */
export function resultCounts(tests) {
  const counts = new Map();
  for (const test of tests) counts.set(resultOf(test), (counts.get(resultOf(test)) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

/** Return the tests of the project by kind, and those that failed. */
export function testSummary() {
  const kinds = ["data", "unit"].map((kind) => content.tests.filter((test) => test.kind === kind));
  const times = content.tests.map((test) => test.at).filter(Boolean).sort();
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, "Tests"),
    ...kinds
      .filter((tests) => tests.length)
      .map((tests) => {
        const { kind } = tests[0];
        const isNew = kind === "unit" && tests.every((test) => !test.status);
        const results = isNew ? "dbt build and make test run them, make build does not" : resultCounts(tests);
        return h("p", {}, `${counted(tests.length, `${kind} test`)}: ${results}.`);
      }),
    h(
      "p",
      { class: "note" },
      times.length
        ? `Last run: ${times.at(-1).slice(0, 16).replace("T", " ")} UTC.`
        : "No results yet: make build runs the data tests.",
    ),
    h("ul", { class: "tests" }, ...content.tests.filter(isFault).map((test) => testItem(test, true))),
  );
}

/** Return a test that opens into its description and its SQL. */
export function testItem(test, hasModels = false) {
  const others = h("p", { class: "note" });
  if (hasModels || test.models.length > 1) {
    const links = test.models.map((name) =>
      h("a", { href: modelAddress(name) }, h("code", {}, name)),
    );
    others.append("Reads ", ...links.flatMap((link, i) => (i ? [", ", link] : [link])), ".");
  }
  const failure = isFault(test) && test.message ? h("p", { class: "empty" }, test.message) : "";
  return h(
    "li",
    {},
    h(
      "details",
      {},
      h(
        "summary",
        {},
        mark(test),
        " ",
        h("span", { class: "test-title" }, test.title),
        " ",
        h("span", { class: "note" }, `${test.kind} test`),
      ),
      ...blocks(test.description),
      failure,
      others,
      h(
        "p",
        { class: "note" },
        listed([test.path, ...(test.at ? [`run at ${test.at.slice(0, 16).replace("T", " ")} UTC`] : [])]),
      ),
      test.code ? sourceBlock(test.code, "SQL", `SQL of the test ${test.title}`) : "",
    ),
  );
}
