// The list of recommendations, its reasons and its filters.

const PAGE_OF_LIST = 10;
const MOST_GENRES = 24;
const REASONS = 2;
const PARTS = 12;

function showList() {
  const user = foldIn(model, app.ratings);
  const { isPersonal } = user;
  const scores = isPersonal ? scoresOf(model, user) : Float64Array.from(model.counts);
  // Without ratings, the scores are the popularity itself.
  filters.enableNovelty(isPersonal);
  const movies = rank(model, scores, filters.values().novelty, matcher());
  $("picks-heading").textContent = isPersonal ? "For you" : "Most popular";
  $("basis").textContent = basis(isPersonal ? user.pulls.length : 0);
  const shown = movies.slice(0, app.length);
  const rows = shown.map((movie) => pick(movie, scores[movie], isPersonal ? user : null));
  replaceRows($("list"), rows, $("picks-heading"));
  $("nothing").hidden = shown.length > 0;
  $("longer").hidden = movies.length <= app.length;
}

/** Say which ratings the list is based on. */
function basis(used) {
  const all = counted(app.ratings.size, word);
  if (used) return `From ${used < app.ratings.size ? `${used} of the ` : ""}${all} that you ${verb}d`;
  if (!app.ratings.size) return `${capital(verb)} a ${word} to get your own list`;
  return `To get your own list, rate a ${word} ${plain(model.scale.relevant)} or higher`;
}

/** Return whether a movie may be listed: not rated yet, and within the filters. */
function matcher() {
  const unlisted = new Set(model.unlisted);
  const { genres, from, to } = filters.values();
  const isInYears = (year) => from === null || (year !== null && from <= year && year <= to);
  return (movie) =>
    !app.ratings.has(movie) &&
    !unlisted.has(movie) &&
    (!genres.size || model.genresOf[movie].some((genre) => genres.has(model.genres[genre]))) &&
    isInYears(model.years[movie]);
}

function pick(movie, score, user) {
  const details = user
    ? h(
        "details",
        { ontoggle: (event) => showParts(event.target, movie, score, user) },
        h("summary", {}, "Why?", h("span", { class: "hidden" }, ` ${model.titles[movie]}`)),
      )
    : "";
  return h(
    "li",
    { class: "pick" },
    poster(described(movie), false),
    h(
      "div",
      { class: "pick-text" },
      h("h3", {}, model.titles[movie]),
      h("p", { class: "note" }, metaOf(described(movie), model.scale)),
      ...(user ? reason(movie, user) : []),
      details,
    ),
    h(
      "div",
      { class: "pick-side" },
      user ? scoreText(score) : "",
      ratingControl(app, movie, model.titles[movie]),
    ),
  );
}

const scoreText = (score) =>
  h("data", { class: "score", value: String(score) }, `score ${number(score, 3)}`);

/** Return a sentence with the liked movies that added most to a score, if any did. */
function reason(movie, user) {
  const isLiked = (rated) => !model.scale || app.ratings.get(rated) >= model.scale.relevant;
  const parts = partsOf(model, user, movie)
    .filter(({ movie: rated, part }) => part > 0 && isLiked(rated))
    .slice(0, REASONS);
  const text = h("p", { class: "reason" }, `because you ${verb}d `);
  parts.forEach(({ movie: rated }, i) => text.append(i ? " and " : "", ...titleAndRating(rated)));
  return parts.length ? [text] : [];
}

/** Fill in how much each rating adds to a score. */
function showParts(details, movie, score, user) {
  if (!details.open || details.querySelector("table")) return;
  const parts = partsOf(model, user, movie);
  const sum = (some) => some.reduce((total, { part }) => total + part, 0);
  const rows = parts
    .slice(0, PARTS)
    .map(({ movie: rated, part }) => [h("span", {}, ...titleAndRating(rated)), part]);
  const others = parts.slice(PARTS);
  if (others.length) rows.push([counted(others.length, `other ${noun}`), sum(others), true]);
  const baseline = score - sum(parts);
  if (Math.abs(baseline) > 1e-9) rows.push(["Mean rating and biases", baseline, true]);
  details.append(partsTable(`How much each ${noun} adds to the score`, rows, score));
}

/** Controls of the filters, as `fillFilters` returns them. */
let filters;

function setUpFilters() {
  const common = model.genres
    .map((name, genre) => [name, genre, model.genresOf.filter((g) => g.includes(genre)).length])
    .sort((a, b) => b[2] - a[2])
    .slice(0, MOST_GENRES)
    .sort((a, b) => a[1] - b[1]);
  const knownYears = model.years.filter((year) => year !== null);
  filters = fillFilters($("tools"), {
    genres: common.map(([name]) => name),
    years: [
      knownYears.reduce((a, b) => Math.min(a, b), Infinity),
      knownYears.reduce((a, b) => Math.max(a, b), -Infinity),
    ],
    onChange: () => {
      app.length = PAGE_OF_LIST;
      showList();
    },
  });
  $("reset").addEventListener("click", () => {
    filters.reset();
    $("picks-heading").focus();
  });
  $("longer").addEventListener("click", () => {
    const before = app.length;
    app.length += PAGE_OF_LIST;
    showList();
    $("list").children[before]?.querySelector("input, button")?.focus();
  });
}
