// Two algorithms side by side, on ratings that neither has seen.

import { ask, newestOnly, withParameters } from "./api.js";
import { keep, kept } from "./history.js";
import { empty, movieLink, section, starred } from "./parts.js";
import { counted, h } from "./widgets.js";

/** Return a section with two lists, whose algorithms the visitor chooses. */
export function comparisonSection(about, id) {
  const title = "Two algorithms side by side";
  if (about.algorithms.length < 2) {
    return section(title, { class: "comparison" }, empty("No lists of two algorithms: run ", h("code", {}, "make build")));
  }
  const verdict = h("p", { class: "note" });
  const choose = (name, label, otherwise) => {
    const change = () => {
      keep(name, select.value);
      find();
    };
    const chosen = kept(name, otherwise);
    const select = h(
      "select",
      { id: name, "aria-label": label, onchange: change },
      ...about.algorithms.map((value) => h("option", { value, selected: value === chosen }, value)),
    );
    return select;
  };
  const served = about.algorithms.includes(about.ranking) ? about.ranking : about.algorithms[0];
  const left = choose("left", "First algorithm", served);
  const popular = about.algorithms.includes("popularity") ? "popularity" : about.algorithms[1];
  const right = choose("right", "Second algorithm", popular);
  // The choices stay in place, so that the keyboard can go on from them.
  const [leftList, rightList] = [h("div"), h("div")];
  const lists = h(
    "div",
    { class: "two-lists" },
    h("div", { class: "compared" }, left, leftList),
    h("div", { class: "compared" }, right, rightList),
  );
  const show = newestOnly(
    verdict,
    () =>
      ask(withParameters(`/api/users/${id}/comparison`, { left: left.value, right: right.value })),
    (answer) => {
      verdict.textContent =
        `Both algorithms were fitted without the test rows of the protocol ${answer.protocol}. ` +
        `Among these rows, this person liked ${counted(answer.liked, about.item)}, which a star marks in the lists.`;
      leftList.replaceChildren(...comparedList(answer.left));
      rightList.replaceChildren(...comparedList(answer.right));
    },
  );
  const find = async () => {
    if ((await show()) !== false) return;
    for (const list of [leftList, rightList]) list.replaceChildren();
  };
  find(); // the other parts of the page do not wait for it
  return section(title, { class: "comparison" }, verdict, lists);
}

function comparedList(movies) {
  const hits = movies.filter((each) => each.is_hit).length;
  return [
    h("p", { class: "note" }, `${counted(hits, "hit")} in the first ${movies.length}`),
    h(
      "ol",
      {},
      ...movies.map((each) =>
        h(
          "li",
          { class: each.is_hit ? "hit" : "" },
          h("span", {}, movieLink(each.movie)),
          each.is_hit ? starred(each.rating ?? "liked", "Liked in the test rows:") : "",
          each.is_in_other ? h("span", { class: "note" }, "in both") : "",
        ),
      ),
    ),
    movies.length ? "" : empty("This algorithm has no list for this person."),
  ];
}
