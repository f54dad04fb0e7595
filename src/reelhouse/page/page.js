// State of the page, and its start.

const model = readModel(JSON.parse($("content").textContent));
const word = model.item;
const verb = model.scale ? "rate" : "like";
const noun = model.scale ? "rating" : "like";
const app = {
  model,
  scale: model.scale,
  /** Map of movies to ratings. Nothing stores it, unless the person saves it as a file. */
  ratings: new Map(),
  cards: 0,
  length: PAGE_OF_LIST,
  ratedLength: PAGE_OF_RATED,
  rate(movie, rating) {
    if (rating === undefined) app.ratings.delete(movie);
    else app.ratings.set(movie, rating);
    const title = model.titles[movie];
    say(rating === undefined ? `Removed ${title}.` : `${title}: ${ratingText(movie)}.`);
    update();
  },
};

/** Return what posters and cards show of a movie. */
function described(movie) {
  return {
    title: model.titles[movie],
    genres: model.genresOf[movie].map((genre) => model.genres[genre]),
    year: model.years[movie],
    mean: model.means[movie],
    count: model.counts[movie],
  };
}

/** Show the ratings everywhere, and the new list; keep the focus in its place. */
function update() {
  showRated();
  for (const control of document.querySelectorAll("[data-movie]")) {
    showRating(control, app.ratings.get(Number(control.dataset.movie)));
  }
  updateList();
  $("jump").textContent = `${counted(app.ratings.size, word)} ${verb}d: see your list`;
  showJump();
}

const updateList = updateOnceLeft($("list"), showList);

/** On a phone, a link at the bottom leads to the list, unless it is in view. */
function showJump() {
  const isInView = $("picks").getBoundingClientRect().top < innerHeight * 0.8;
  $("jump").hidden = !app.ratings.size || isInView;
}

function start() {
  $("title").textContent = `${capital(verb)} a few ${word}s, and see what suits you`;
  const total = counted(model.data.ratings, model.scale ? "rating" : "event");
  $("facts").textContent = [model.data.name, counted(model.count, word), total].join(" · ");
  setUpTheme($("theme"));
  setUpCards();
  setUpFiles();
  setUpFilters();
  showModel();
  update();
  addEventListener("scroll", showJump, { passive: true });
}

start();
