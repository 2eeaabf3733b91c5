// SPDX-License-Identifier: GPL-2.0-or-later
// Brings the steppers of a report to life: a model without a kernel behind it.

class PageModel {
  constructor(values) {
    this.values = values;
    this.listeners = {};
  }
  get(name) { return this.values[name]; }
  set(name, value) {
    if (this.values[name] === value) return;
    this.values[name] = value;
    for (const listener of this.listeners[`change:${name}`] ?? []) listener();
  }
  save_changes() {}
  on(name, listener) { (this.listeners[name] ??= []).push(listener); }
  off(name, listener) { this.listeners[name] = (this.listeners[name] ?? []).filter((other) => other !== listener); }
}

async function bringToLife(place) {
  const { run, ...values } = JSON.parse(place.querySelector("script").textContent);
  const bytes = Uint8Array.from(atob(run), (char) => char.charCodeAt(0));
  const el = document.createElement("div");
  await render({ model: new PageModel({ ...values, run: bytes }), el });
  place.querySelector("[data-static]").replaceWith(el);
}

for (const place of document.querySelectorAll("[data-stepper]")) {
  const closed = place.closest("details:not([open])");
  // Hundreds of runs may stand in a page: one in a closed place is unpacked when it is opened.
  if (closed) closed.addEventListener("toggle", () => bringToLife(place), { once: true });
  else await bringToLife(place);
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const closed = target?.closest("details");
  if (closed && !closed.open) {
    closed.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", openTarget);
openTarget();
document.documentElement.dataset.live = "true";
