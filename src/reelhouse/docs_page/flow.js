// The first view: the flow by stage, whose boxes open into their models.

import { capital, counted, h, number } from "./widgets.js";
import { content, modelAddress, models, stageAddress, tableNames } from "./project.js";
import { blocks, firstSentence, inline } from "./texts.js";
import { testSummary } from "./tests.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const HEAD = 6;

/** Return the first view; `opened` is the name of a stage. */
export function homePage(opened) {
  const [intro, ...rest] = blocks(content.overview.replace(/^# .*\n/, ""));
  const stage = content.stages.find(({ name }) => name === opened);
  const lead = intro?.tagName === "P" ? [intro] : [];
  if (lead.length) intro.className = "lead";
  return {
    title: "Documentation",
    parts: [
      h(
        "div",
        { class: "intro" },
        h("h1", { tabindex: "-1" }, "Every table, and where it comes from"),
        ...lead,
      ),
      flowPicture(stage),
      stage ? "" : hint(),
      h(
        "div",
        { class: "columns" },
        h("section", { class: "prose" }, ...(lead.length ? rest : [intro, ...rest].filter(Boolean))),
        h("div", { class: "side" }, testSummary(), ...exposures(), ...OTHERS.map(otherTables)),
      ),
    ],
  };
}

function hint() {
  const columns = tableNames.reduce((sum, name) => sum + models[name].columns.length, 0);
  return h(
    "p",
    { class: "note" },
    `Choose a stage to see its models. The ${number(tableNames.length)} tables, views and seeds have ` +
      `${counted(columns, "column")}; every column has a page that says where its values come from.`,
  );
}

function flowPicture(opened) {
  const boxes = new Map();
  const lanes = new Map();
  const list = h("ol", { class: "flow", "aria-label": "Stages" });
  for (const stage of content.stages) {
    const lane = (lanes.get(stage.column) ?? 0) + 1;
    lanes.set(stage.column, lane);
    const isOpen = stage === opened;
    const box = h(
      "a",
      {
        class: "stage-box",
        href: isOpen ? "#/" : stageAddress(stage.name),
        "aria-expanded": String(isOpen),
        role: "button",
        onkeydown: (event) => event.key === " " && (event.preventDefault(), box.click()),
      },
      h("strong", {}, stage.name),
      h("span", { class: "note" }, counted(stage.models.length, "model")),
      h("span", { class: "stage-text" }, stage.description),
    );
    const item = h("li", {}, box);
    item.style.gridColumn = String(stage.column + 1);
    item.style.gridRow = String(lane);
    boxes.set(stage.name, box);
    list.append(item);
    if (isOpen) list.append(stagePanel(stage));
  }
  list.style.setProperty("--lanes", String(Math.max(...lanes.values())));
  list.style.setProperty("--stages", String(Math.max(...content.stages.map((s) => s.column)) + 1));
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("aria-hidden", "true");
  const picture = h("div", { class: "flow-picture" }, svg, list);
  new ResizeObserver(() => drawArrows(picture, svg, boxes)).observe(list);
  return picture;
}

/** Draw the arrows between the boxes, wherever the boxes are. */
function drawArrows(picture, svg, boxes) {
  const frame = picture.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  svg.replaceChildren(
    ...content.arrows.map(([start, end]) => {
      const [a, b] = [start, end].map((name) => boxes.get(name).getBoundingClientRect());
      const path = document.createElementNS(NAMESPACE, "path");
      path.setAttribute("d", arrowPath(a, b, frame));
      return path;
    }),
  );
}

function arrowPath(a, b, frame) {
  const middle = (box) => box.top + box.height / 2 - frame.top;
  if (b.left > a.right) {
    const [x, y, right, down] = [a.right - frame.left, middle(a), b.left - frame.left, middle(b)];
    const half = (x + right) / 2;
    const line =
      Math.abs(down - y) < 4 ? `M${x} ${y}H${right}` : `M${x} ${y}H${half}V${down}H${right}`;
    return `${line}m${-HEAD} ${-HEAD}l${HEAD} ${HEAD}l${-HEAD} ${HEAD}`;
  }
  const [left, bottom, top] = [a.left - frame.left, a.bottom - frame.top, b.top - frame.top];
  if (top - bottom < 40) return `M${left + 20} ${bottom}V${top}m${-HEAD} ${-HEAD}l${HEAD} ${HEAD}l${HEAD} ${-HEAD}`;
  // One column of boxes: a line on its left passes the boxes in between.
  const down = middle(b);
  return `M${left} ${middle(a)}H${left - 12}V${down}H${left}m${-HEAD} ${-HEAD}l${HEAD} ${HEAD}l${-HEAD} ${HEAD}`;
}

function stagePanel(stage) {
  return h(
    "li",
    { class: "panel opened" },
    h("h2", {}, capital(stage.name)),
    h("p", { class: "note" }, stage.description),
    h("ul", { class: "models" }, ...stage.models.map(modelItem)),
  );
}

/** Return a model in a list: its name, and the first sentence of its description. */
export function modelItem(name) {
  const model = models[name];
  return h(
    "li",
    {},
    h("a", { href: modelAddress(name) }, h("code", {}, name)),
    model.kind === "Python" ? h("span", { class: "tag" }, "Python") : "",
    h("p", { class: "note" }, ...inline(firstSentence(model.description), name)),
  );
}

function exposures() {
  return content.exposures.map((exposure) =>
    h(
      "section",
      { class: "panel" },
      h("h2", {}, capital(exposure.name)),
      h("p", { class: "note" }, [`Exposure: ${exposure.kind}`, exposure.owner].filter(Boolean).join(", ")),
      ...blocks(exposure.description),
      h(
        "ul",
        { class: "names" },
        ...exposure.models.map((name) =>
          h("li", {}, h("a", { href: modelAddress(name) }, h("code", {}, name))),
        ),
      ),
    ),
  );
}

/** Tables outside of the flow: their stage, and what they are. */
const OTHERS = [
  ["seeds", "Small tables in the folder seeds, which people edit."],
  ["sources", "Tables that other programs write."],
  ["snapshots", "Tables that keep earlier versions of rows."],
];

function otherTables([stage, text]) {
  const names = tableNames.filter((name) => models[name].stage === stage);
  if (!names.length) return "";
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, capital(stage)),
    h("p", { class: "note" }, text),
    h("ul", { class: "models" }, ...names.map(modelItem)),
  );
}
