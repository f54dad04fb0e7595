// Small parts of the page. All texts of the data become text nodes, and never HTML.

const $ = (id) => document.getElementById(id);

/** Return an element with attributes, listeners (names that start with "on") and children. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const number = (value, digits = 0) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const plain = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const counted = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

/** Return "Alien", or "Alien and Heat", or "Alien, Heat and Speed". */
function listed(texts) {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}

let groups = 0;

/** Return radio buttons that look like stars; a click on the chosen one takes the rating back. */
function starGroup(app, movie) {
  const { choices } = app.model.scale;
  const name = `stars-${groups++}`;
  const buttons = choices.map((value) =>
    h(
      "label",
      {},
      h("input", {
        type: "radio",
        name,
        value: String(value),
        onclick: () => app.ratings.get(movie) === value && app.rate(movie, undefined),
        onchange: () => app.rate(movie, value),
      }),
      h("span", { class: "hidden" }, `${plain(value)} of ${plain(app.model.scale.max)}`),
    ),
  );
  return h(
    "fieldset",
    { class: choices.length === 10 ? "stars halves" : "stars", "data-movie": String(movie) },
    h("legend", { class: "hidden" }, `Your rating of ${app.model.titles[movie]}`),
    ...buttons,
  );
}

/** Return a button that likes a title, for data with events instead of ratings. */
function likeButton(app, movie) {
  return h(
    "button",
    {
      type: "button",
      class: "like",
      "data-movie": String(movie),
      "aria-pressed": "false",
      onclick: () => app.rate(movie, app.ratings.has(movie) ? undefined : 1),
    },
    "Like",
    h("span", { class: "hidden" }, ` ${app.model.titles[movie]}`),
  );
}

/** Return the control with which a person rates or likes a title, showing the current rating. */
function ratingControl(app, movie) {
  const control = app.model.scale ? starGroup(app, movie) : likeButton(app, movie);
  showRating(control, app.ratings.get(movie));
  return control;
}

/** Make a control show a rating. */
function showRating(control, rating) {
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

/** Return the year, genres and mean rating of a title in one line. */
function metaOf(model, movie) {
  const rated = model.scale
    ? `mean ${number(model.means[movie], 1)} of ${counted(model.counts[movie], "rating")}`
    : counted(model.counts[movie], "user");
  const genres = model.genresOf[movie].map((genre) => model.genres[genre]).join(", ");
  return [model.years[movie], genres, rated].filter(Boolean).join(" · ");
}

/** Return a row with a bar whose length is a share from -1 to 1. */
function barRow(label, share, text, isMarked = false) {
  const bar = h("span", { class: "length" });
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
