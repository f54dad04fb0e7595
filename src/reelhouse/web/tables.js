// Tables whose rows a person can sort.

/** Let the buttons in the heads of a table sort its rows. */
export function makeSortable(table) {
  for (const button of table.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const column = head.cellIndex;
      const heads = head.parentElement.children;
      const body = table.tBodies[0];
      const isNumber = body.querySelector("td.number:nth-child(" + (column + 1) + ")") !== null;
      // The first click on a column of numbers puts the largest ones first.
      const before = head.ariaSort;
      const isDown = before === "none" ? isNumber : before === "ascending";
      for (const other of heads) other.ariaSort = "none";
      head.ariaSort = isDown ? "descending" : "ascending";
      const text = (row) => row.cells[column].textContent;
      const compare = (a, b) =>
        (text(a) === "") - (text(b) === "") || // empty cells stay at the end
        (isDown ? -1 : 1) * (isNumber ? text(a) - text(b) : text(a).localeCompare(text(b)));
      body.append(...[...body.rows].sort(compare));
    });
  }
}
