// Requests to the API of this process.

import { withCode } from "./widgets.js";

/** Return the JSON at a path; an error has the message that the API gave. */
export async function ask(path, options = {}) {
  const response = await fetch(path, options).catch(() => {
    throw new Error("The server does not answer: run `make app` again.");
  });
  const answer = await response.json().catch(() => ({ detail: "The server failed: see its output." }));
  if (response.ok) return answer;
  const { detail } = answer;
  // A request that does not fit the API has a list of faults.
  throw new Error(typeof detail === "string" ? detail : detail.map(({ msg }) => msg).join("; "));
}

/** Send a value as JSON. */
export const send = (path, value) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  });

/** Return a path with parameters; a set or a list is repeated, and null is left out. */
export function withParameters(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    const values = value instanceof Set || Array.isArray(value) ? [...value] : [value];
    for (const each of values) if (each !== null && each !== undefined) query.append(name, each);
  }
  return String(query) ? `${path}?${query}` : path;
}

let about;

/** Return the numbers of the data, which are asked for once. */
export function askAbout() {
  about ??= ask("/api/about").catch((error) => {
    about = undefined;
    throw error;
  });
  return about;
}

/**
 * Return a function that passes only the answer of its newest call to `show`.
 *
 * The element is busy meanwhile. If the request fails, the element has the message instead. The
 * function returns whether its answer was shown: false if it failed, undefined if a newer call has
 * replaced it.
 */
export function newestOnly(element, request, show) {
  let calls = 0;
  return async (...values) => {
    const call = ++calls;
    element.setAttribute("aria-busy", "true");
    let isShown = true;
    try {
      const answer = await request(...values);
      if (call === calls) show(answer, ...values);
    } catch (error) {
      if (call === calls) element.replaceChildren(...withCode(error.message));
      isShown = false;
    }
    if (call !== calls) return undefined;
    element.setAttribute("aria-busy", "false");
    return isShown;
  };
}
