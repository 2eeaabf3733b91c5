// SPDX-License-Identifier: GPL-2.0-or-later
// What the views of bytes and tables share. Everything shown is set as text, never as markup.

const KEEP_KEYS = { "data-lm-suppress-shortcuts": "true" }; // on each element that takes the focus
const NOWHERE = [-1, -1];

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Sets what has changed only: most of what is drawn again is as it was.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
function setClass(node, name) {
  if (node.className !== name) node.className = name;
}
function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function asBytes(value) {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value ?? 0);
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function inflateJson(value) {
  return JSON.parse(new TextDecoder().decode(await inflate(asBytes(value))));
}

const hex = (number, digits = 0) => `0x${number.toString(16).padStart(digits, "0")}`;
const isPrintable = (byte) => byte >= 0x20 && byte < 0x7f;
const isSpan = (span) => Array.isArray(span) && span[0] >= 0 && span[1] > span[0];
const sameSpan = (one, other) => one[0] === other[0] && one[1] === other[1];

function bytesInWords(count) {
  if (count === 1) return "1 byte";
  return count < 1024 ? `${count} bytes` : `${count.toLocaleString("en")} bytes (${hex(count)})`;
}

function button(name, label, title, act) {
  const node = element("button", { type: "button", class: `rb-${name}`, title, ...KEEP_KEYS }, label);
  node.addEventListener("click", act);
  return node;
}

// The clipboard where a page may use it, else a field that is copied from and goes.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", { class: "rb-hidden", "aria-hidden": "true", tabindex: -1 });
    field.value = text;
    const focused = document.activeElement;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus?.({ preventScroll: true });
    return done;
  }
}

// Listens to some of the model's traits; the answer is to be called when the view goes.
function follow(model, listeners) {
  for (const [name, listener] of Object.entries(listeners)) model.on(`change:${name}`, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) model.off(`change:${name}`, listener);
  };
}
