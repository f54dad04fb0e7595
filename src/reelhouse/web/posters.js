// Posters: a shape and colours for the genre of a title, varied by a hash of the title.

import { h } from "./widgets.js";

// Hue and shapes of each genre of MovieLens. A title has the first of its genres in this order.
const POSTERS = new Map([
  ["Film-Noir", [265, blinds, eye]],
  ["Western", [45, sun, peaks]],
  ["Animation", [195, dots, waves]],
  ["Sci-Fi", [235, planet, rings, moon, stars]],
  ["Horror", [12, eye, rays]],
  ["Musical", [340, waves, dots]],
  ["War", [125, chevrons, stripes]],
  ["Fantasy", [295, moon, waves]],
  ["Documentary", [170, grid, rings]],
  ["Mystery", [280, rings, eye]],
  ["Crime", [255, blinds, grid]],
  ["Adventure", [60, peaks, sun]],
  ["Children's", [95, dots, sun]],
  ["Children", [95, dots, sun]],
  ["Romance", [2, circles, waves]],
  ["Thriller", [265, rays, blinds]],
  ["Action", [25, stripes, chevrons]],
  ["Comedy", [65, sun, dots]],
  ["IMAX", [215, rings, planet]],
  ["Drama", [320, circles, peaks]],
]);
const SHAPES = [...new Set([...POSTERS.values()].flatMap(([, ...shapes]) => shapes))];

/** Return a poster. Its title is hidden from screen readers: the text beside it has the title. */
export function poster({ title, genres }, isTitled = true) {
  const random = randomNumbers(hashOf(title));
  const genre = genreOfPoster(genres);
  const [base, ...shapes] = POSTERS.get(genre) ?? [hashOf(genre ?? title) % 360, ...SHAPES];
  const shape = shapes[hashOf(title) % shapes.length];
  const hue = base + Math.round(random() * 60 - 30);
  const colours = {
    back: `oklch(0.5 0.12 ${hue})`,
    light: `oklch(0.82 0.13 ${hue + 30})`,
    middle: `oklch(0.65 0.15 ${hue - 15})`,
    dark: `oklch(0.3 0.07 ${hue})`,
  };
  const drawing = svg("svg", { viewBox: "0 0 200 300", preserveAspectRatio: "xMidYMid slice" });
  drawing.append(svg("rect", { width: 200, height: 300, fill: colours.back }));
  drawing.append(...shape(random, colours));
  const element = h("div", { class: "poster", "aria-hidden": "true" }, drawing);
  if (isTitled) {
    const text = title.replace(/\s*\([^()]*\)/g, "") || title;
    const name = h("span", { class: "poster-title" }, text);
    // The longest word has room in a line.
    const longest = Math.max(...text.split(/\s+/).map((word) => word.length));
    name.style.setProperty("--size", `${Math.max(7, Math.min(11, 120 / longest))}cqi`);
    element.append(h("span", { class: "poster-text" }, genre ?? "", name));
    element.style.setProperty("--shade", colours.dark);
  }
  return element;
}

export const genreOfPoster = (genres) =>
  [...POSTERS.keys()].find((name) => genres.includes(name)) ?? genres[0];

/** Return the hue of the genre that a poster has, in degrees. */
export function hueOf({ title, genres }) {
  const genre = genreOfPoster(genres);
  return POSTERS.get(genre)?.[0] ?? hashOf(genre ?? title) % 360;
}

/** Return the 32-bit FNV-1a hash of a text. */
function hashOf(text) {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  return hash >>> 0;
}

