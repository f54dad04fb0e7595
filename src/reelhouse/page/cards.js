// Titles to rate, the ratings of the person, and ratings from a file.

const PAGE_OF_CARDS = 12;
const PAGE_OF_RATED = 10;

function setUpCards() {
  model.plainTitles = model.titles.map((title) => withoutArticle(plainTitle(title)));
  $("rate-heading").textContent = `Which of these ${word}s do you know?`;
  if (word !== "movie") $("file-help").textContent = "Or drop a CSV file of titles and ratings.";
  $("search").placeholder = `Search ${number(model.count)} titles`;
  $("search").addEventListener("input", showCards);
  $("others").textContent = `Show other ${word}s`;
  $("others").addEventListener("click", () => {
    app.cards++;
    showCards();
  });
  $("all").addEventListener("click", () => {
    app.ratedLength = Infinity;
    showRated();
    $("yours-heading").focus();
  });
  $("clear").addEventListener("click", () => {
    app.ratings.clear();
    say("All ratings are removed.");
    update();
    $("search").focus();
  });
  showCards();
}

function showCards() {
  const isSearch = $("search").value.trim() !== "";
  const words = withoutArticle(plainTitle($("search").value));
  const start = (app.cards * PAGE_OF_CARDS) % model.firstScreen.length;
  const movies = isSearch
    ? findTitles(words)
    : model.firstScreen.slice(start, start + PAGE_OF_CARDS);
  $("others").hidden = isSearch || model.firstScreen.length <= PAGE_OF_CARDS;
  $("cards").replaceChildren(...movies.map(card));
  if (isSearch && !movies.length) {
    const text = `None of the ${counted(model.count, word)} has this title.`;
    $("cards").append(h("li", { class: "empty" }, text));
  }
  if (isSearch) say(`${counted(movies.length, "title")} found.`);
}

/** Return the best-known movies whose titles have a word that starts with the text. */
function findTitles(words) {
  if (!words) return []; // the text has no letter, such as "!!!"
  const found = [];
  model.plainTitles.forEach((title, movie) => {
    if (title.startsWith(words) || title.includes(` ${words}`)) found.push(movie);
  });
  const starts = (movie) => Number(model.plainTitles[movie].startsWith(words));
  found.sort((a, b) => starts(b) - starts(a) || model.counts[b] - model.counts[a]);
  return found.slice(0, PAGE_OF_CARDS);
}

function card(movie) {
  const year = model.years[movie];
  const raters = counted(model.counts[movie], model.scale ? "rating" : "user");
  return h(
    "li",
    { class: "card" },
    poster(described(movie)),
    h("p", { class: "hidden" }, model.titles[movie]),
    h("p", { class: "note" }, year === null ? raters : String(year)),
    ratingControl(app, movie, model.titles[movie]),
  );
}

function ratingText(movie) {
  return model.scale ? plain(app.ratings.get(movie)) : "liked";
}

/** Return a title in bold with the rating of the person, such as "Alien 5". */
function titleAndRating(movie) {
  const title = h("b", {}, model.titles[movie]);
  return model.scale ? [title, ` ${ratingText(movie)}`] : [title];
}

function showRated() {
  $("yours").hidden = !app.ratings.size;
  $("yours-heading").textContent = `You ${verb}d ${counted(app.ratings.size, word)}`;
  const movies = [...app.ratings.keys()].reverse();
  const rows = movies.slice(0, app.ratedLength).map(ratedRow);
  replaceRows($("rated"), rows, app.ratings.size ? $("yours-heading") : $("search"));
  $("all").hidden = movies.length <= app.ratedLength;
}

function ratedRow(movie) {
  return h(
    "li",
    {},
    h("span", { class: "rated-title" }, model.titles[movie], " ", yearOf(movie)),
    ratingControl(app, movie, model.titles[movie]),
    h(
      "button",
      { type: "button", class: "quiet", onclick: () => app.rate(movie, undefined) },
      "Remove",
      h("span", { class: "hidden" }, ` ${model.titles[movie]}`),
    ),
  );
}

const yearOf = (movie) => h("span", { class: "note" }, String(model.years[movie] ?? ""));

async function importFile(file) {
  const box = $("imported");
  box.hidden = false;
  try {
    const { ratings, unknown } = await readRatingsFile(file, model);
    for (const [movie, rating] of ratings) app.ratings.set(movie, rating);
    const text = `${counted(ratings.size, noun)} imported from ${file.name}.`;
    box.replaceChildren(...importedParts(text, unknown));
    say(text);
    update();
  } catch (error) {
    box.replaceChildren(h("p", {}, error.message));
    say(error.message);
  }
}

function save() {
  const file = new Blob([writeCsv(model, app.ratings)], { type: "text/csv" });
  const link = h("a", { href: URL.createObjectURL(file), download: "ratings.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function setUpFiles() {
  $("save").addEventListener("click", save);
  setUpChoice($("file"), importFile);
  setUpDrop($("drop"), importFile);
}
