// A person: ratings, recommendations with filters and reasons, and two algorithms side by side.

import { ask, newestOnly, withParameters } from "./api.js";
import { comparisonSection } from "./comparison.js";
import { fillFilters } from "./filters.js";
import { keep, kept } from "./history.js";
import { reordered } from "./order.js";
import {
  columns,
  empty,
  movieLink,
  movieSearch,
  openDialog,
  posterCard,
  scoreTable,
  section,
  starred,
} from "./parts.js";
import { barRow, capital, counted, h, number, plain, withCode } from "./widgets.js";

const PAGE_OF_LIST = 10;
const MOST_TASTES = 8;
const PAGE_OF_RATINGS = 12;
/** The API gives at most so many ratings at once. */
const MOST_RATINGS_AT_ONCE = 1000;

export async function showPerson(about, id) {
  const user = await ask(`/api/users/${id}`);
  const [list, history] = await Promise.all([listSection(about, id), historySection(about, id)]);
  const comparison = comparisonSection(about, id);
  return {
    title: `Person ${user.user.source_id}`,
    name: "person-page",
    parts: [head(about, user), list, aside(about, user, history), comparison],
  };
}

function head(about, { user, first_rated_at: first, last_rated_at: last }) {
  const noun = about.scale ? "rating" : about.item;
  const year = (time) => time?.slice(0, 4);
  const years = first
    ? year(first) === year(last)
      ? ` in ${year(first)}`
      : ` from ${year(first)} to ${year(last)}`
    : "";
  const facts = [user.description, `${counted(user.count, noun)}${years}`];
  if (user.mean !== null) facts.push(`mean ${number(user.mean, 2)}`);
  return h(
    "div",
    { class: "intro" },
    h("h1", {}, `Person ${user.source_id}`),
    h("p", {}, facts.filter(Boolean).join(" · ")),
  );
}

async function listSection(about, id) {
  const cards = h("ol", { class: "picks-grid" });
  const basis = h("p", { class: "note" });
  const nothing = empty(`No ${about.item} fits these filters.`);
  const more = h("button", { type: "button" }, "Show more");
  const form = h("form", { class: "tools", "aria-label": "Filters" });
  const state = { picks: [], length: kept("length", PAGE_OF_LIST), isComplete: false };
  const show = () => {
    const movies = reordered(state.picks, filters.values().novelty, (pick) => pick.movie.count);
    const shown = movies.slice(0, state.length);
    cards.replaceChildren(...shown.map((pick, i) => pickCard(about, pick, i + 1)));
    nothing.hidden = shown.length > 0;
    more.parentElement.hidden = state.isComplete && movies.length <= state.length;
  };
  const find = newestOnly(
    cards,
    ({ genres, from, to, isLong }) =>
      ask(
        withParameters(`/api/users/${id}/list`, {
          genre: genres,
          first_year: from,
          last_year: to,
          is_long: isLong,
        }),
      ),
    (answer, { genres, from, isLong }) => {
      state.picks = answer.picks;
      state.isComplete = isLong || genres.size > 0 || from !== null;
      basis.textContent =
        answer.strategy === "personal"
          ? `Ranked by ${answer.algorithm}`
          : "Popular, since the algorithm cannot score this person";
      show();
    },
  );
  // The slider and a longer list need more movies than the lake has stored.
  const wanted = () => {
    const values = filters.values();
    return { ...values, isLong: state.length > PAGE_OF_LIST || values.novelty !== 0 };
  };
  const keyOf = ({ genres, from, to, isLong }) => JSON.stringify([[...genres], from, to, isLong]);
  let asked = "";
  const update = async () => {
    const values = wanted();
    if (keyOf(values) === asked) show();
    else {
      asked = keyOf(values);
      if ((await find(values)) === false) asked = ""; // the next change asks again
    }
  };
  const filters = fillFilters(form, {
    genres: about.genres,
    years: [about.first_year, about.last_year],
    chosen: kept("filters"),
    onChange: () => {
      keep("filters", filters.values());
      keep("length", (state.length = PAGE_OF_LIST));
      update();
    },
  });
  more.addEventListener("click", async () => {
    const before = state.length;
    keep("length", (state.length += PAGE_OF_LIST));
    await update();
    cards.children[before]?.querySelector("a")?.focus();
  });
  const heading = h("h2", { id: "list-heading", tabindex: "-1" }, "Recommendations");
  const reset = () => {
    filters.reset();
    heading.focus();
  };
  nothing.append(h("button", { type: "button", onclick: reset }, "Remove the filters"));
  h("p", { class: "more" }, more);
  await update();
  return h(
    "section",
    { class: "list-section", "aria-labelledby": "list-heading" },
    h("div", { class: "bar" }, heading, basis),
    form,
    cards,
    nothing,
    more.parentElement,
    whyNotSearch(about, id),
  );
}

function pickCard(about, pick, rank) {
  const { movie } = pick;
  const why = h(
    "button",
    { type: "button", class: "quiet", onclick: () => openWhy(about, pick) },
    "Why?",
    h("span", { class: "hidden" }, ` ${movie.title}`),
  );
  const card = posterCard(
    movie,
    h("p", { class: "reason" }, pick.reason),
    h(
      "p",
      { class: "pick-line" },
      pick.predicted === null ? "" : starred(pick.predicted.toFixed(1), "Predicted rating"),
      pick.parts.length ? why : "",
    ),
  );
  card.classList.add("pick-card");
  card.firstChild.append(h("span", { class: "rank", "aria-hidden": "true" }, String(rank)));
  return card;
}

