// Texts and table about the model.

function showModel() {
  const { rows, protocol } = model.evaluation;
  $("explained").append(...explanations().map((text) => h("p", {}, ...withCode(text))));
  if (!rows.length) return;
  const best = Math.max(...rows.map((row) => row.ndcg)) || 1;
  const body = rows.map((row) =>
    barRow(row.algorithm, row.ndcg / best, number(row.ndcg, 3), row.algorithm === model.algorithm),
  );
  const caption = h("caption", {}, `NDCG@10 of each algorithm (protocol ${protocol})`);
  $("compared").append(h("table", { class: "bars" }, caption, h("tbody", {}, ...body)));
}

function explanations() {
  const { rows, protocol } = model.evaluation;
  const ours = rows.find((row) => row.algorithm === model.algorithm);
  const popular = rows.find((row) => row.algorithm === "popularity");
  const texts = [];
  if (ours) {
    texts.push(
      `\`${model.algorithm}\` makes these lists. It was tested on ratings that it had not seen: do ` +
        "the first ten titles of a person's list include titles that this person liked? NDCG@10 " +
        `is ${number(ours.ndcg, 3)}, where 1 is perfect` +
        (popular ? `; the most popular titles reach ${number(popular.ndcg, 3)}.` : "."),
    );
  } else {
    texts.push(
      `\`${model.algorithm}\` makes these lists. The lake has no metrics of it: run ` +
        `\`make evaluate PROTOCOL=${protocol}\`, and then \`make page\`.`,
    );
  }
  if (model.ranking !== model.algorithm) {
    texts.push(
      `The lists in the table \`recommendations\` come from \`${model.ranking}\`. For a new user, ` +
        `the page cannot compute these lists, so it uses \`${model.algorithm}\`, the algorithm of ` +
        "the table `similar_movies`.",
    );
  }
  texts.push(
    `The model was fitted to ${counted(model.data.ratings, model.scale ? "rating" : "event")} of ` +
      `${counted(model.data.users, "user")}. It describes each ${word} by ${model.width} numbers, ` +
      `and computes ${model.width} numbers for you from your ratings. Each number of a ${word} is ` +
      "multiplied by your number; a score is the sum of these products.",
  );
  return texts;
}
