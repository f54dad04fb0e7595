// You: rate movies or import a file, and get recommendations at once.

import { ask, newestOnly, send, withParameters } from "./api.js";
import { checkSize, importedParts, setUpChoice, setUpDrop } from "./drop.js";
import { fillFilters } from "./filters.js";
import { keep, kept } from "./history.js";
import { reordered } from "./order.js";
import { empty, intro, movieLink, openDialog, posterCard, scoreTable } from "./parts.js";
import { poster } from "./posters.js";
import {
  addAll,
  onRatings,
  rate as rateMovie,
  ratedMovies,
  rater,
  ratings,
  ratingsToSend,
  removeAll,
} from "./ratings.js";
import {
  $,
  capital,
  counted,
  h,
  metaOf,
  number,
  ratingControl,
  replaceRows,
  say,
  updateOnceLeft,
} from "./widgets.js";

const PAGE_OF_CARDS = 12;
const PAGE_OF_LIST = 10;

export async function showYou(about) {
  const first = await ask("/api/first-screen");
  const verb = about.scale ? "Rate" : "Like";
  const rated = ratedSection(about);
  const picks = await picksSection(about);
  const update = () => {
    rated.show();
    picks.update();
  };
  const rate = await rateSection(about, first, rated.element);
  onRatings(update);
  rated.show();
  return {
    title: "You",
    name: "you-page",
    parts: [
      intro(
        `${verb} a few ${about.item}s, and see what suits you`,
        "Only this tab keeps your ratings, until you close it. The server stores nothing.",
      ),
      rate,
      picks.element,
    ],
  };
}

async function rateSection(about, first, rated) {
  const cards = h("ul", { class: "cards" });
  const others = h("button", { type: "button" }, `Show other ${about.item}s`);
  let page = kept("cards", 0);
  const showCards = (movies) => {
    cards.replaceChildren(...movies.map((movie) => rateCard(about, movie)));
    if (!movies.length) cards.append(h("li", { class: "empty" }, `No ${about.item} has this title.`));
  };
  const showFirst = () => {
    const start = (page * PAGE_OF_CARDS) % Math.max(first.length, 1);
    showCards(first.slice(start, start + PAGE_OF_CARDS));
    others.hidden = first.length <= PAGE_OF_CARDS;
  };
  others.addEventListener("click", () => {
    keep("cards", ++page);
    showFirst();
  });
  const find = newestOnly(
    cards,
    (search) => ask(withParameters("/api/catalogue", { search, limit: PAGE_OF_CARDS })),
    (movies, search) => {
      if (field.value.trim() !== search) return;
      others.hidden = true;
      showCards(movies);
      say(`${counted(movies.length, "title")} found.`);
    },
  );
  const field = h("input", {
    type: "search",
    id: "search",
    placeholder: `Search ${number(about.movies)} titles`,
    autocomplete: "off",
    spellcheck: "false",
    value: kept("search", ""),
    oninput: () => {
      keep("search", field.value);
      show();
    },
  });
  const show = () => (field.value.trim() ? find(field.value.trim()) : showFirst());
  const imported = h("div", { class: "imported", id: "imported", hidden: true, role: "status" });
  const file = h("input", {
    type: "file",
    id: "file",
    class: "hidden",
    accept: ".csv,.zip",
    "aria-describedby": "file-help",
  });
  setUpChoice(file, importFile);
  await show();
  return h(
    "section",
    { class: "rate", "aria-labelledby": "rate-heading" },
    h("h2", { id: "rate-heading" }, `Which of these ${about.item}s do you know?`),
    h(
      "div",
      { class: "find" },
      h("label", { class: "hidden", for: "search" }, "Search a title"),
      field,
      h("label", { class: "button", for: "file" }, "Import"),
      file,
    ),
    h("p", { class: "note", id: "file-help" }, "Or drop a file that Letterboxd, IMDb or movielens.org exported."),
    imported,
    cards,
    h("p", { class: "more" }, others),
    rated,
  );
}

const rateCard = (about, movie) =>
  posterCard(movie, ratingControl(rater(about, movie), movie.movie_id, movie.title));

// The page is shown many times, and files may be dropped on this page only.
setUpDrop($("drop"), importFile, () => $("imported") !== null);

async function importFile(file) {
  const box = $("imported");
  box.hidden = false;
  try {
    checkSize(file);
    const found = await ask(withParameters("/api/ratings-file", { name: file.name }), {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: file,
    });
    addAll(found.ratings.map(({ movie, rating }) => [movie, rating ?? 1]));
    const text = `${counted(found.ratings.length, "rating")} imported from ${file.name}.`;
    box.replaceChildren(...importedParts(text, found.unknown));
  } catch (error) {
    box.replaceChildren(h("p", {}, error.message));
  }
}

