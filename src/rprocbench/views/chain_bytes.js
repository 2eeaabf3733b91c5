// SPDX-License-Identifier: GPL-2.0-or-later
// A link's bytes, a page of them, as a grid to walk in; and what it shares with the chain around it.

const chainBytes = (() => {
  const COLUMNS = 16;
  const PAGE = 6 * COLUMNS;
  const KEEP = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab leaves these keys to us
  const hex = (number, width = 0) => number.toString(16).padStart(width, "0");
  const at = (offset) => `0x${hex(offset)}`;
  const total = (spans) => spans.reduce((sum, [start, end]) => sum + end - start, 0);

  function element(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  function button(name, text, act) {
    const node = element("button", { type: "button", class: `rb-${name}`, ...KEEP }, text);
    node.addEventListener("click", () => node.getAttribute("aria-disabled") !== "true" && act());
    return node;
  }

  // The offsets of the page that begins with the `first` byte of `spans`.
  function pageOf(spans, first) {
    const places = [];
    let left = first;
    for (const [start, end] of spans) {
      const skip = Math.min(left, end - start);
      left -= skip;
      for (let place = start + skip; place < end && places.length < PAGE; place++) places.push(place);
    }
    return places;
  }

  function cellOf(place, { bytes, original, offset }, active) {
    const changed = bytes[place] !== original[place];
    const said = `${at(place)}: ${hex(bytes[place], 2)}${changed ? `, was ${hex(original[place], 2)}` : ""}`;
    return element("td", { role: "gridcell", tabindex: place === active ? "0" : "-1", "data-offset": String(place), ...KEEP,
      class: [changed && "rb-edited", place === offset && "rb-at"].filter(Boolean).join(" ") || null, "aria-label": said }, hex(bytes[place], 2));
  }

  // `pick(offset, text)` is called for a byte that was chosen, with what was typed on it, null for
  // one that was only walked to; `turn(first)` for another page.
  function draw(spans, state, { pick, turn }) {
    const places = pageOf(spans, state.first);
    const size = total(spans);
    const active = places.includes(state.offset) ? state.offset : places[0];
    const grid = element("table", { class: "rb-bytes", role: "grid", "aria-label": "Bytes of the link" });
    for (let from = 0; from < places.length;) {
      const row = element("tr", { role: "row" }, element("th", { role: "rowheader" }, at(places[from])));
      let to = from;
      do row.append(cellOf(places[to++], state, active)); while (to < places.length && to < from + COLUMNS && places[to] === places[to - 1] + 1);
      grid.append(row);
      from = to;
    }
    grid.addEventListener("click", (event) => {
      const cell = event.target.closest("[data-offset]");
      if (cell) pick(Number(cell.dataset.offset), "");
    });
    grid.addEventListener("keydown", (event) => walk(event, grid, places, pick));
    const where = spans.length === 1 ? "" : ` in ${spans.length} stretches`;
    const head = element("div", { class: "rb-row" }, element("h5", {}, `Bytes: ${size}${where}`));
    if (size > places.length) {
      for (const [name, text, to] of [["before", "‹ Before", state.first - PAGE], ["behind", "Behind ›", state.first + PAGE]]) {
        const node = button(name, text, () => turn(to, name));
        node.setAttribute("aria-disabled", String(to < 0 || to >= size));
        head.append(node);
      }
      head.append(element("span", { class: "rb-dim" }, `${state.first} to ${state.first + places.length - 1}`));
    }
    return [head, grid];
  }

  function walk(event, grid, places, pick) {
    const now = places.indexOf(Number(event.target.dataset.offset));
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, ArrowDown: now + COLUMNS, ArrowUp: now - COLUMNS, Home: 0, End: places.length - 1 }[event.key];
    if (next !== undefined) {
      const place = places[Math.max(0, Math.min(next, places.length - 1))];
      pick(place, null);
      grid.querySelector(`[data-offset="${place}"]`).focus();
    } else if (event.key === "Enter") {
      pick(places[now], "");
    } else if (/^[0-9a-f]$/i.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      pick(places[now], event.key);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // The byte that other views point at, shown without drawing the grid anew.
  function point(root, offset) {
    const cell = root.querySelector(`[data-offset="${offset}"]`);
    root.querySelector(".rb-at")?.classList.remove("rb-at");
    if (!cell) return;
    cell.classList.add("rb-at");
    root.querySelectorAll("[data-offset][tabindex='0']").forEach((one) => { one.tabIndex = -1; });
    cell.tabIndex = 0;
  }

  return { at, button, draw, element, hex, KEEP, point, total };
})();