function openWhy(about, pick) {
  openDialog(
    `Why ${pick.movie.title}?`,
    h("p", {}, `${capital(pick.reason)}.`),
    pick.predicted === null ? "" : h("p", {}, `The predicted rating is ${number(pick.predicted, 1)}.`),
    scoreTable(pick.parts, pick.score, about.scale),
    h("p", {}, movieLink(pick.movie, `More about ${pick.movie.title}`)),
  );
}

function whyNotSearch(about, id) {
  const search = movieSearch({
    id: "why-not",
    label: { text: "Why not this one?" },
    placeholder: "A title that is not in the list",
    find: (search) => ask(withParameters("/api/catalogue", { search, limit: 8 })),
    choose: async (movie) => {
      try {
        const answer = await ask(`/api/users/${id}/why/${movie.movie_id}`);
        if (search.isConnected) openWhyNot(about, answer); // otherwise another page is shown
      } catch (error) {
        if (!search.isConnected) return;
        openDialog(`Why not ${movie.title}?`, h("p", {}, ...withCode(error.message)));
      }
    },
  });
  return search;
}

function openWhyNot(about, answer) {
  openDialog(
    `Why not ${answer.movie.title}?`,
    h("p", {}, answer.verdict),
    answer.predicted === null ? "" : h("p", {}, `The predicted rating is ${number(answer.predicted, 1)}.`),
    answer.parts.length ? scoreTable(answer.parts, answer.score, about.scale) : "",
    h("p", {}, movieLink(answer.movie, `More about ${answer.movie.title}`)),
  );
}

function aside(about, { tastes, distribution }, history) {
  const most = tastes[0]?.count ?? 1;
  const rows = tastes
    .slice(0, MOST_TASTES)
    .map((taste) =>
      barRow(
        taste.genre,
        taste.count / most,
        taste.mean === null ? number(taste.count) : `${number(taste.count)}, mean ${number(taste.mean, 1)}`,
      ),
    );
  const noun = about.scale ? "ratings" : `${about.item}s`;
  return h(
    "aside",
    { class: "person-side", "aria-label": "What this person has rated" },
    rows.length
      ? section(
          "Tastes",
          {},
          h("table", { class: "bars" }, h("caption", {}, `Number of ${noun} by genre`), h("tbody", {}, ...rows)),
        )
      : "",
    distribution.length
      ? columns("How often this person gives each rating", distribution.map(([rating, n]) => [plain(rating), n]))
      : "",
    history,
  );
}

async function historySection(about, id) {
  const rows = h("ul", { class: "history" });
  const more = h("button", { type: "button" }, "Show more");
  let order = kept("order", "newest");
  let total = 0;
  const add = newestOnly(
    rows,
    (offset, limit = PAGE_OF_RATINGS) =>
      ask(withParameters(`/api/users/${id}/ratings`, { order, offset, limit })),
    (answer, offset) => {
      if (!offset) rows.replaceChildren();
      rows.append(...answer.ratings.map((rated) => historyRow(about, rated)));
      total = answer.total;
      more.hidden = rows.children.length >= total;
    },
  );
  more.addEventListener("click", async () => {
    const before = rows.children.length;
    if (!(await add(before))) return;
    keep("ratings", rows.children.length);
    rows.children[before].querySelector("a").focus();
  });
  const choice = h(
    "select",
    {
      id: "order",
      onchange: () => {
        order = choice.value;
        keep("order", order);
        keep("ratings", PAGE_OF_RATINGS);
        add(0);
      },
    },
    ...(about.scale
      ? [
          ["newest", "Newest first"],
          ["best", "Best first"],
          ["worst", "Worst first"],
        ]
      : [["newest", "Newest first"]]
    ).map(([value, text]) => h("option", { value, selected: value === order }, text)),
  );
  const isRead = await add(0, Math.min(kept("ratings", PAGE_OF_RATINGS), MOST_RATINGS_AT_ONCE));
  const title = about.scale ? "Ratings" : "Events";
  if (isRead && !total) return section(title, {}, empty("This person has not rated anything."));
  return h(
    "section",
    { "aria-labelledby": "history" },
    h(
      "div",
      { class: "bar" },
      h("h2", { id: "history" }, title),
      h("label", { class: "hidden", for: "order" }, "Order"),
      choice,
    ),
    rows,
    h("p", { class: "more" }, more),
  );
}

function historyRow(about, { movie, rating, rated_at: time, predicted, lower, upper }) {
  const notes = [time?.slice(0, 10)];
  if (predicted !== null) {
    const range = lower === null ? "" : ` (${number(lower, 1)} to ${number(upper, 1)})`;
    notes.push(`predicted ${number(predicted, 1)}${range}`);
  }
  return h(
    "li",
    {},
    h(
      "span",
      { class: "rated-title" },
      movieLink(movie),
      h("span", { class: "note" }, notes.filter(Boolean).join(" · ")),
    ),
    rating === null ? "" : starred(rating, "Rated"),
  );
}
