// What an entry of the browser's history keeps of its page: filters, searches and the scroll
// position, so that Back shows the page as it was.

/** Browsers allow a few changes of an entry per second. */
const WAIT = 300;
let values = history.state ?? {};
let timer;

/** Return a value that the page kept when it was last shown, or another value. */
export const kept = (name, otherwise) => values[name] ?? otherwise;

/** Keep a value in the entry of the page, unless the next page is on its way. */
export function keep(name, value) {
  if (document.querySelector("main[aria-busy=true]")) return;
  values[name] = value;
  clearTimeout(timer);
  timer = setTimeout(write, WAIT);
}

function write() {
  clearTimeout(timer);
  history.replaceState(values, "");
}

/** Add an entry with an address to the history. */
export function addEntry(address) {
  write();
  values = {};
  history.pushState(values, "", address);
}

/** Read the entry to which the browser has gone back or forward. */
export function readEntry() {
  clearTimeout(timer);
  values = history.state ?? {};
}

/** Write the values of the page to the entry of a link within the page. */
export const keepEntry = write;

let growth;

/** Scroll to where the page was left, and again while parts of the page are added. */
export function restoreScroll() {
  const top = kept("scroll", 0);
  stopRestoring();
  growth = new ResizeObserver(() => {
    scrollTo(0, top);
    if (scrollY >= top - 1) stopRestoring();
  });
  scrollTo(0, top);
  if (scrollY < top - 1) growth.observe(document.body);
}

const stopRestoring = () => growth?.disconnect();
for (const name of ["wheel", "touchstart", "keydown", "pointerdown"]) {
  addEventListener(name, stopRestoring, { passive: true });
}

history.scrollRestoration = "manual";
addEventListener("scroll", () => keep("scroll", scrollY), { passive: true });
