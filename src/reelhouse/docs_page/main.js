// The router: which page the address after `#` shows.

import { $, h, setUpTheme } from "./widgets.js";
import { columnOf, content, models } from "./project.js";
import { homePage } from "./flow.js";
import { columnPage } from "./column.js";
import { tablePage } from "./table.js";
import { setUpSearch } from "./search.js";

function pageOf(address) {
  const [kind, first, second] = address.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (!kind) return homePage();
  if (kind === "stage" && content.stages.some(({ name }) => name === first)) return homePage(first);
  if (kind === "model" && models[first]) return tablePage(first);
  if (kind === "column" && columnOf(first, second)) return columnPage(first, second);
  return {
    title: "Nothing here",
    parts: [h("div", { class: "intro" }, h("h1", { tabindex: "-1" }, "Nothing has this name"))],
  };
}

let isFirst = true;

function show() {
  const isStage = location.hash.startsWith("#/stage/");
  const wasFlow = document.querySelector(".flow-picture") !== null;
  const place = scrollY;
  const { title, parts } = pageOf(location.hash);
  document.title = `${title} · ${content.project}`;
  $("main").replaceChildren(...parts);
  // A stage opens below the picture, which stays where it is.
  const staysInFlow = wasFlow && (isStage || document.querySelector(".flow-picture") !== null);
  scrollTo(0, staysInFlow ? place : 0);
  if (!isFirst) {
    const box = staysInFlow && document.querySelector(".stage-box[aria-expanded=true]");
    (box || document.querySelector("h1")).focus({ preventScroll: true });
  }
  isFirst = false;
}

$("project").textContent = content.project[0].toUpperCase() + content.project.slice(1);
$("facts").textContent =
  `Written by make docs from dbt ${content.dbt}, ` +
  `${content.at.slice(0, 16).replace("T", " ")} UTC. Type / to search.`;
setUpTheme($("theme"));
setUpSearch();
addEventListener("hashchange", show);
show();
