// The order of a list between popularity and novelty.

/** Number of movies with the best scores among which popularity counts. */
const REORDERED = 100;

/**
 * Return movies, which come best first, in another order.
 *
 * `novelty` from -1 to 1 reorders the movies with the best scores. At 1 the least popular of them
 * comes first, at -1 the most popular one, and at 0 the order stays. In between, the two orders are
 * mixed. `countOf` returns the number of ratings of a movie.
 */
export function reordered(movies, novelty, countOf) {
  const best = movies.slice(0, REORDERED);
  const direction = Math.sign(novelty);
  const byPopularity = best.slice().sort((a, b) => direction * (countOf(a) - countOf(b)));
  const places = new Map(best.map((movie, place) => [movie, (1 - Math.abs(novelty)) * place]));
  byPopularity.forEach((movie, place) => {
    places.set(movie, places.get(movie) + Math.abs(novelty) * place);
  });
  best.sort((a, b) => places.get(a) - places.get(b));
  return [...best, ...movies.slice(REORDERED)];
}
