// Ratings in files that Letterboxd, IMDb, MovieLens or this page wrote.

const SCALE_OF_PAGE = "reelhouse rating";
/** With events, an imported rating from this share of its scale up is a like. */
const LIKED_SHARE = 0.7;

/** Return {ratings, unknown}: a map of movies to ratings, and titles that the model lacks. */
async function readRatingsFile(file, model) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b; // PK
  const text = new TextDecoder().decode(isZip ? await unzip(bytes, "ratings.csv") : bytes);
  const rows = readCsv(text);
  const { title, original, year, rating, top } = findColumns(rows, model);
  const titles = indexTitles(model);
  const ratings = new Map();
  const unknown = [];
  for (const row of rows.slice(1)) {
    const number = Number.parseFloat(row[rating]);
    if (!Number.isFinite(number) || (number <= 0 && top)) continue;
    const names = [row[title], row[original]].filter(Boolean);
    const movie = findMovie(model, titles, names, Number.parseInt(row[year], 10) || null);
    if (movie === undefined) unknown.push(names[0] ?? "");
    else ratings.set(movie, ratingOnScale(model.scale, number, top));
  }
  return { ratings: new Map([...ratings].filter(([, value]) => value !== null)), unknown };
}

/** Return the positions of the columns, and the highest rating of the file (0: our own scale). */
function findColumns(rows, model) {
  const names = (rows[0] ?? []).map((name) => name.trim().toLowerCase());
  const first = (...wanted) => wanted.map((name) => names.indexOf(name)).find((i) => i >= 0) ?? -1;
  const title = first("title", "name", "movie");
  const rating = first(SCALE_OF_PAGE, "your rating", "rating");
  if (title < 0 || rating < 0) {
    throw new Error(
      "This file has no columns of titles and ratings. Choose the zip or the ratings.csv of " +
        "Letterboxd, or the CSV file that IMDb or movielens.org exports.",
    );
  }
  const values = rows.slice(1).map((row) => Number.parseFloat(row[rating]) || 0);
  const isOutOfTen = names.includes("your rating") || values.some((value) => value > 5);
  const top = names[rating] === SCALE_OF_PAGE ? 0 : isOutOfTen ? 10 : 5;
  return { title, original: first("original title"), year: first("year"), rating, top };
}

/** Return a rating on the model's scale; with events, 1 for a liked movie and null otherwise. */
function ratingOnScale(scale, rating, top) {
  if (!scale) return !top || rating / top >= LIKED_SHARE ? 1 : null;
  if (!top) return Math.min(Math.max(rating, scale.min), scale.max);
  const lowest = Math.min(scale.min, 0);
  let value = lowest + (rating / top) * (scale.max - lowest);
  if (scale.step) value = scale.min + Math.round((value - scale.min) / scale.step) * scale.step;
  return Math.min(Math.max(value, scale.min), scale.max);
}

/** Return the rows of a CSV file, whose cells may have quotes, commas and line breaks. */
function readCsv(text) {
  const rows = [[""]];
  let quoted = false;
  const source = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  for (let i = 0; i < source.length; i++) {
    const row = rows[rows.length - 1];
    const letter = source[i];
    if (letter === '"' && quoted && source[i + 1] === '"') row[row.length - 1] += source[++i];
    else if (letter === '"') quoted = !quoted;
    else if (letter === "," && !quoted) row.push("");
    else if (letter === "\n" && !quoted) rows.push([""]);
    else row[row.length - 1] += letter;
  }
  return rows.filter((row) => row.length > 1 || row[0]);
}

/** Return the CSV file of some ratings, which this page can read again. */
function writeCsv(model, ratings) {
  const quote = (cell) => `"${String(cell ?? "").replaceAll('"', '""')}"`;
  const rows = [...ratings].map(([movie, rating]) => [
    model.titles[movie],
    model.years[movie],
    rating,
  ]);
  return [["Title", "Year", "Reelhouse rating"], ...rows]
    .map((row) => row.map(quote).join(",") + "\r\n")
    .join("");
}

/** Return a title as it is compared: without case, accents, articles and punctuation. */
function plainTitle(title) {
  return title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/&/g, " and ")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .replace(/^(the|a|an|la|le|les|l|il|el|das|der|die) (?=.)/, "");
}

/** Return the movies by plain title, and by the other titles that stand in brackets. */
function indexTitles(model) {
  const index = new Map();
  model.titles.forEach((title, movie) => {
    const main = title.replace(/\s*\([^()]*\)/g, "");
    const others = [...title.matchAll(/\(([^()]*)\)/g)].map(([, name]) =>
      name.replace(/^a\.k\.a\.\s*/i, "").replace(/^(.*), (\S+)$/, "$2 $1"),
    );
    for (const name of new Set([title, main || title, ...others].map(plainTitle))) {
      if (name) index.set(name, [...(index.get(name) ?? []), movie]);
    }
  });
  return index;
}

/** Return the movie with one of the titles whose year differs least, by at most one. */
function findMovie(model, titles, names, year) {
  for (const name of names) {
    const found = /^(.*)\((\d{4})\)\s*$/s.exec(name);
    const wanted = year ?? (found ? Number(found[2]) : null);
    const article = (found ? found[1] : name)
      .trim()
      .replace(/^(.*), (The|A|An|La|Le|Les)$/, "$2 $1");
    const movies = titles.get(plainTitle(article)) ?? titles.get(plainTitle(name)) ?? [];
    const distance = (movie) =>
      wanted && model.years[movie] ? Math.abs(model.years[movie] - wanted) : 0;
    const near = movies.filter((movie) => distance(movie) <= 1);
    if (near.length) {
      return near.sort((a, b) => distance(a) - distance(b) || model.counts[b] - model.counts[a])[0];
    }
  }
  return undefined;
}

/** Return the bytes of a file in a zip archive, from any of its folders. */
async function unzip(bytes, wanted) {
  const view = new DataView(bytes.buffer);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error("This zip file is damaged.");
  let entry = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const length = view.getUint16(entry + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + length));
    if (name.split("/").pop() === wanted) {
      const start = view.getUint32(entry + 42, true);
      const skipped = 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
      const size = view.getUint32(entry + 20, true);
      const packed = bytes.subarray(start + skipped, start + skipped + size);
      if (view.getUint16(entry + 10, true) === 0) return packed;
      const stream = new Blob([packed])
        .stream()
        .pipeThrough(new DecompressionStream("deflate-raw"));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    }
    entry += 46 + length + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true);
  }
  throw new Error(`This zip file has no ${wanted}.`);
}
