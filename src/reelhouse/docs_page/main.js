// The router: which page the address after `#` shows.

import { $, capital, h, setUpTheme } from "./widgets.js";
import { columnOf, content, models } from "./project.js";
import { homePage } from "./flow.js";
import { columnPage } from "./column.js";
import { tablePage } from "./table.js";
import { setUpSearch } from "./search.js";

/** Return the text of a part of an address; a part that is badly encoded stays as it is. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function pageOf(address) {
  const [kind, first, second] = address.replace(/^#\/?/, "").split("/").map(decoded);
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

$("project").textContent = capital(content.project);
$("facts").textContent =
  `Written by make docs at ${content.at.slice(0, 16).replace("T", " ")} UTC, ` +
  `with dbt ${content.dbt}. Type / to search.`;
setUpTheme($("theme"));
setUpSearch();
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address is that of the page
  $("main").focus();
});
addEventListener("hashchange", show);
show();
