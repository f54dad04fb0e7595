// The lake: a box for queries, tables, and releases with their changes.

import { ask, send } from "./api.js";
import { tableOf } from "./evaluation.js";
import { keep, kept } from "./history.js";
import { empty, intro, openDialog, section } from "./parts.js";
import { breakable, counted, h, number, say, withCode } from "./widgets.js";

const EXAMPLES = [
  [
    "A person's list",
    "select rank, title, score, predicted_rating, reason\nfrom recommendations\n" +
      "where user_id = $user\norder by rank",
    { user: "42" },
  ],
  [
    "Why a movie is in it",
    "select rated_title, rating, contribution\nfrom recommendation_explanations\n" +
      "where user_id = $user and movie_id = (\n" +
      "    select movie_id from recommendations where user_id = $user and rank = 1\n" +
      ")\norder by position",
    { user: "42" },
  ],
  [
    "Algorithms compared",
    "select algorithm, rmse, ndcg_at_10, recall_at_20, catalogue_coverage_at_10\n" +
      "from model_comparison\nwhere protocol = $protocol\norder by ndcg_at_10 desc",
    { protocol: "random" },
  ],
  [
    "Movies that people like",
    "select title, mean_rating, rating_count\nfrom movies\nwhere rating_count >= $ratings\n" +
      "order by mean_rating desc\nlimit 20",
    { ratings: "100" },
  ],
  [
    "Similar movies",
    "select s.rank, m.title, s.similarity\nfrom similar_movies as s\n" +
      "inner join movies as m on m.movie_id = s.similar_movie_id\n" +
      "inner join movies as own on own.movie_id = s.movie_id\n" +
      "where own.title like $title\norder by own.rating_count desc, s.rank\nlimit 10",
    { title: "Star Wars%" },
  ],
  ["Tables and columns", "select table_name, column_name, data_type from duckdb_columns()\nwhere table_name = $name", { name: "recommendations" }],
];

export async function showLake() {
  const lake = await ask("/api/lake");
  return {
    title: "Lake",
    name: "lake-page",
    parts: [
      intro(
        "The lake",
        `${counted(lake.tables.length, "table")} in ${lake.folder}. Spark, DuckDB and PyIceberg read them.`,
      ),
      sqlSection(lake.query_limits),
      tablesSection(lake),
      releasesSection(lake),
    ],
  };
}

function sqlSection({ seconds, memory, rows }) {
  const asked = kept("sql", new URLSearchParams(location.search).get("sql"));
  const parameters = h("div", { class: "parameters" });
  const result = h("div", { class: "result" });
  const box = h("textarea", {
    id: "sql",
    rows: "7",
    spellcheck: "false",
    autocapitalize: "off",
    "aria-describedby": "sql-help",
    oninput: () => {
      showParameters({});
      keepQuery();
    },
    onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
    },
  });
  const parameterTexts = () =>
    Object.fromEntries([...parameters.querySelectorAll("input")].map(({ name, value }) => [name, value]));
  const keepQuery = () => {
    keep("sql", box.value);
    keep("parameters", parameterTexts());
  };
  parameters.addEventListener("input", keepQuery);
  const showParameters = (values) => {
    const names = new Set([...box.value.matchAll(/\$([A-Za-z_]\w*)/g)].map(([, name]) => name));
    const before = parameterTexts();
    parameters.replaceChildren(
      ...[...names].map((name) =>
        h("label", {}, h("code", {}, `$${name}`), h("input", { name, value: values[name] ?? before[name] ?? "" })),
      ),
    );
  };
  const show = (sql, values) => {
    box.value = sql;
    showParameters(values);
  };
  const examples = EXAMPLES.map(([name, sql, values]) =>
    h(
      "button",
      {
        type: "button",
        class: "chip",
        onclick: () => {
          show(sql, values);
          keepQuery();
          run();
        },
      },
      name,
    ),
  );
  const run = async () => {
    const values = {};
    for (const [name, value] of Object.entries(parameterTexts())) {
      values[name] = value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
    }
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await send("/api/sql", { sql: box.value, parameters: values });
      result.replaceChildren(...resultParts(answer));
      say(`${counted(answer.rows.length, "row")}.`);
    } catch (error) {
      result.replaceChildren(empty(...withCode(error.message)));
      say(error.message);
    }
    result.setAttribute("aria-busy", "false");
  };
  if (asked !== null) show(asked, kept("parameters", {}));
  else show(EXAMPLES[0][1], EXAMPLES[0][2]);
  return section(
    "Ask in SQL",
    { class: "sql" },
    h("div", { class: "examples" }, ...examples),
    h(
      "form",
      {
        class: "panel",
        onsubmit: (event) => {
          event.preventDefault();
          run();
        },
      },
      h("label", { class: "hidden", for: "sql" }, "One SELECT statement"),
      box,
      parameters,
      h(
        "div",
        { class: "bar" },
        h("button", { type: "submit", class: "main-button" }, "Run"),
        h(
          "p",
          { class: "note", id: "sql-help" },
          `One SELECT statement; Ctrl-Enter runs it. A query is stopped after ${counted(seconds, "second")} or at ${memory} GiB of memory; up to ${rows} rows are shown.`,
        ),
      ),
    ),
    result,
  );
}

