// Files that a person chooses, or drops on the page.

import { counted, h } from "./widgets.js";

/** Size in bytes of the largest file, and of the largest file in a zip file. */
export const LARGEST_FILE = 20_000_000;

/** Refuse a file that is too large to read. */
export function checkSize({ name, size }) {
  if (size <= LARGEST_FILE) return;
  throw new Error(`${name} is larger than ${LARGEST_FILE / 1e6} MB: keep a part of its rows`);
}

/** Pass a file that is chosen in an input to `take`. */
export function setUpChoice(input, take) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = "";
  });
}

/** Pass a file that is dropped to `take`, and show the overlay meanwhile, while files are wanted. */
export function setUpDrop(overlay, take, isWanted = () => true) {
  let depth = 0;
  const show = (change) => {
    depth = Math.max(depth + change, 0);
    overlay.hidden = depth === 0 || !isWanted();
  };
  addEventListener("dragenter", () => show(1));
  addEventListener("dragleave", () => show(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    show(-depth);
    if (event.dataTransfer.files.length && isWanted()) take(event.dataTransfer.files[0]);
  });
}

/** Return what a file brought: a text, and the titles that were not found, which open below. */
export function importedParts(text, unknown) {
  const parts = [h("p", {}, text)];
  if (unknown.length) {
    parts.push(
      h(
        "details",
        {},
        h("summary", {}, `${counted(unknown.length, "title")} not found`),
        h("p", { class: "note" }, unknown.join(" · ")),
      ),
    );
  }
  return parts;
}
