// The ratings of the person at the screen. They live in this tab only; nothing stores them.

import { plain, say, showRating } from "./widgets.js";

/** Ratings by movie id; 1 for a movie that is liked. */
export const ratings = new Map();
/** The movies that were rated, by their ids. */
export const ratedMovies = new Map();
let listener = () => {};

/** Call a function after every change; it replaces the one of another page. */
export function onRatings(changed) {
  listener = changed;
}

/** Show the ratings in all controls of the page. */
function showRatings() {
  for (const control of document.querySelectorAll("[data-movie]")) {
    showRating(control, ratings.get(Number(control.dataset.movie)));
  }
  listener();
}

/** Rate a movie; a rating that is undefined is taken back. */
export function rate(movie, rating) {
  if (rating === undefined) ratings.delete(movie.movie_id);
  else {
    ratings.set(movie.movie_id, rating);
    ratedMovies.set(movie.movie_id, movie);
  }
  say(rating === undefined ? `Removed ${movie.title}.` : `${movie.title}: ${plain(rating)}.`);
  showRatings();
}

/** Remove all ratings. */
export function removeAll() {
  ratings.clear();
  say("All ratings are removed.");
  showRatings();
}

/** Add ratings from a file: pairs of a movie and a rating. */
export function addAll(found) {
  for (const [movie, rating] of found) {
    ratings.set(movie.movie_id, rating);
    ratedMovies.set(movie.movie_id, movie);
  }
  showRatings();
}

/** Return what a control needs to rate a movie (widgets.js). */
export const rater = (about, movie) => ({
  scale: about.scale,
  ratings,
  rate: (_, rating) => rate(movie, rating),
});

/** Return the ratings as the API takes them. */
export const ratingsToSend = (about) =>
  [...ratings].map(([movieId, rating]) => ({
    movie_id: movieId,
    rating: about.scale ? rating : null,
  }));
