// SPDX-License-Identifier: GPL-2.0-or-later
// A widget's model without Jupyter: get, set, on, send, as anywidget gives them to `render`.
// Bytes cross as base64: {state, buffer_paths} and buffers, in both directions.

const toBytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const fromBytes = (bytes) => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};
const toView = (text) => new DataView(toBytes(text).buffer);
const asBytes = (value) => {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return null;
};

function putBuffers(state, paths, buffers) {
  paths.forEach((path, index) => {
    let owner = state;
    for (const key of path.slice(0, -1)) owner = owner[key];
    owner[path.at(-1)] = toView(buffers[index]);
  });
  return state;
}

// What JSON can carry of `value`; bytes go to `buffers`, and their places to `paths`.
function takeBuffers(value, path, paths, buffers) {
  const bytes = asBytes(value);
  if (bytes) {
    paths.push(path);
    buffers.push(fromBytes(bytes));
    return null;
  }
  if (Array.isArray(value)) return value.map((item, i) => takeBuffers(item, [...path, i], paths, buffers));
  if (value && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, takeBuffers(item, [...path, key], paths, buffers)]),
    );
  }
  return value;
}

const isSame = (one, other) => {
  if (one === other) return true;
  if (asBytes(one) || asBytes(other)) return false;
  return JSON.stringify(one) === JSON.stringify(other);
};

class Model {
  constructor(id, state) {
    this.id = id;
    this.state = state;
    this.changed = {};
    this.listeners = [];
    this.pending = Promise.resolve();
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    const changes = typeof name === "object" ? name : { [name]: value };
    const before = { ...this.state };
    const names = Object.keys(changes).filter((key) => !isSame(before[key], changes[key]));
    Object.assign(this.state, changes);
    for (const key of Object.keys(changes)) this.changed[key] = changes[key];
    for (const key of names) this.emit(`change:${key}`, this, this.state[key]);
    if (names.length) this.emit("change", this);
  }

  save_changes() {
    const [paths, buffers] = [[], []];
    const state = takeBuffers(this.changed, [], paths, buffers);
    this.changed = {};
    if (Object.keys(state).length) this.post({ method: "update", state, buffer_paths: paths }, buffers);
  }

  send(content, _callbacks, buffers) {
    const texts = (buffers ?? []).map((buffer) => fromBytes(asBytes(buffer)));
    this.post({ method: "custom", content }, texts);
  }

  on(name, listener) {
    for (const one of name.split(" ")) this.listeners.push([one, listener]);
  }

  off(name, listener) {
    this.listeners = this.listeners.filter(
      ([one, fn]) => (name && !name.split(" ").includes(one)) || (listener && fn !== listener),
    );
  }

  emit(name, ...args) {
    for (const [one, listener] of [...this.listeners]) if (one === name) listener(...args);
  }

  // One message after the other, as over a socket; Python's answers come back with each.
  post(data, buffers) {
    this.pending = this.pending.then(async () => {
      for (const answer of await window.rprocbenchToPython(this.id, data, buffers)) receive(...answer);
    });
  }

  // From Python: values that Python has are not sent back to it.
  take(data, buffers) {
    if (data.method === "update") {
      const state = putBuffers(data.state, data.buffer_paths ?? [], buffers);
      const kept = { ...this.changed };
      this.set(state);
      this.changed = kept;
    } else if (data.method === "custom") {
      this.emit("msg:custom", data.content, buffers.map(toView));
    }
  }
}

const mounted = new Map();
const receive = (id, data, buffers) => mounted.get(id)?.model.take(data, buffers);

async function mount({ id, state, buffer_paths, buffers, root }) {
  const model = new Model(id, putBuffers(state, buffer_paths, buffers));
  if (state._css) {
    const style = document.createElement("style");
    style.textContent = state._css;
    document.head.append(style);
  }
  const url = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
  const found = (await import(url)).default;
  const widget = typeof found === "function" ? await found() : found;
  URL.revokeObjectURL(url);
  const element = document.createElement("div");
  element.dataset.model = id;
  document.querySelector(root).append(element);
  mounted.set(id, { model, element });
  const endModel = await widget.initialize?.({ model, experimental: {} });
  const endView = await widget.render?.({ model, el: element, experimental: {} });
  mounted.set(id, { model, element, ends: [endView, endModel] });
}

async function unmount(id) {
  const { model, element, ends } = mounted.get(id);
  for (const end of ends) if (typeof end === "function") await end();
  element.remove();
  mounted.delete(id);
  return model.listeners.length;
}

// Resolves when Python has had every message, and the page every answer.
async function settle() {
  for (const { model } of mounted.values()) {
    for (let seen; seen !== model.pending; ) await (seen = model.pending);
  }
}

window.rprocbench = { mount, unmount, receive, settle };
