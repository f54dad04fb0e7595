// The first page: choose a person.

import { ask, newestOnly, withParameters } from "./api.js";
import { keep, kept } from "./history.js";
import { empty, intro } from "./parts.js";
import { poster } from "./posters.js";
import { counted, h, number, say } from "./widgets.js";

export async function showPeople(about) {
  const people = h("ul", { class: "people" });
  const heading = h("h2", {});
  const show = (users, search) => {
    heading.textContent = search ? `People whose id starts with ${search}` : "People with many and with few ratings";
    people.replaceChildren(...users.map((user) => personCard(user, about)));
    if (!users.length) people.append(h("li", {}, empty("No person has such an id.")));
    if (search) say(`${counted(users.length, "person").replace("persons", "people")} found.`);
  };
  const find = newestOnly(people, (search) => ask(withParameters("/api/users", { search })), show);
  const field = h("input", {
    type: "search",
    id: "person",
    placeholder: "Id of a person, such as 42",
    autocomplete: "off",
    value: kept("search", ""),
    oninput: () => {
      keep("search", field.value);
      find(field.value.trim());
    },
    onkeydown: (event) => event.key === "Enter" && people.querySelector("a")?.click(),
  });
  await find(field.value.trim());
  return {
    title: "People",
    name: "home",
    parts: [
      intro(
        "Whose list do you want to see?",
        `Each of the ${number(about.users)} people in ${about.data} has a list. It comes from the ` +
          "person's own ratings, and you can ask why each recommendation is in it.",
      ),
      h("div", { class: "find" }, h("label", { class: "hidden", for: "person" }, "Id of a person"), field),
      heading,
      people,
    ],
  };
}

function personCard(user, about) {
  const noun = about.scale ? "rating" : about.item;
  const mean = user.mean === null ? "" : `, mean ${number(user.mean, 1)}`;
  return h(
    "li",
    { class: "person" },
    h(
      "a",
      { href: `/people/${user.user_id}` },
      h("span", { class: "fan", "aria-hidden": "true" }, ...user.top.map((movie) => poster(movie, false))),
      h("span", { class: "person-name" }, `Person ${user.source_id}`),
      h("span", { class: "note" }, user.description),
      h("span", { class: "note" }, `${counted(user.count, noun)}${mean}`),
    ),
  );
}
