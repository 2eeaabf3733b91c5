// SPDX-License-Identifier: GPL-2.0-or-later
// Brings the views of a page to life, each with a model and no kernel behind it. What one view sets
// of the traits that views share, the others are told: this stands in for Jupyter's links.

const models = [];
const isSame = (one, other) => one === other || (Array.isArray(one) && JSON.stringify(one) === JSON.stringify(other));

class LinkedModel {
  constructor(values) {
    this.values = values;
    this.listeners = {};
    models.push(this);
  }
  get(name) { return this.values[name]; }
  set(name, value) {
    if (!this.take(name, value) || !SHARED.includes(name)) return;
    for (const other of models) if (other !== this && name in other.values) other.take(name, value);
  }
  take(name, value) {
    if (isSame(this.values[name], value)) return false;
    this.values[name] = value;
    for (const listener of [...(this.listeners[`change:${name}`] ?? [])]) listener();
    return true;
  }
  save_changes() {}
  send() {}
  on(names, listener) { for (const name of names.split(" ")) (this.listeners[name] ??= []).push(listener); }
  off(name, listener) { this.listeners[name] = (this.listeners[name] ?? []).filter((other) => other !== listener); }
}

for (const place of document.querySelectorAll("[data-live]")) {
  const { view, bytes, values } = JSON.parse(place.querySelector("script").textContent);
  for (const name of bytes) {
    const data = Uint8Array.from(atob(values[name]), (char) => char.charCodeAt(0));
    values[name] = new DataView(data.buffer); // as Jupyter gives it
  }
  const el = document.createElement("div");
  const module = VIEWS[view];
  await module.render({ model: new LinkedModel(values), el });
  place.querySelector("[data-static]").replaceWith(el);
}
document.documentElement.dataset.live = "true";
