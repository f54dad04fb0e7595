// Ratings in files that Letterboxd, IMDb, MovieLens or this page wrote.
// serve/rating_files.py reads the same files by the same rules, and a test compares both.

const TITLE_COLUMNS = ["title", "name", "movie", "item"];
const ORIGINAL_TITLE_COLUMNS = ["original title"];
const USER_COLUMNS = ["userid", "user_id"];
const ID_COLUMNS = ["movieid", "movie_id", "source_id", "item_id"];
const YEAR_COLUMNS = ["year", "release_year"];
const RATING_COLUMNS = ["reelhouse rating", "your rating", "rating", "stars", "score"];
/** Highest rating of Letterboxd, IMDb and movielens.org, by a column that only their files have. */
const HIGHEST = { "letterboxd uri": 5, "your rating": 10, imdb_id: 5 };
const LOWEST_OF_OTHERS = 0.5;
/** With events, a rating from this share of the highest one up is a like. */
const LIKED_SHARE = 0.7;
/** Largest number of rows in a file of one person. */
const MOST_ROWS = 50_000;
const OTHER_SEPARATORS = { ";": "semicolons", "\t": "tabs" };
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Return {ratings, unknown}: a map of movies to ratings, and titles or ids that the model lacks.
 *
 * A movie without a rating is liked: its rating is the highest one or, with events, 1.
 */
async function readRatingsFile(file, model) {
  const [header, ...lines] = readCsv(await textOf(file), file.name, MOST_ROWS + 2);
  const names = columnNames(header?.cells ?? [], file.name);
  const rows = lines
    .filter(({ cells }) => cells.length)
    .map(({ line, cells }) => ({ line, row: rowOfCells(names, cells) }));
  if (!rows.length) throw new Error(`${file.name} has no movies: it needs rows below the header`);
  const oneUser = "leave the rows of one user in it";
  if (rows.length > MOST_ROWS) {
    throw new Error(`${file.name} has more than ${number(MOST_ROWS)} rows: ${oneUser}`);
  }
  const users = new Set(rows.map(({ row }) => cellOf(row, USER_COLUMNS)).filter(Boolean));
  if (users.size > 1) {
    throw new Error(`${file.name} has ratings of ${number(users.size)} users: ${oneUser}`);
  }
  const top = HIGHEST[Object.keys(HIGHEST).find((name) => names.includes(name))];
  const index = indexTitles(model);
  const ids = new Map(model.sourceIds.map((id, movie) => [id, movie]));
  const result = { ratings: new Map(), unknown: [] };
  for (const { line, row } of rows) {
    const titles = [TITLE_COLUMNS, ORIGINAL_TITLE_COLUMNS]
      .map((columns) => cellOf(row, columns))
      .filter(Boolean);
    const movie = titles.length
      ? movieOfTitle(titles, cellOf(row, YEAR_COLUMNS), index, model.years)
      : ids.get(cellOf(row, ID_COLUMNS));
    if (movie === undefined) {
      result.unknown.push(titles[0] ?? cellOf(row, ID_COLUMNS));
      continue;
    }
    const where = `${file.name}, line ${line}`;
    const rating = readRating(cellOf(row, RATING_COLUMNS), top, model.scale, where);
    if (rating !== null) result.ratings.set(movie, rating);
  }
  return result;
}

/** Return the names of the columns; refuse a header without movies. */
function columnNames(header, file) {
  const plainNames = (cells) => cells.map((name) => name.trim().toLowerCase());
  const hasMovies = (names) =>
    [...TITLE_COLUMNS, ...ID_COLUMNS].some((name) => names.includes(name));
  const names = plainNames(header);
  if (hasMovies(names)) return names;
  for (const [separator, word] of Object.entries(OTHER_SEPARATORS)) {
    const cells = header.join(",").replaceAll('"', "").split(separator);
    if (hasMovies(plainNames(cells))) {
      throw new Error(`${file} has ${word} between its columns: save it with commas`);
    }
  }
  throw new Error(
    `${file} has no column title or movieId: its first line names the columns. Choose the ` +
      "zip or the ratings.csv of Letterboxd, or the CSV file that IMDb or movielens.org exports.",
  );
}

const rowOfCells = (names, cells) =>
  new Map(cells.slice(0, names.length).map((cell, i) => [names[i], cell.trim()]));

/** Return the cell of the first of the columns that the row has. */
function cellOf(row, columns) {
  return row.get(columns.find((name) => row.has(name))) ?? "";
}

function movieOfTitle(titles, year, index, years) {
  const knownYear = /^\d{4}$/.test(year) ? Number(year) : null;
  return titles
    .map((title) => findTitle(title, knownYear, index, years))
    .find((movie) => movie !== undefined);
}

