// Filters of a list: genres, years, and a slider between popularity and novelty.

import { h } from "./widgets.js";

/**
 * Fill a form with filters.
 *
 * `genres` are names, and `years` is the first and the last year; filters among fewer than two
 * values are left out. `chosen` has values to begin with, as `values()` returned them. `onChange`
 * is called after every change. Without `hasNovelty`, there is no slider.
 *
 * Returns `values()`, `reset()`, and `enableNovelty(isEnabled)`. The values are `novelty` from -1
 * to 1, the set `genres`, and `from` and `to`, which are null for any year.
 */
export function fillFilters(
  form,
  { genres, years: [first, last], chosen = {}, hasNovelty = true, onChange },
) {
  const novelty = h("input", {
    type: "range",
    id: "novelty",
    min: "-100",
    max: "100",
    step: "10",
    value: "0",
  });
  const span = h("span", { class: "span" });
  const thumb = (id, value) =>
    h("input", { type: "range", id, min: String(first), max: String(last), value: String(value) });
  const [from, to] = [thumb("from", first), thumb("to", last)];
  const boxes = genres.map((name) => h("input", { type: "checkbox", value: name }));
  const years = yearsFilter({ from, to, span, first, last });
  const slider = h(
    "div",
    { class: "dial" },
    h("label", { for: "novelty" }, "Popularity or novelty"),
    h("div", { class: "track-line" }, novelty),
    ends("Popular", "Rare finds"),
  );
  form.append(
    ...(hasNovelty ? [slider] : []),
    ...(first < last ? [years] : []),
    ...(boxes.length > 1 ? [genresFilter(boxes)] : []),
  );

  const showValues = (event) => {
    if (Number(from.value) > Number(to.value)) {
      // The thumb that moves pushes the other one.
      if (event?.target === from) to.value = from.value;
      else from.value = to.value;
    }
    const share = (input) => (input.value - first) / (last - first || 1);
    years.style.setProperty("--from", String(share(from)));
    years.style.setProperty("--to", String(share(to)));
    span.textContent = `${from.value} to ${to.value}`;
    const texts = { "-1": "more popular", 0: "ordered by score", 1: "less well known" };
    novelty.setAttribute("aria-valuetext", texts[Math.sign(Number(novelty.value))]);
  };
  const values = () => {
    // Without years of release, there is no slider of years, and `first` and `last` are null.
    const hasYears = first < last;
    const isAnyYear = !hasYears || (Number(from.value) <= first && Number(to.value) >= last);
    return {
      novelty: novelty.disabled ? 0 : Number(novelty.value) / 100,
      genres: new Set(boxes.filter((box) => box.checked).map((box) => box.value)),
      from: isAnyYear ? null : Number(from.value),
      to: isAnyYear ? null : Number(to.value),
    };
  };
  const change = (event) => {
    showValues(event);
    onChange();
  };
  // Properties, so that a reset of the form removes what was chosen.
  novelty.value = String(100 * (chosen.novelty ?? 0));
  from.value = String(chosen.from ?? first);
  to.value = String(chosen.to ?? last);
  for (const box of boxes) box.checked = chosen.genres?.has(box.value) ?? false;
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  showValues();
  return {
    values,
    reset() {
      form.reset();
      change();
    },
    enableNovelty(isEnabled) {
      novelty.disabled = !isEnabled;
    },
  };
}

const ends = (left, right) =>
  h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, left), h("span", {}, right));

function yearsFilter({ from, to, span, first, last }) {
  return h(
    "fieldset",
    { class: "dial" },
    h("legend", {}, "Years ", span),
    h(
      "div",
      { class: "range" },
      h("label", { class: "hidden", for: "from" }, "First year"),
      from,
      h("label", { class: "hidden", for: "to" }, "Last year"),
      to,
    ),
    ends(String(first), String(last)),
  );
}

function genresFilter(boxes) {
  const chips = boxes.map((box) => h("label", { class: "chip" }, box, box.value));
  return h("fieldset", { class: "genres", id: "genres" }, h("legend", {}, "Genres"), ...chips);
}
