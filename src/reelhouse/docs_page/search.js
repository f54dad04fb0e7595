// Search by names, descriptions, tests and source.

import { $, counted, h } from "./widgets.js";
import { columnAddress, content, modelAddress, models, tableNames } from "./project.js";
import { firstSentence } from "./texts.js";

const MOST = 12;
/** Kinds of tables other than models. */
const KINDS = ["seed", "source", "snapshot"];
/** Points of a kind, by which results that fit equally well are sorted. */
const POINTS = { model: 6, seed: 5, source: 5, snapshot: 5, column: 3, test: 0 };

/** What can be found: a name, a text, an address, a kind, and words that count less. */
const entries = [
  ...tableNames.map((name) => ({
    name,
    text: firstSentence(models[name].description),
    address: modelAddress(name),
    kind: KINDS.includes(models[name].kind) ? models[name].kind : "model",
    words: `${models[name].description}\n${models[name].raw}`.toLowerCase(),
  })),
  ...tableNames.flatMap((table) =>
    models[table].columns.map((column) => ({
      name: `${table}.${column.name}`,
      text: firstSentence(column.description),
      address: columnAddress(table, column.name),
      kind: "column",
      words: column.description.toLowerCase(),
    })),
  ),
  ...content.tests
    .filter((test) => test.models.length)
    .map((test) => ({
      name: test.title,
      text: `Test of ${test.models.join(", ")}`,
      address: modelAddress(test.models[0]),
      kind: "test",
      words: test.description.toLowerCase(),
    })),
];

/** Return how well an entry fits; 0 for no fit. */
function fit(entry, terms) {
  const name = entry.name.toLowerCase();
  const last = name.split(".").at(-1);
  let total = 0;
  for (const term of terms) {
    if (name === term) total += 100;
    else if (last === term) total += 60;
    else if (name.startsWith(term)) total += 40;
    else if (name.includes(term)) total += 25;
    else if (entry.words.includes(term)) total += 5;
    else return 0;
  }
  return total + POINTS[entry.kind] - name.length / 100;
}

/** Return the entries that fit a text best. */
export function find(text) {
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!terms.length) return [];
  return entries
    .map((entry) => [fit(entry, terms), entry])
    .filter(([points]) => points > 0)
    .sort(([a], [b]) => b - a)
    .slice(0, MOST)
    .map(([, entry]) => entry);
}

/** Set up the search box: results while a person types, arrow keys, Enter and Escape. */
export function setUpSearch() {
  const [box, list] = [$("search"), $("found")];
  let chosen = -1;
  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const choose = (place) => {
    const options = [...list.querySelectorAll("[role=option]")];
    chosen = options.length ? (place + options.length) % options.length : -1;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
    if (chosen < 0) return;
    box.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  };
  const show = () => {
    const found = find(box.value);
    const nothing = h("p", { class: "note" }, "No table, column or test matches.");
    list.replaceChildren(...(found.length ? found.map(option) : [nothing]));
    list.hidden = !box.value.trim();
    box.setAttribute("aria-expanded", String(!list.hidden));
    choose(0);
    $("status").textContent = list.hidden ? "" : counted(found.length, "result");
  };
  const follow = (address) => {
    location.hash = address;
    box.value = "";
    close();
  };
  function option(entry, i) {
    return h(
      "div",
      {
        role: "option",
        id: `found-${i}`,
        "aria-selected": "false",
        // Before the box loses the focus, which closes the list.
        onpointerdown: (event) => event.preventDefault(),
        onclick: () => follow(entry.address),
      },
      h("span", { class: "found-name" }, h("code", {}, entry.name)),
      h("span", { class: "note" }, entry.kind),
      h("span", { class: "note found-text" }, entry.text.replaceAll("`", "")),
    );
  }
  box.addEventListener("input", show);
  box.addEventListener("focus", show);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) show();
      else choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") list.querySelector("[aria-selected=true]")?.click();
    else if (event.key === "Escape") close();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input, textarea");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
    }
  });
}