function resultParts({ columns, is_number: isNumber, rows, is_cut: isCut, seconds }) {
  const shown = isCut ? `the first ${counted(rows.length, "row")}` : counted(rows.length, "row");
  const cell = (text, i) => h("td", { class: isNumber[i] ? "number" : "" }, text);
  return [
    h("p", { class: "note" }, `${shown} in ${number(seconds, 2)} seconds`),
    h(
      "div",
      { class: "wide", tabindex: "0", role: "region", "aria-label": "Result" },
      h(
        "table",
        { class: "rows" },
        h("thead", {}, h("tr", {}, ...columns.map((name, i) => h("th", { scope: "col", class: isNumber[i] ? "number" : "" }, name)))),
        h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))),
      ),
    ),
  ];
}

function tablesSection(lake) {
  const { tables, views, has_documentation: hasDocumentation } = lake;
  const stages = [...new Set(tables.map((table) => table.stage))];
  const groups = stages.map((stage) =>
    h(
      "div",
      { class: "stage" },
      h("h3", {}, stage || "other"),
      h("ul", {}, ...tables.filter((table) => table.stage === stage).map((table) => tableRow(table, lake))),
    ),
  );
  return section(
    "Tables",
    {},
    h(
      "p",
      { class: "note" },
      `By stage. The ${counted(views.length, "view")} exist in Spark only. `,
      ...(hasDocumentation
        ? [documentation("", "The documentation"), " shows where every column comes from."]
        : [h("code", {}, "make docs"), " writes a page that shows where every column comes from."]),
    ),
    h("div", { class: "stages" }, ...groups),
  );
}

/** A link to the page of `make docs`, which opens beside this one. */
const documentation = (address, text) => h("a", { href: `/documentation${address}`, target: "_blank" }, text);

const tableRow = (table, lake) =>
  h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "table-name", onclick: () => openTable(table, lake) },
      h("code", {}, ...breakable(table.name)),
      h("span", { class: "note" }, number(table.rows)),
      h("span", { class: "hidden" }, " rows"),
    ),
  );

function openTable({ name, rows, description, columns, reads }, lake) {
  const sql = `select * from ${name} limit 20`;
  const readers = lake.tables.filter((table) => table.reads.includes(name)).map((table) => table.name);
  openDialog(
    name,
    h("p", {}, ...withCode(description || "It has no description.")),
    h("p", {}, counted(rows, "row"), ". ", h("a", { href: `/lake?${new URLSearchParams({ sql })}` }, "Open in the SQL box"), ...columnLineage(name, lake)),
    lineage("Computed from", reads, lake),
    lineage("Used by", readers, lake),
    h(
      "dl",
      { class: "described" },
      ...columns.flatMap(([column, text]) => [h("dt", {}, h("code", {}, column)), h("dd", {}, ...withCode(text))]),
    ),
  );
}

const columnLineage = (name, lake) =>
  lake.has_documentation
    ? [" · ", documentation(`#/model/${encodeURIComponent(name)}`, "Where its columns come from")]
    : [];

/** The tables that a table is computed from, or that are computed from it, as buttons. */
function lineage(label, names, lake) {
  const buttons = names.map((name) => {
    const table = lake.tables.find((each) => each.name === name);
    const open = (event) => {
      event.target.closest("dialog").close();
      openTable(table, lake);
    };
    return h("button", { type: "button", class: "chip", onclick: open }, h("code", {}, name));
  });
  return names.length ? h("div", { class: "lineage" }, h("span", { class: "note" }, label), ...buttons) : "";
}

function releasesSection({ releases }) {
  const title = "Releases";
  if (!releases.rows.length) {
    return section(title, {}, empty("There is no release yet: run ", h("code", {}, "make build"), "."));
  }
  const at = (row, name) => row[releases.columns.indexOf(name)];
  const rows = releases.rows.map((row) => {
    const ndcg = at(row, "ndcg_at_10");
    const rmse = at(row, "rmse");
    const facts = [
      `${at(row, "published_at").slice(0, 16).replace("T", " ")} UTC`,
      at(row, "ratings") === null ? "" : counted(at(row, "ratings"), "rating"),
      ndcg === null ? "" : `NDCG@10 ${number(ndcg, 4)} (${at(row, "ranking")})`,
      rmse === null ? "" : `RMSE ${number(rmse, 4)} (${at(row, "rating")})`,
      at(row, "copy_of") ? `a copy of ${at(row, "copy_of")}` : "",
    ];
    const release = at(row, "release");
    return h(
      "li",
      {},
      h("b", {}, release),
      h("span", { class: "rated-title" }, facts.filter(Boolean).join(" · ")),
      h("button", { type: "button", onclick: (event) => openChanges(release, event.currentTarget) }, "Changes", h("span", { class: "hidden" }, ` of ${release}`)),
    );
  });
  return section(title, {}, h("ul", { class: "rated releases" }, ...rows));
}

async function openChanges(release, button) {
  say("Comparing the rows of all tables.");
  try {
    const { before, tables, metrics } = await ask(`/api/releases/${release}/changes`);
    if (!button.isConnected) return; // another page is shown
    const changed = tables.rows.filter((row) => row.slice(3).some((count) => count));
    openDialog(
      before ? `Changes of ${release} since ${before}` : `Changes of ${release}`,
      before
        ? h("p", {}, `The rows of ${tables.rows.length} tables were compared; those of ${counted(changed.length, "table")} differ.`)
        : h("p", {}, "There is no earlier release to compare with."),
      changed.length ? tableOf({ ...tables, rows: changed }, "Changed tables") : "",
      metrics.rows.length ? tableOf(metrics, "Metrics") : "",
    );
  } catch (error) {
    if (button.isConnected) openDialog("Changes", h("p", {}, ...withCode(error.message)));
  }
}
