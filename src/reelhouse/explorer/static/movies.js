// Movies: search and filters, and the page of a movie.

import { ask, newestOnly, withParameters } from "./api.js";
import { fillFilters } from "./filters.js";
import { keep, kept } from "./history.js";
import { columns, empty, intro, posterCard, section, starred } from "./parts.js";
import { mapSection } from "./map.js";
import { poster } from "./posters.js";
import { rater } from "./ratings.js";
import { capital, counted, h, number, plain, ratingControl, say } from "./widgets.js";

const MOST_COLUMNS = 60;
const MOST_CARDS = 21;
const MOST_MARKED = 200;

export async function showMovies(about) {
  const cards = h("ul", { class: "cards wide-cards" });
  const nothing = empty(`No ${about.item} fits.`);
  const form = h("form", { class: "tools", "aria-label": "Filters" });
  const field = h("input", {
    type: "search",
    id: "search",
    placeholder: `Search ${number(about.movies)} titles`,
    autocomplete: "off",
    spellcheck: "false",
    value: kept("search", ""),
    oninput: () => {
      keep("search", field.value);
      find();
    },
  });
  const find = newestOnly(
    cards,
    () => {
      const { genres, from, to } = filters.values();
      return ask(
        withParameters("/api/catalogue", {
          search: field.value,
          limit: MOST_MARKED,
          genre: genres,
          first_year: from,
          last_year: to,
        }),
      );
    },
    (movies) => {
      cards.replaceChildren(...movies.slice(0, MOST_CARDS).map((movie) => posterCard(movie, meanOf(about, movie))));
      nothing.hidden = movies.length > 0;
      map.mark(isFiltered() ? movies : []);
      if (field.value) say(`${counted(movies.length, "title")} found.`);
    },
  );
  const isFiltered = () => field.value.trim() !== "" || filters.values().genres.size > 0;
  const filters = fillFilters(form, {
    genres: about.genres,
    years: [about.first_year, about.last_year],
    chosen: kept("filters"),
    hasNovelty: false,
    onChange: () => {
      keep("filters", filters.values());
      find();
    },
  });
  const map = mapSection(about);
  await find();
  return {
    title: `${capital(about.item)}s`,
    parts: [
      intro(`${capital(about.item)}s`, `${counted(about.movies, about.item)}: search, filter, or look for neighbours on the map.`),
      h("div", { class: "find" }, h("label", { class: "hidden", for: "search" }, "Search a title"), field),
      form,
      cards,
      nothing,
      map.element,
    ],
  };
}

const meanOf = (about, movie) =>
  h(
    "p",
    { class: "pick-line note" },
    about.scale && movie.mean !== null ? starred(movie.mean.toFixed(1), "Mean rating") : "",
    counted(movie.count, about.scale ? "rating" : "user"),
  );

export async function showMovie(about, id) {
  const page = await ask(`/api/catalogue/${id}`);
  const { movie } = page;
  return {
    title: movie.title,
    name: "movie-page",
    parts: [head(about, page), charts(about, page), similarSection(about, page)],
  };
}

function head(about, { movie, full_title: fullTitle, tags, place, ...links }) {
  const noun = about.scale ? "rating" : "user";
  const facts = movie.count
    ? [`${counted(movie.count, noun)}, place ${number(place)} of ${number(about.movies)} by popularity`]
    : ["Nobody has rated it."];
  const addresses = [
    links.imdb_id && ["IMDb", `https://www.imdb.com/title/${links.imdb_id}/`],
    links.tmdb_id && ["TMDB", `https://www.themoviedb.org/movie/${links.tmdb_id}`],
  ].filter(Boolean);
  return h(
    "div",
    { class: "movie-head" },
    poster(movie),
    h(
      "div",
      { class: "movie-text" },
      h("h1", {}, movie.title),
      h("p", { class: "lead" }, [movie.year, movie.genres.join(", ")].filter(Boolean).join(" · ")),
      about.scale && movie.mean !== null
        ? h("p", { class: "figure" }, starred(movie.mean.toFixed(2), "Mean rating"))
        : "",
      h("p", {}, ...facts),
      fullTitle.startsWith(movie.title) ? "" : h("p", { class: "note" }, `In the data: ${fullTitle}`),
      tags.length
        ? h("ul", { class: "tags", "aria-label": "Tags" }, ...tags.map((tag) => h("li", { class: "tag" }, tag)))
        : "",
      addresses.length
        ? h(
            "p",
            { class: "links" },
            ...addresses.map(([name, href]) =>
              h("a", { class: "button", href, target: "_blank", rel: "noreferrer" }, name),
            ),
          )
        : "",
      movie.count
        ? h(
            "div",
            { class: "your-rating" },
            h("span", {}, about.scale ? "Your rating" : "Do you like it?"),
            ratingControl(rater(about, movie), movie.movie_id, movie.title),
            h("a", { href: "/you" }, "Your list"),
          )
        : "",
    ),
  );
}

function charts(about, { distribution, months }) {
  const noun = about.scale ? "rating" : "user";
  const figures = [];
  if (distribution.length) {
    figures.push(
      section(
        "Ratings",
        { class: "panel" },
        columns(
          "Number of each rating",
          distribution.map(([rating, n]) => [plain(rating), n]),
          (label, value) => `${label}: ${counted(value, noun)}`,
        ),
      ),
    );
  }
  if (months.some(([, n]) => n)) {
    figures.push(
      section("Popularity over time", { class: "panel" }, timeColumns(months, noun)),
    );
  }
  return h("div", { class: "panels" }, ...figures);
}

/** Return a month such as 1997-09 as 9; the first month and every January have the year too. */
function shortMonth(label, isFirst) {
  const [year, month] = label.split("-");
  return isFirst || month === "01" ? `${Number(month)}/${year.slice(2)}` : String(Number(month));
}

/** Return columns by month, or by year if there are many months. */
function timeColumns(months, noun) {
  let [pairs, unit] = [months, "month"];
  if (months.length > MOST_COLUMNS) {
    const years = new Map();
    for (const [month, n] of months) {
      years.set(month.slice(0, 4), (years.get(month.slice(0, 4)) ?? 0) + n);
    }
    [pairs, unit] = [[...years], "year"];
  }
  return columns(
    `Number of ${noun}s by ${unit}, over the whole time of the data`,
    pairs,
    (label, value) => `${label}: ${counted(value, noun)}`,
    (label) => (unit === "month" ? shortMonth(label, label === pairs[0][0]) : label),
  );
}

function similarSection(about, { similar }) {
  const title = `Similar ${about.item}s`;
  if (!similar.length) {
    return section(title, {}, empty(`No rating of it is in the fit of similar_movies, so it has no similar ${about.item}s.`));
  }
  return section(
    title,
    {},
    h("p", { class: "note" }, "Mostly the same people like them. The similarity is at most 1."),
    h(
      "ol",
      { class: "cards wide-cards" },
      ...similar.map(({ movie, similarity }) =>
        posterCard(movie, h("p", { class: "note" }, `similarity ${number(similarity, 2)}`)),
      ),
    ),
  );
}
