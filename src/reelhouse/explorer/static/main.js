// The router: which page a path shows, and links that change the page without loading it again.

import { askAbout } from "./api.js";
import { showData, showModels } from "./evaluation.js";
import { addEntry, keepEntry, readEntry, restoreScroll } from "./history.js";
import { showLake } from "./lake.js";
import { showMovie, showMovies } from "./movies.js";
import { showPeople } from "./people.js";
import { showPerson } from "./person.js";
import { onRatings } from "./ratings.js";
import { $, counted, h, setUpTheme, withCode } from "./widgets.js";
import { showYou } from "./you.js";

const ROUTES = [
  [/^\/$/, showPeople],
  [/^\/people\/(-?\d+)$/, showPerson],
  [/^\/movies$/, showMovies],
  [/^\/movies\/(-?\d+)$/, showMovie],
  [/^\/you$/, showYou],
  [/^\/models$/, showModels],
  [/^\/data$/, showData],
  [/^\/lake$/, showLake],
];
let visits = 0;
/** Address of the page that is shown. */
let shown;

/** Show the page of the address, and return once it is complete. */
async function show({ isFirst = false } = {}) {
  const visit = ++visits;
  const path = location.pathname;
  shown = path + location.search;
  const found = ROUTES.find(([pattern]) => pattern.test(path));
  $("main").setAttribute("aria-busy", "true");
  document.querySelector("dialog[open]")?.close();
  onRatings(() => {});
  let page;
  try {
    const about = await askAbout();
    page = found
      ? await found[1](about, ...found[0].exec(path).slice(1))
      : { title: "Nothing here", parts: [notice("There is no page at this address.")] };
  } catch (error) {
    page = { title: "This page cannot be shown", parts: [notice(error.message)] };
  }
  if (visit !== visits) return; // another link was followed meanwhile
  document.title = `${page.title} · Reelhouse`;
  $("main").className = page.name ?? "";
  $("main").replaceChildren(...page.parts);
  $("main").setAttribute("aria-busy", "false");
  markCurrent(path);
  restoreScroll();
  if (!isFirst) $("main").focus({ preventScroll: true });
}

const notice = (text) =>
  h("div", { class: "empty" }, h("h1", {}, "Nothing to show"), h("p", {}, ...withCode(text)));

function markCurrent(path) {
  for (const link of $("nav").children) {
    const own = link.getAttribute("href");
    const isCurrent =
      own === "/" ? path === "/" || path.startsWith("/people/") : path.startsWith(own);
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  $("nav").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

addEventListener("popstate", () => {
  if (location.pathname + location.search === shown) return keepEntry(); // a link within the page
  readEntry();
  show();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/']");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!link || !isPlain || link.hasAttribute("target") || link.hasAttribute("download")) return;
  event.preventDefault();
  addEntry(link.getAttribute("href"));
  show();
});

async function showFacts() {
  const about = await askAbout().catch(() => null);
  if (!about) return;
  const numbers = [
    counted(about.users, "person").replace("persons", "people"),
    counted(about.movies, about.item),
    counted(about.ratings, about.scale ? "rating" : "event"),
  ];
  $("facts").textContent =
    `${about.data}: ${numbers.join(", ")}. ` +
    (about.release ? `Release ${about.release}. ` : "") +
    "All of it comes from the tables of the lake. This page sends nothing to other sites.";
}

setUpTheme($("theme"));
show({ isFirst: true });
showFacts();