/** Return a rating on the model's scale; with events, 1 for a liked movie and null otherwise. */
function readRating(text, top, scale, where) {
  if (!text) return scale ? scale.max : 1;
  const rating = NUMBER.test(text) ? Number(text) : NaN;
  const lowest = top ? LOWEST_OF_OTHERS : scale?.min;
  const highest = top ?? scale?.max;
  const isOutside = highest !== undefined && !(lowest <= rating && rating <= highest);
  if (Number.isNaN(rating) || isOutside) {
    const limits = highest === undefined ? "" : ` from ${lowest} to ${highest}`;
    throw new Error(`${where}: ${text} is not a rating${limits}`);
  }
  if (!scale) return top && rating / top < LIKED_SHARE ? null : 1;
  return top ? ratingOnScale(rating / top, scale) : rating;
}

/** Return the rating of the model's scale that is a share of the highest rating. */
function ratingOnScale(share, { min, max, step }) {
  const lowest = Math.min(min, 0);
  let rating = lowest + share * (max - lowest);
  if (step) rating = min + Math.floor((rating - min) / step + 0.5) * step;
  return Math.min(Math.max(rating, min), max);
}

/** Return the text of a CSV file, or of the ratings.csv in a zip file. */
async function textOf(file) {
  checkSize(file);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b; // PK
  const content = isZip ? await unzip(bytes, "ratings.csv", file.name) : bytes;
  if (content.length > LARGEST_FILE) {
    throw new Error(
      `ratings.csv in ${file.name} is larger than ${LARGEST_FILE / 1e6} MB: unpack it, and keep ` +
        "a part of its rows",
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new Error(`${file.name} is not CSV in UTF-8: save it in this encoding`);
  }
}

/**
 * Return the rows of a CSV file as {line, cells}, as Python's module csv reads them.
 *
 * A quote opens a quoted cell only at the start of the cell, and must be closed. An empty line has
 * no cells. Errors name the file. At most `limit` rows with cells are read.
 */
function readCsv(text, file, limit) {
  const rows = [];
  let left = limit;
  let opened; // line of the last quote that opens a cell
  let [cells, cell, state, line] = [[], "", "start", 1];
  const endRow = () => {
    if (cells.length || state !== "start") cells.push(cell);
    rows.push({ line, cells });
    if (cells.length) left--;
    [cells, cell, state] = [[], "", "start"];
  };
  for (let i = 0; i < text.length && left > 0; i++) {
    const letter = text[i];
    const isEnd = letter === "\n" || (letter === "\r" && text[i + 1] !== "\n");
    if (state === "quoted") {
      if (letter === '"') state = "quote";
      else cell += letter;
      line += isEnd;
    } else if (state === "quote" && letter === '"') {
      cell += letter;
      state = "quoted";
    } else if (letter === '"' && state === "start") {
      state = "quoted";
      opened = line;
    } else if (letter === ",") {
      cells.push(cell);
      [cell, state] = ["", "start"];
    } else if (isEnd) {
      endRow();
      line++;
    } else if (letter !== "\r") {
      cell += letter;
      state = "cell";
    }
  }
  if (state === "quoted") {
    throw new Error(`${file} has a quote in line ${opened} that is not closed: close it`);
  }
  if (cells.length || state !== "start") endRow();
  return rows;
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

/**
 * Return the bytes of a file in a zip archive, from the folder nearest to its root.
 *
 * A file that is larger than LARGEST_FILE is cut a little above this size.
 */
async function unzip(bytes, wanted, name) {
  try {
    return await unzipEntry(bytes, findEntry(bytes, wanted));
  } catch {
    throw new Error(`${name} has no ${wanted}, or is damaged`);
  }
}

/** Return the offset of the directory entry of a file in a zip archive. */
function findEntry(bytes, wanted) {
  const view = new DataView(bytes.buffer);
  let end = bytes.length - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end--; // a RangeError below the first byte
  const found = [];
  let entry = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const length = view.getUint16(entry + 28, true);
    const parts = new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + length));
    if (parts.split("/").pop() === wanted) found.push([parts.split("/").length, entry]);
    entry += 46 + length + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true);
  }
  found.sort(([a], [b]) => a - b);
  return found[0][1];
}

async function unzipEntry(bytes, entry) {
  const view = new DataView(bytes.buffer);
  const start = view.getUint32(entry + 42, true);
  const skipped = 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  const size = view.getUint32(entry + 20, true);
  const packed = bytes.subarray(start + skipped, start + skipped + size);
  if (view.getUint16(entry + 10, true) === 0) return packed;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  while (length <= LARGEST_FILE) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  reader.cancel(); // a small archive may have a huge file
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
