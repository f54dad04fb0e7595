// Titles as people write them. serve/titles.py has the same rules, and a test compares both.

const YEAR_AT_END = /\s*\((\d{4})\)\s*$/;
const ARTICLES = "the|an?|les?|la|l'|un|une|il|lo|gli|el|los|las|der|die|das|den|det|en|ett?";
const LAST_ARTICLE = new RegExp(`^(.*?), (${ARTICLES})(?=$| \\()`, "is");
const FIRST_ARTICLE = /^(?:the|an?) /;

/** Return a title without the year in parentheses at its end, and the year or null. */
function splitYear(title) {
  const found = YEAR_AT_END.exec(title);
  return found ? [title.slice(0, found.index), Number(found[1])] : [title, null];
}

/** Return `The Rock` for `Rock, The`, and `L'Enfer` for `Enfer, L'`. */
function withFirstArticle(title) {
  const found = LAST_ARTICLE.exec(title);
  if (!found) return title;
  const gap = found[2].endsWith("'") ? "" : " ";
  return found[2] + gap + found[1] + title.slice(found[0].length);
}

/** Return the words of a title without case, accents and marks, with the article in front. */
function plainTitle(title) {
  const words = withFirstArticle(title.trim())
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toUpperCase() // ß is SS
    .toLowerCase()
    .replace(/ς/g, "σ")
    .replace(/&/g, " and ")
    .replace(/['’]/g, "")
    .match(/[\p{L}\p{N}_]+/gu);
  return (words ?? []).join(" ");
}

/** Return a plain title without an English article in front. */
function withoutArticle(plain) {
  return plain.replace(FIRST_ARTICLE, "");
}

/** Return the keys under which a title without its year is found. */
function titleKeys(name) {
  const aliases = [...name.matchAll(/\(([^()]*)\)/g)].map(([, alias]) =>
    alias.replace(/^a\.?k\.?a\.? /i, ""),
  );
  const texts = [name, name.replace(/\s*\([^()]*\)/g, ""), ...aliases].map(plainTitle);
  const keys = new Set([...texts, ...texts.map(withoutArticle)]);
  keys.delete("");
  return keys;
}

/** Return a map of keys to movies, the movie with the most ratings first. */
function indexTitles(model) {
  const index = new Map();
  const movies = model.titles.map((_, movie) => movie);
  movies.sort((a, b) => model.counts[b] - model.counts[a]);
  for (const movie of movies) {
    for (const key of titleKeys(model.titles[movie])) {
      if (index.has(key)) index.get(key).push(movie);
      else index.set(key, [movie]);
    }
  }
  return index;
}

/**
 * Return the movie with a title, or undefined.
 *
 * If several movies have the title, the year decides; it may differ by one. Without a year, the
 * movie with the most ratings is returned.
 */
function findTitle(title, year, index, years) {
  const [name, yearInTitle] = splitYear(title);
  const wanted = year || yearInTitle;
  const movies = index.get(plainTitle(name)) ?? [];
  if (!wanted) return movies[0];
  const near = movies.filter((movie) => Math.abs((years[movie] || wanted) - wanted) <= 1);
  return near.find((movie) => years[movie] === wanted) ?? near[0];
}
