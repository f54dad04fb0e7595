// Small parts of every page. All texts of the data become text nodes, and never HTML.

export const $ = (id) => document.getElementById(id);

/** Return an element with attributes, listeners (names that start with "on") and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Return the parts of a text, with those between backticks as code. */
export function withCode(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));
}

/** Return the parts of a name such as `als_factors`, which may break after an underscore. */
export const breakable = (name) =>
  name.split(/(?<=_)/).flatMap((part, i) => (i ? [h("wbr"), part] : [part]));

/** Let a screen reader say a text. */
export function say(text) {
  $("status").textContent = text;
}

export const number = (value, digits = 0) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
export const plain = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
export const capital = (text) => text[0].toUpperCase() + text.slice(1);
export const counted = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

/** Return "Alien", or "Alien and Heat", or "Alien, Heat and Speed". */
export function listed(texts) {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}

let groups = 0;

/** Return radio buttons that look like stars; a click on the chosen one takes the rating back. */
function starGroup({ scale, ratings, rate }, movie, title) {
  const { choices } = scale;
  const name = `stars-${groups++}`;
  const buttons = choices.map((value) =>
    h(
      "label",
      {},
      h("input", {
        type: "radio",
        name,
        value: String(value),
        onclick: () => ratings.get(movie) === value && rate(movie, undefined),
        onchange: () => rate(movie, value),
      }),
      h("span", { class: "hidden" }, `${plain(value)} of ${plain(scale.max)}`),
    ),
  );
  return h(
    "fieldset",
    { class: choices.length === 10 ? "stars halves" : "stars", "data-movie": String(movie) },
    h("legend", { class: "hidden" }, `Your rating of ${title}`),
    ...buttons,
  );
}

/** Return a button that likes a title, for data with events instead of ratings. */
function likeButton({ ratings, rate }, movie, title) {
  return h(
    "button",
    {
      type: "button",
      class: "like",
      "data-movie": String(movie),
      "aria-pressed": "false",
      onclick: () => rate(movie, ratings.has(movie) ? undefined : 1),
    },
    "Like",
    h("span", { class: "hidden" }, ` ${title}`),
  );
}

/**
 * Return the control with which a person rates or likes a title, showing the current rating.
 *
 * `rater` has the `scale` (null for data with events), the map `ratings` of movies to ratings, and
 * `rate(movie, rating)`, which the control calls; a rating that is undefined is taken back.
 */
export function ratingControl(rater, movie, title) {
  const control = rater.scale ? starGroup(rater, movie, title) : likeButton(rater, movie, title);
  showRating(control, rater.ratings.get(movie));
  return control;
}

/** Make a control show a rating. */
export function showRating(control, rating) {
  if (control.matches("button")) {
    control.setAttribute("aria-pressed", String(rating !== undefined));
    return;
  }
  const buttons = [...control.querySelectorAll("input")];
  // A rating from a file may lie between two choices: the nearest one is shown.
  const distances = buttons.map((button) => Math.abs(Number(button.value) - rating));
  const nearest = distances.indexOf(Math.min(...distances));
  buttons.forEach((button, i) => (button.checked = rating !== undefined && i === nearest));
}

const rowOf = (list, element) => [...list.children].find((row) => row.contains(element));
const movieOf = (row) => row?.querySelector("[data-movie]")?.dataset.movie;

/**
 * Show other rows of movies in a list, and keep a focus that is in the list.
 *
 * The focus stays on its movie, or at its place if the movie has left. If the list is empty,
 * `fallback` has the focus.
 */
export function replaceRows(list, rows, fallback) {
  const focused = document.activeElement;
  const row = rowOf(list, focused);
  const place = [...list.children].indexOf(row);
  const movie = movieOf(row);
  list.replaceChildren(...rows);
  if (!row) return;
  const next = rows.find((other) => movieOf(other) === movie) ?? rows[place] ?? rows.at(-1);
  const isStar = focused.matches("[data-movie] input");
  const control = isStar ? ":checked" : [focused.localName, ...focused.classList].join(".");
  const found = next?.querySelector(control) ?? next?.querySelector("[data-movie] input, .like");
  (found ?? fallback).focus();
}

/**
 * Return a function that calls `update` after a rating, which may remove a row of the list.
 *
 * Arrow keys pass other stars on their way to the wanted one, so the update waits until the focus
 * has left the row.
 */
export function updateOnceLeft(list, update) {
  let waiting; // the movie of the row
  const focused = () => document.activeElement;
  const updateIfLeft = () => {
    if (waiting === undefined || movieOf(rowOf(list, focused())) === waiting) return;
    waiting = undefined;
    update();
  };
  // A row that is replaced loses the focus too, but has it back at once.
  list.addEventListener("focusout", () => setTimeout(updateIfLeft));
  return () => {
    const isByKeyboard = focused().matches("[data-movie] :focus-visible");
    waiting = isByKeyboard ? movieOf(rowOf(list, focused())) : undefined;
    if (waiting === undefined) update();
  };
}

/** Return the year, genres and mean rating of a movie in one line. */
export function metaOf({ year, genres, mean, count }, hasRatings) {
  const rated = hasRatings
    ? `mean ${number(mean, 1)} of ${counted(count, "rating")}`
    : counted(count, "user");
  return [year, genres.join(", "), count ? rated : ""].filter(Boolean).join(" · ");
}

/** Return a row with a bar whose length is a share from -1 to 1; without a share, no bar. */
export function barRow(label, share, text, isMarked = false) {
  const bar = h("span", { class: "length", hidden: share === null });
  bar.style.setProperty("--share", String(Math.abs(share)));
  bar.classList.toggle("below", share < 0);
  return h(
    "tr",
    { class: isMarked ? "marked" : "" },
    h("th", { scope: "row" }, label),
    h("td", { class: "track" }, bar),
    h("td", { class: "value" }, text),
  );
}

/**
 * Return a table of the parts of a score, and their sum.
 *
 * A row is a label, a part, and whether the part is a sum of several, which has no bar.
 */
export function partsTable(caption, rows, score) {
  const single = rows.filter(([, , isSum]) => !isSum);
  const longest = Math.max(...single.map(([, part]) => Math.abs(part)), 0) || 1;
  const signed = (value) => (value < 0 ? "−" : "+") + number(Math.abs(value), 3);
  const shareOf = (part, isSum) => (isSum ? null : part / longest);
  return h(
    "table",
    { class: "bars" },
    h("caption", {}, caption),
    h("tbody", {}, ...rows.map(([label, part, isSum]) => barRow(label, shareOf(part, isSum), signed(part)))),
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
  );
}

/** Set up the button that changes between light and dark colours. */
export function setUpTheme(button) {
  const show = (isDark) => {
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(isDark));
  };
  show(matchMedia("(prefers-color-scheme: dark)").matches);
  button.addEventListener("click", () => {
    show(button.getAttribute("aria-pressed") !== "true");
  });
}
