// SPDX-License-Identifier: GPL-2.0-or-later
// Names for bytes, and what can be done with them: find, go to, say in numbers, copy.

// Regions as arrays, and a tree of their paths: a dot outside of brackets parts two levels.
class Regions {
  constructor(packed) {
    const { regions: flat, strings, base } = packed;
    this.starts = [];
    this.ends = [];
    this.told = [];
    let at = base;
    for (let i = 0; i < flat.length; i += 5) {
      this.starts.push(at + flat[i]);
      at += flat[i] + flat[i + 1];
      this.ends.push(at);
      this.told.push([strings[flat[i + 2]], strings[flat[i + 3]], strings[flat[i + 4]]]);
    }
    this.nodes = [];
    this.roots = this.grow();
  }

  get count() { return this.starts.length; }

  // The last region that starts at or before `offset`; -1 before the first.
  before(offset) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // The region that `offset` is in, or -1.
  at(offset) {
    const index = this.before(offset);
    return index >= 0 && offset < this.ends[index] ? index : -1;
  }

  span(index) { return [this.starts[index], this.ends[index]]; }

  grow() {
    const root = { children: [], byLabel: new Map() };
    this.told.forEach(([path, value, doc], index) => {
      let node = root;
      for (const label of splitPath(path)) {
        let next = node.byLabel.get(label);
        if (!next) {
          next = { label, children: [], byLabel: new Map(), start: this.starts[index], detail: "" };
          node.byLabel.set(label, next);
          node.children.push(next);
        }
        next.end = this.ends[index];
        node = next;
      }
      Object.assign(node, { detail: value, title: doc ? `${path}: ${doc}` : path });
      this.nodes.push(node);
    });
    return root.children;
  }
}

function splitPath(path) {
  const labels = [];
  let depth = 0, label = "";
  for (const char of path) {
    if (char === "[") depth++;
    if (char === "]") depth--;
    if (char === "." && depth <= 0 && label && labels.length < 12) {
      labels.push(label);
      label = "";
    } else label += char;
  }
  return label ? [...labels, label] : labels;
}

// "7f 45 ?? 4?" as bytes and masks, or text in which ? is any byte; null when it is neither.
function parsePattern(text, isText) {
  if (isText) {
    const bytes = [...new TextEncoder().encode(text)];
    return bytes.length ? bytes.map((byte) => (byte === 0x3f ? [0, 0] : [byte, 0xff])) : null;
  }
  const digits = text.replace(/0x|[\s,]/gi, "");
  if (!digits || digits.length % 2 || /[^0-9a-f?]/i.test(digits)) return null;
  const nibble = (char) => (char === "?" ? [0, 0] : [parseInt(char, 16), 15]);
  return digits.match(/../g).map((pair) => {
    const [[high, highMask], [low, lowMask]] = [...pair].map(nibble);
    return [high * 16 + low, highMask * 16 + lowMask];
  });
}

// The first match at or after `from` (before it, when going back); -1 for none. Jumps from one
// whole byte of the pattern to the next with the browser's own search.
function findPattern(data, pattern, from, isBack = false) {
  const last = data.length - pattern.length;
  const anchor = Math.max(0, pattern.findIndex(([, mask]) => mask === 0xff));
  const [wanted, mask] = pattern[anchor];
  const matches = (at) => pattern.every(([byte, bits], i) => (data[at + i] & bits) === byte);
  let at = isBack ? Math.min(from, last) : from;
  while (at >= 0 && at <= last) {
    if (mask === 0xff) {
      const found = isBack ? data.lastIndexOf(wanted, at + anchor) : data.indexOf(wanted, at + anchor);
      at = found - anchor;
      if (found < 0 || at < 0 || at > last) return -1;
    }
    if (matches(at)) return at;
    at += isBack ? -1 : 1;
  }
  return -1;
}

// An offset as people write it: 0x1f0, 496, +16 from here, -0x10; else the start of a region.
function parseOffset(text, here, regions) {
  const found = /^([+-]?)\s*(0x[0-9a-f]+|\d+)$/i.exec(text.trim().replaceAll("_", ""));
  if (found) {
    const number = Number(found[2]);
    if (!found[1]) return number;
    return Math.max(here, 0) + (found[1] === "-" ? -number : number);
  }
  const name = text.trim().toLowerCase();
  const paths = regions.told.map(([path]) => path.toLowerCase());
  if (!name) return null;
  const exact = paths.indexOf(name);
  const index = exact >= 0 ? exact : paths.findIndex((path) => path.includes(name));
  return index < 0 ? null : regions.starts[index];
}

const grouped = (number) => number.toLocaleString("en");

// What the bytes at `at` are as numbers: [name, little-endian, big-endian].
function inspect(data, at) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const rows = [];
  for (const [name, size, read] of [
    ["u8", 1, "getUint8"], ["i8", 1, "getInt8"], ["u16", 2, "getUint16"], ["i16", 2, "getInt16"],
    ["u32", 4, "getUint32"], ["i32", 4, "getInt32"],
  ]) {
    if (at < 0 || at + size > data.length) rows.push([name, "–", "–"]);
    else {
      const say = (number) => (name[0] === "u" ? `${hex(number, size * 2)} = ${grouped(number)}` : grouped(number));
      rows.push([name, say(view[read](at, true)), size === 1 ? "" : say(view[read](at, false))]);
    }
  }
  const bits = at < 0 ? "–" : data[at].toString(2).padStart(8, "0").replace(/(....)/, "$1 ");
  let end = at;
  while (at >= 0 && end < data.length && end < at + 24 && isPrintable(data[end])) end++;
  const text = end > at ? `“${String.fromCharCode(...data.subarray(at, end))}”` : "not printable";
  return [...rows, ["bits", bits, ""], ["ASCII", at < 0 ? "–" : text, ""]];
}

function asSource(bytes, format) {
  const all = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const lines = [];
  for (let i = 0; i < all.length; i += 16) lines.push(all.slice(i, i + 16));
  const body = (say) => lines.map(say).join("\n");
  if (format === "c") {
    return `const unsigned char bytes[${all.length}] = {\n${body((line) => `  ${line.map((byte) => `0x${byte},`).join(" ")}`)}\n};`;
  }
  if (format === "python") return `bytes.fromhex(\n${body((line) => `    "${line.join(" ")}"`)}\n)`;
  return body((line) => line.join(" "));
}
