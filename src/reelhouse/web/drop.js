// Files that a person chooses, or drops on the page.

/** Pass a file to `take` that is chosen in the input, or dropped while the overlay shows. */
export function setUpDrop(input, overlay, take) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = "";
  });
  let depth = 0;
  const show = (change) => (overlay.hidden = (depth = Math.max(depth + change, 0)) === 0);
  addEventListener("dragenter", () => show(1));
  addEventListener("dragleave", () => show(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    show(-depth);
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}
