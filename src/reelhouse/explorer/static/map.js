// The map of the catalogue, on which movies that the same people like are near each other.

import { ask } from "./api.js";
import { empty, section } from "./parts.js";
import { hueOf, svg } from "./posters.js";
import { h, withCode } from "./widgets.js";

const [WIDTH, HEIGHT, MARGIN] = [1200, 640, 40];
const MOST_LABELS = 40;

/** Return a section that is filled once the places are known, and a function that marks movies. */
export function mapSection(about) {
  const box = h("div", {
    class: "panel map",
    tabindex: "0",
    role: "region",
    "aria-label": "Map",
    "aria-busy": "true",
  });
  const dots = new Map();
  let marked = [];
  const mark = (movies) => {
    marked = movies;
    const ids = new Set(movies.map((movie) => movie.movie_id));
    box.firstChild?.classList?.toggle("is-marking", ids.size > 0);
    for (const [id, dot] of dots) dot.classList.toggle("is-marked", ids.has(id));
  };
  ask("/api/catalogue/map")
    .then((places) => {
      box.replaceChildren(drawn(places, dots));
      mark(marked);
    })
    .catch((error) => box.replaceChildren(empty(...withCode(error.message))))
    .finally(() => box.setAttribute("aria-busy", "false"));
  const element = section(
    "Map",
    {},
    h(
      "p",
      { class: "note" },
      `The most rated ${about.item}s; those that mostly the same people like are near each other. ` +
        "The colour is that of the genre, and larger dots have more ratings. The search and the genres above mark them.",
    ),
    box,
  );
  return { element, mark };
}

/** Return the map. It has no place in the order of the keyboard, since the cards have the links. */
function drawn(places, dots) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  const most = Math.max(...places.map(({ movie }) => movie.count), 1);
  const labels = [];
  for (const { movie, x, y } of places) {
    const [cx, cy] = [MARGIN + x * (WIDTH - 2 * MARGIN), MARGIN + y * (HEIGHT - 2 * MARGIN)];
    const radius = 3 + 9 * Math.sqrt(movie.count / most);
    const dot = svg("circle", { cx, cy, r: radius });
    dot.style.setProperty("--hue", String(hueOf(movie)));
    const name = svg("title", {});
    name.textContent = movie.title;
    const link = svg("a", { href: `/movies/${movie.movie_id}`, tabindex: "-1" });
    link.append(name, dot);
    dots.set(movie.movie_id, link);
    drawing.append(link);
    placeLabel(labels, movie.title, cx, cy - radius - 4);
  }
  for (const { title, x, y } of labels) {
    const text = svg("text", { x, y });
    text.textContent = title;
    drawing.append(text);
  }
  return drawing;
}

/** Add a label unless it would cover another one; the most rated movies come first. */
function placeLabel(labels, title, x, y) {
  const half = title.length * 3.4;
  const isFree = labels.every(
    (other) => Math.abs(other.x - x) > half + other.half || Math.abs(other.y - y) > 16,
  );
  const isInside = x - half > 0 && x + half < WIDTH;
  if (isFree && isInside && labels.length < MOST_LABELS) labels.push({ title, x, y, half });
}
