// What the page says about its model.

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
      `\`${model.algorithm}\` makes these lists. The evaluation of the lake compared its first ten ` +
        "titles with what people liked in ratings that were held out. NDCG@10 is " +
        `${number(ours.ndcg, 3)}, where 1 is perfect` +
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
        `this algorithm needs more numbers than fit in a page. \`${model.algorithm}\` is the best ` +
        "algorithm whose factors fit.",
    );
  }
  texts.push(
    `The model was fitted to ${counted(model.data.ratings, model.scale ? "rating" : "event")} of ` +
      `${counted(model.data.users, "user")}. It describes each ${word} by ${model.width} numbers, ` +
      "and finds as many numbers for you from your ratings. A score is the sum of their products.",
  );
  return texts;
}

/** Return the parts of a text, with those between backticks as code. */
function withCode(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));
}
