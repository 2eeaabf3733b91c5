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

for (const place of document.querySelectorAll("[data-stepper]")) {
  const { run, ...values } = JSON.parse(place.querySelector("script").textContent);
  const bytes = Uint8Array.from(atob(run), (char) => char.charCodeAt(0));
  const el = document.createElement("div");
  await render({ model: new PageModel({ ...values, run: bytes }), el });
  place.querySelector("[data-static]").replaceWith(el);
}
document.documentElement.dataset.live = "true";
