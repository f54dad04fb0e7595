// The algorithms and the data: findings, plots and tables.

import { ask } from "./api.js";
import { empty, intro, section } from "./parts.js";
import { makeSortable } from "./tables.js";
import { h, plain, withCode } from "./widgets.js";

const NUMBERS = {
  user_count: "users",
  movie_count: "movies",
  rating_count: "ratings or events",
  density: "of all pairs are rated",
  median_ratings_per_user: "ratings of the median user",
  median_ratings_per_movie: "ratings of the median movie",
};

export async function showModels() {
  const { findings, comparison, protocol } = await ask("/api/evaluation");
  const plots = plotsSection("models");
  return {
    title: "Models",
    parts: [
      intro(
        "How the algorithms compare",
        "NDCG@10 says how well the first ten movies of a list agree with what the user liked in " +
          "held-out ratings; 1 is perfect. RMSE is the error of predicted ratings; lower is better.",
      ),
      h("div", { class: "findings" }, ...findings.map(findingCard)),
      plots,
      section(
        "All algorithms",
        {},
        ...comparisonTables(comparison, protocol),
      ),
    ],
  };
}

export async function showData(about) {
  const [numbers, profiles] = await ask("/api/data");
  const values = numbers.columns.map((name, i) => [name, numbers.rows[0]?.[i]]);
  return {
    title: "Data",
    parts: [
      intro(`The data: ${about.data}`, "Counts, distributions and profiles of the ratings."),
      h("div", { class: "findings numbers" }, ...values.map(numberCard)),
      plotsSection("data"),
      section("Columns", {}, tableOf(profiles, "Profile of each column")),
    ],
  };
}

const findingCard = ({ title, figure, text }) =>
  h(
    "div",
    { class: "panel finding" },
    h("h2", {}, title),
    h("p", { class: "figure" }, figure),
    h("p", {}, ...withCode(text)),
  );

function numberCard([name, value]) {
  const text = name === "density" ? `${plain(100 * value)} %` : plain(value ?? 0);
  return h(
    "div",
    { class: "panel finding" },
    h("p", { class: "figure" }, text),
    h("p", {}, NUMBERS[name] ?? name),
  );
}

/** Return a section that is filled once the plots are drawn. */
function plotsSection(subject) {
  const box = h("div", { class: "plots", "aria-busy": "true" }, h("p", { class: "note" }, "Drawing the plots …"));
  ask(`/api/plots/${subject}`)
    .then((plots) => box.replaceChildren(...plots.map(plotPanel)))
    .catch((error) => box.replaceChildren(empty(...withCode(error.message))))
    .finally(() => box.setAttribute("aria-busy", "false"));
  return box;
}

function plotPanel({ title, caption, sql, svg }) {
  return h(
    "section",
    { class: "panel", "aria-label": title },
    h("h2", {}, title),
    h("p", { class: "note" }, caption),
    drawing(svg),
    h(
      "details",
      {},
      h("summary", {}, "SQL"),
      h("pre", { tabindex: "0" }, sql),
      h("a", { href: `/lake?${new URLSearchParams({ sql })}` }, "Open in the SQL box"),
    ),
  );
}

/** Return an SVG element. Its styles are set by script, since the policy forbids them in markup. */
function drawing(text) {
  const unstyled = text
    .replace(/<style[^]*?<\/style>/g, "")
    .replaceAll(' style="', ' data-style="');
  const parsed = new DOMParser().parseFromString(unstyled, "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  for (const element of svg.querySelectorAll("[data-style]")) {
    element.style.cssText = element.dataset.style;
    element.removeAttribute("data-style");
  }
  return svg;
}

function comparisonTables({ columns, rows }, first) {
  const protocols = [...new Set(rows.map((row) => row[0]))];
  return protocols.map((protocol) => {
    const own = rows.filter((row) => row[0] === protocol).map((row) => row.slice(1));
    const kept = columns.slice(1).map((_, i) => own.some((row) => row[i] !== null));
    const table = {
      columns: columns.slice(1).filter((_, i) => kept[i]),
      rows: own.map((row) => row.filter((_, i) => kept[i])),
    };
    const details = h("details", { open: protocol === first });
    details.append(h("summary", {}, "Protocol ", h("code", {}, protocol)), tableOf(table, `Protocol ${protocol}`));
    return details;
  });
}

/** Return a table whose rows can be sorted. */
export function tableOf({ columns, rows }, label) {
  const isNumber = columns.map((_, i) => rows.some((row) => typeof row[i] === "number"));
  const cell = (value, i) =>
    h(
      "td",
      { class: isNumber[i] ? "number" : "" },
      value === null || value === undefined
        ? ""
        : typeof value === "number"
          ? Number.isInteger(value)
            ? String(value)
            : value.toFixed(4)
          : String(value),
    );
  const table = h(
    "table",
    { class: "rows" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...columns.map((name, i) =>
          h(
            "th",
            { "aria-sort": "none", class: isNumber[i] ? "number" : "" },
            h("button", { type: "button" }, name.replaceAll("_", " ")),
          ),
        ),
      ),
    ),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))),
  );
  makeSortable(table);
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, table);
}