function ratedSection(about) {
  const heading = h("h2", { id: "yours-heading", tabindex: "-1" });
  const rows = h("ul", { class: "rated" });
  const clear = () => {
    removeAll();
    $("search").focus();
  };
  const element = h(
    "div",
    { class: "yours" },
    h(
      "div",
      { class: "bar" },
      heading,
      h("button", { type: "button", class: "quiet", onclick: clear }, "Remove all"),
    ),
    rows,
  );
  const show = () => {
    element.hidden = !ratings.size;
    heading.textContent = `You ${about.scale ? "rated" : "liked"} ${counted(ratings.size, about.item)}`;
    const movies = [...ratings.keys()].reverse().map((id) => ratedMovies.get(id));
    replaceRows(
      rows,
      movies.map((movie) => ratedRow(about, movie)),
      ratings.size ? heading : $("search"),
    );
  };
  return { element, show };
}

const ratedRow = (about, movie) =>
  h(
    "li",
    {},
    h("span", { class: "rated-title" }, movieLink(movie), h("span", { class: "note" }, ` ${movie.year ?? ""}`)),
    ratingControl(rater(about, movie), movie.movie_id, movie.title),
    h(
      "button",
      { type: "button", class: "quiet", onclick: () => rateMovie(movie, undefined) },
      "Remove",
      h("span", { class: "hidden" }, ` ${movie.title}`),
    ),
  );

async function picksSection(about) {
  const heading = h("h2", { id: "picks-heading", tabindex: "-1" });
  const basis = h("p", { class: "note" });
  const list = h("ol", { class: "list" });
  const nothing = empty(`No ${about.item} fits these filters.`);
  const reset = () => {
    filters.reset();
    heading.focus();
  };
  nothing.append(h("button", { type: "button", onclick: reset }, "Remove the filters"));
  const more = h("button", { type: "button" }, "Show more");
  const form = h("form", { class: "tools", "aria-label": "Filters" });
  const state = { picks: [], length: kept("length", PAGE_OF_LIST) };
  const show = () => {
    const ordered = reordered(state.picks, filters.values().novelty, (pick) => pick.movie.count);
    const shown = ordered.slice(0, state.length);
    replaceRows(
      list,
      shown.map((pick) => pickRow(about, pick)),
      heading,
    );
    nothing.hidden = shown.length > 0;
    more.hidden = ordered.length <= state.length;
  };
  const find = newestOnly(
    list,
    () => {
      const { genres, from, to } = filters.values();
      return send("/api/recommendations/explained", {
        ratings: ratingsToSend(about),
        genres: [...genres],
        first_year: from,
        last_year: to,
      });
    },
    (answer) => {
      const isPersonal = answer.strategy === "personal";
      state.picks = answer.picks;
      heading.textContent = isPersonal ? "For you" : "Most popular";
      basis.textContent = isPersonal ? `Ranked by ${answer.algorithm}` : reasonOfPopularity(about);
      filters.enableNovelty(isPersonal);
      show();
    },
  );
  const filters = fillFilters(form, {
    genres: about.genres,
    years: [about.first_year, about.last_year],
    chosen: kept("filters"),
    onChange: async () => {
      keep("filters", filters.values());
      keep("length", (state.length = PAGE_OF_LIST));
      const key = filterKey();
      if (key === asked) {
        show();
      } else {
        asked = key;
        if ((await find()) === false) asked = ""; // the next change asks again
      }
    },
  });
  const filterKey = () => {
    const { genres, from, to } = filters.values();
    return JSON.stringify([[...genres], from, to]);
  };
  let asked = filterKey();
  more.addEventListener("click", () => {
    const before = state.length;
    keep("length", (state.length += PAGE_OF_LIST));
    show();
    list.children[before]?.querySelector("a")?.focus();
  });
  await find();
  const element = h(
    "section",
    { class: "picks", "aria-labelledby": "picks-heading" },
    h("div", { class: "bar" }, heading, basis),
    form,
    list,
    nothing,
    h("p", { class: "more" }, more),
  );
  return { element, update: updateOnceLeft(list, find) };
}

function reasonOfPopularity(about) {
  const verb = about.scale ? "Rate" : "Like";
  if (!ratings.size) return `${verb} a ${about.item} to get your own list`;
  if (!about.is_personal) return `${about.ranking} cannot score a person who is not in its fit`;
  return `To get your own list, rate a ${about.item} ${about.scale?.relevant ?? ""} or higher`;
}

function pickRow(about, pick) {
  const { movie } = pick;
  const why = h(
    "button",
    { type: "button", class: "quiet", onclick: () => openWhy(about, pick) },
    "Why?",
    h("span", { class: "hidden" }, ` ${movie.title}`),
  );
  return h(
    "li",
    { class: "pick" },
    poster(movie, false),
    h(
      "div",
      { class: "pick-text" },
      h("h3", {}, movieLink(movie)),
      h("p", { class: "note" }, metaOf(movie, about.scale)),
      pick.strategy === "personal" ? h("p", { class: "reason" }, capital(pick.reason)) : "",
    ),
    h(
      "div",
      { class: "pick-side" },
      ratingControl(rater(about, movie), movie.movie_id, movie.title),
      pick.parts.length ? why : "",
    ),
  );
}

function openWhy(about, pick) {
  openDialog(
    `Why ${pick.movie.title}?`,
    h("p", {}, `${capital(pick.reason)}.`),
    scoreTable(pick.parts, pick.score, about.scale),
  );
}
