// Parts that several pages of the explorer have.

import { newestOnly } from "./api.js";
import { genreOfPoster, poster } from "./posters.js";
import { counted, h, number, partsTable, plain, say } from "./widgets.js";

/** Return a heading with a text below. */
export function intro(title, ...texts) {
  return h("div", { class: "intro" }, h("h1", {}, title), ...texts.map((text) => h("p", {}, text)));
}

/** Return a section with a heading. */
export function section(title, attributes, ...children) {
  const id = title.toLowerCase().replace(/[^a-z]+/g, "-");
  return h(
    "section",
    { "aria-labelledby": id, ...attributes },
    h("h2", { id, tabindex: "-1" }, title),
    ...children,
  );
}

/** Return a message in place of content that is missing. */
export const empty = (...children) => h("div", { class: "empty" }, h("p", {}, ...children));

/** Return a link to the page of a movie. */
export const movieLink = (movie, ...children) =>
  h("a", { href: `/movies/${movie.movie_id}` }, ...(children.length ? children : [movie.title]));

/** Return a poster that links to the page of its movie, and what is known of the movie. */
export function posterCard(movie, ...children) {
  // The genre of the poster comes first.
  const genres = [...new Set([genreOfPoster(movie.genres), ...movie.genres])].filter(Boolean);
  const facts = [movie.year, genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ");
  return h(
    "li",
    { class: "card" },
    h(
      "h3",
      { class: "poster-heading" },
      movieLink(movie, poster(movie), h("span", { class: "hidden" }, movie.title)),
    ),
    h("p", { class: "note" }, facts),
    ...children,
  );
}

/** Return a rating with a star, such as "★ 4.4". */
export function starred(rating, label) {
  return h(
    "span",
    { class: "starred" },
    h("span", { class: "star", "aria-hidden": "true" }, "★"),
    h("span", { class: "hidden" }, `${label} `),
    plain(rating),
  );
}

/** Return columns of a small chart: pairs of a label and a number. */
export function columns(
  caption,
  pairs,
  describe = (label, value) => `${label}: ${number(value)}`,
  shorten = (label) => label,
) {
  const most = Math.max(...pairs.map(([, value]) => value), 1);
  return h(
    "figure",
    { class: "columns" },
    h(
      "ol",
      {},
      ...pairs.map(([label, value]) => {
        const bar = h("span", { class: "column" });
        bar.style.setProperty("--share", String(value / most));
        const text = describe(label, value);
        return h(
          "li",
          { title: text },
          h("span", { class: "hidden" }, text),
          h("span", { class: "column-space", "aria-hidden": "true" }, bar),
          h("span", { class: "column-label", "aria-hidden": "true" }, shorten(label)),
        );
      }),
    ),
    h("figcaption", { class: "note" }, caption),
  );
}

/** Open a dialog with a heading; it closes with Escape, its button, or a click beside it. */
export function openDialog(title, ...children) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title" },
    h(
      "div",
      { class: "dialog-body" },
      h(
        "div",
        { class: "bar" },
        h("h2", { id: "dialog-title" }, title),
        h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close"),
      ),
      ...children,
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

/** Return the parts of a score as a table. */
export function scoreTable(parts, score, hasRatings) {
  const noun = hasRatings ? "rating" : "choice";
  const labels = {
    "other ratings": `All other ${noun}s`,
    baseline: `Part without a single ${noun}`,
  };
  const label = (part) =>
    part.kind === "rating"
      ? h("span", {}, h("b", {}, part.title ?? "?"), part.rating === null ? "" : ` ${plain(part.rating)}`)
      : (labels[part.kind] ?? part.kind);
  const rows = parts.map((part) => [label(part), part.part, part.kind !== "rating"]);
  return partsTable(`How much each ${noun} adds to the score`, rows, score);
}

/** Return a field that finds movies by title, and calls `choose` with one of them. */
export function movieSearch({ id, label, placeholder, find, choose }) {
  const found = h("ul", { class: "found", hidden: true });
  const field = h("input", {
    type: "search",
    id,
    placeholder,
    autocomplete: "off",
    spellcheck: "false",
  });
  const show = (movies) => {
    found.replaceChildren(
      ...movies.map((movie) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              onclick: () => {
                field.focus(); // a dialog gives the focus back to it
                found.hidden = true;
                choose(movie);
              },
            },
            movie.title,
            h("span", { class: "note" }, ` ${movie.year ?? ""}`),
          ),
        ),
      ),
    );
    found.hidden = !field.value.trim();
    if (field.value.trim() && !movies.length) found.append(h("li", { class: "note" }, "No title has this text."));
    say(field.value.trim() ? `${counted(movies.length, "title")} found.` : "");
  };
  const search = newestOnly(found, find, show);
  field.addEventListener("input", async () => {
    if (!field.value.trim()) show([]);
    else if ((await search(field.value)) === false) found.hidden = false; // it has the message
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") found.querySelector("button")?.click();
    if (event.key === "ArrowDown") found.querySelector("button")?.focus();
  });
  found.addEventListener("keydown", (event) => {
    const row = event.target.closest("li");
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) {
      event.preventDefault();
      (row[step]?.querySelector("button") ?? field).focus();
    }
    if (event.key === "Escape") {
      found.hidden = true;
      field.focus();
    }
  });
  return h(
    "div",
    { class: "search" },
    h("label", { for: id, class: label.isHidden ? "hidden" : "" }, label.text),
    field,
    found,
  );
}
