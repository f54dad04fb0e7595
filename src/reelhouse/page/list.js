// The list of recommendations, its reasons and its filters.

const PAGE_OF_LIST = 10;
const MOST_GENRES = 24;
const REASONS = 2;
const PARTS = 12;

function showList() {
  const user = foldIn(model, app.ratings);
  const isPersonal = user.pulls.length > 0;
  const scores = isPersonal ? scoresOf(model, user) : Float64Array.from(model.counts);
  // Without ratings, the scores are the popularity itself.
  $("novelty").disabled = !isPersonal;
  const novelty = isPersonal ? Number($("novelty").value) / 100 : 0;
  const movies = rank(model, scores, novelty, matcher());
  $("picks-heading").textContent = isPersonal ? "For you" : "Most popular";
  $("basis").textContent = basis(user.pulls.length);
  const shown = movies.slice(0, app.length);
  replaceList(shown.map((movie) => pick(movie, scores[movie], isPersonal ? user : null)));
  $("nothing").hidden = shown.length > 0;
  $("longer").hidden = movies.length <= app.length;
}

/** Show other rows; the focus stays on its title, or at its place if the title has left. */
function replaceList(rows) {
  const place = [...$("list").children].findIndex((row) => row.contains(document.activeElement));
  const movie = document.activeElement?.closest(".pick")?.querySelector("[data-movie]")
    .dataset.movie;
  $("list").replaceChildren(...rows);
  if (place < 0) return;
  const row = $("list").querySelector(`[data-movie="${movie}"]`) ?? rows[place];
  (row?.querySelector("input, button") ?? $("picks-heading")).focus();
}

/** Say which ratings the list is based on. */
function basis(used) {
  const all = counted(app.ratings.size, word);
  if (used) return `From ${used < app.ratings.size ? `${used} of the ` : ""}${all} that you ${verb}d`;
  if (!app.ratings.size) return `${capital(verb)} a ${word} to get your own list`;
  return `This list needs a rating of ${plain(model.scale.relevant)} or more`;
}

/** Return whether a movie may be listed: not rated yet, and within the filters. */
function matcher() {
  const unlisted = new Set(model.unlisted);
  const genres = new Set(
    [...$("genres").querySelectorAll(":checked")].map((box) => Number(box.value)),
  );
  const [from, to] = [Number($("from").value), Number($("to").value)];
  const isAnyYear = from <= Number($("from").min) && to >= Number($("to").max);
  const isInYears = (year) => isAnyYear || (year !== null && from <= year && year <= to);
  return (movie) =>
    !app.ratings.has(movie) &&
    !unlisted.has(movie) &&
    (!genres.size || model.genresOf[movie].some((genre) => genres.has(genre))) &&
    ($("years").hidden || isInYears(model.years[movie]));
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
    poster(model, movie, false),
    h(
      "div",
      { class: "pick-text" },
      h("h3", {}, model.titles[movie]),
      h("p", { class: "note" }, metaOf(model, movie)),
      ...(user ? reason(movie, user) : []),
      details,
    ),
    h("div", { class: "pick-side" }, user ? scoreText(score) : "", ratingControl(app, movie)),
  );
}

const scoreText = (score) =>
  h("data", { class: "score", value: String(score) }, `score ${number(score, 3)}`);

/** Return a sentence with the ratings that added most to a score, if any did. */
function reason(movie, user) {
  const parts = partsOf(model, user, movie)
    .filter(({ part }) => part > 0)
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
  if (others.length) rows.push([counted(others.length, `other ${noun}`), sum(others)]);
  const baseline = score - sum(parts);
  if (Math.abs(baseline) > 1e-9) rows.push(["Mean rating and biases", baseline]);
  const longest = Math.max(...rows.map(([, part]) => Math.abs(part))) || 1;
  const signed = (value) => (value < 0 ? "−" : "+") + number(Math.abs(value), 3);
  details.append(
    h(
      "table",
      { class: "bars" },
      h("caption", {}, `How much each ${noun} adds to the score`),
      h("tbody", {}, ...rows.map(([label, part]) => barRow(label, part / longest, signed(part)))),
      h(
        "tfoot",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "row" }, "Score"),
          h("td"),
          h("td", { class: "value" }, number(score, 3)),
        ),
      ),
    ),
  );
}

function setUpFilters() {
  const common = model.genres
    .map((name, genre) => [name, genre, model.genresOf.filter((g) => g.includes(genre)).length])
    .sort((a, b) => b[2] - a[2])
    .slice(0, MOST_GENRES)
    .sort((a, b) => a[1] - b[1]);
  $("genres").hidden = common.length < 2;
  for (const [name, genre] of common) {
    const box = h("input", { type: "checkbox", value: String(genre) });
    $("genres").append(h("label", { class: "chip" }, box, name));
  }
  const knownYears = model.years.filter((year) => year !== null);
  $("years").hidden = new Set(knownYears).size < 2;
  const first = knownYears.reduce((a, b) => Math.min(a, b), Infinity);
  const last = knownYears.reduce((a, b) => Math.max(a, b), -Infinity);
  for (const [id, value] of [
    ["from", first],
    ["to", last],
  ]) {
    Object.assign($(id), { min: first, max: last, value });
    $(id).defaultValue = value;
  }
  $("first").textContent = String(first);
  $("last").textContent = String(last);
  $("tools").addEventListener("input", filter);
  $("tools").addEventListener("submit", (event) => event.preventDefault());
  $("reset").addEventListener("click", () => {
    $("tools").reset();
    filter();
    $("picks-heading").focus();
  });
  $("longer").addEventListener("click", () => {
    const before = app.length;
    app.length += PAGE_OF_LIST;
    showList();
    $("list").children[before]?.querySelector("input, button")?.focus();
  });
  filter();
}

function filter(event) {
  const [from, to] = [$("from"), $("to")];
  if (Number(from.value) > Number(to.value)) {
    // The thumb that moves pushes the other one.
    if (event?.target === from) to.value = from.value;
    else from.value = to.value;
  }
  const share = (input) => (input.value - input.min) / (input.max - input.min || 1);
  $("years").style.setProperty("--from", String(share(from)));
  $("years").style.setProperty("--to", String(share(to)));
  $("span").textContent = `${from.value} to ${to.value}`;
  const novelty = Number($("novelty").value);
  const texts = { "-1": "more popular", 0: "ordered by score", 1: "less well known" };
  $("novelty").setAttribute("aria-valuetext", texts[Math.sign(novelty)]);
  app.length = PAGE_OF_LIST;
  showList();
}