/** Return a generator of numbers from 0 to 1 (mulberry32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const circle = (cx, cy, r, fill, more = {}) => svg("circle", { cx, cy, r, fill, ...more });
const path = (d, fill, more = {}) => svg("path", { d, fill, ...more });
const times = (n, draw) => Array.from({ length: n }, (_, i) => draw(i));

function stripes(random, { light, middle, dark }) {
  const x = random() * 80;
  return [
    path(`M${x} 0h60l-140 300h-60z`, middle),
    path(`M${x + 80} 0h28l-140 300h-28z`, light),
    path(`M${x + 130} 0h70l-140 300h-70z`, dark),
  ];
}

function peaks(random, { light, middle, dark }) {
  const x = 60 + random() * 80;
  return [
    circle(200 - x, 70, 26, light),
    path(`M${x - 130} 230 ${x} 80l130 150z`, middle),
    path(`M-40 260 ${x - 60} 130 ${x + 60} 260z M${x - 20} 260l90-100 110 100z`, dark),
  ];
}

function dots(random, { light, middle }) {
  const turn = random() * 6;
  return times(24, (i) => {
    const [column, row] = [i % 4, Math.floor(i / 4)];
    const r = 9 + 11 * Math.abs(Math.sin(i * 0.9 + turn));
    return circle(28 + column * 48, 30 + row * 46, r, (column + row) % 2 ? light : middle);
  });
}

function sun(random, { light, middle, dark }) {
  const y = 110 + random() * 50;
  return [
    circle(100, y, 62, light),
    ...times(4, (i) =>
      svg("rect", {
        y: y + 6 + i * 16,
        width: 200,
        height: 3 + i * 3,
        fill: [middle, dark][i % 2],
      }),
    ),
  ];
}

function blinds(random, { light, dark }) {
  return [
    circle(60 + random() * 80, 90 + random() * 40, 48, light),
    ...times(9, (i) => svg("rect", { y: i * 26, width: 200, height: 13, fill: dark })),
  ];
}

function grid(random, { light, middle, dark }) {
  const marked = Math.floor(random() * 12);
  return times(12, (i) =>
    svg("rect", {
      x: 22 + (i % 3) * 54,
      y: 22 + Math.floor(i / 3) * 50,
      width: 46,
      height: 42,
      fill: i === marked ? light : (i * 7 + marked) % 3 ? middle : dark,
    }),
  );
}

function circles(random, { light, middle }) {
  const y = 90 + random() * 30;
  return [
    circle(74, y, 54, middle),
    circle(126, y + random() * 40 - 20, 54, light, { "fill-opacity": 0.8 }),
  ];
}

function stars(random, { light, middle }) {
  const [x, y] = [30 + random() * 140, 60 + random() * 80];
  return times(26, (i) => {
    const [angle, far] = [random() * 6.3, 20 + i * 7];
    const end = `${x + far * Math.cos(angle)} ${y + far * Math.sin(angle)}`;
    const line = { stroke: i % 3 ? middle : light, "stroke-width": 1 + i / 6 };
    const start = `${x + (far * Math.cos(angle)) / 2} ${y + (far * Math.sin(angle)) / 2}`;
    return path(`M${start}L${end}`, "none", { ...line, "stroke-linecap": "round" });
  });
}

function moon(random, { back, light, middle }) {
  const x = 70 + random() * 50;
  const sky = times(14, () => circle(random() * 200, random() * 220, 1 + random() * 3, middle));
  return [...sky, circle(x, 105, 58, light), circle(x + 26, 92, 50, back)];
}

function eye(random, { light, middle, dark }) {
  const y = 100 + random() * 30;
  return [
    path(`M-10 ${y}q110-130 220 0q-110 130-220 0z`, middle),
    circle(100, y, 42, light),
    svg("ellipse", { cx: 100, cy: y, rx: 9, ry: 38, fill: dark }),
  ];
}

function rings(random, { light, middle, dark }) {
  const [x, y] = [60 + random() * 80, 80 + random() * 60];
  return times(6, (i) => circle(x, y, 130 - i * 23, [dark, middle, dark, middle, dark, light][i]));
}

function waves(random, { light, middle, dark }) {
  const shift = random() * 60;
  return times(5, (i) => {
    const y = 50 + i * 40;
    const wave = `M${-60 - shift} ${y}q30-40 60 0t60 0t60 0t60 0t60 0t60 0V320H-120z`;
    return path(wave, [middle, light, dark, middle, dark][i]);
  });
}

function planet(random, { light, middle, dark }) {
  const turn = -30 + random() * 30;
  const place = { transform: `rotate(${turn} 100 110)` };
  const ring = { cx: 100, cy: 110, rx: 92, ry: 22, fill: "none", stroke: light, "stroke-width": 6 };
  return [
    ...times(10, () => circle(random() * 200, random() * 240, 1 + random() * 2, light)),
    svg("ellipse", { ...ring, ...place }),
    circle(100, 110, 54, middle),
    path("M46 110a54 54 0 0 0 108 0z", dark, place),
    path("M8 110q92 44 184 0", "none", { stroke: light, "stroke-width": 6, ...place }),
  ];
}

function rays(random, { light, middle, dark }) {
  const [x, y] = [40 + random() * 120, 60 + random() * 70];
  const end = (angle) => `${x + 400 * Math.cos(angle)} ${y + 400 * Math.sin(angle)}`;
  const wedges = times(9, (i) => {
    const angle = (i * 2 * Math.PI) / 9;
    return path(`M${x} ${y}L${end(angle)} ${end(angle + 0.35)}z`, i % 2 ? dark : middle);
  });
  return [...wedges, circle(x, y, 22, light)];
}

function chevrons(random, { light, middle, dark }) {
  const y = random() * 30;
  const colours = [middle, dark, light, dark, middle];
  return times(5, (i) => path(`M0 ${y + i * 52}l100 60 100-60v26l-100 60-100-60z`, colours[i]));
}
