// SPDX-License-Identifier: GPL-2.0-or-later
// The hex grid: rows of eight or sixteen bytes, one cell a byte, the same bytes as text beside them.
// Offsets in here count from the first byte shown.

const SIXTEEN_FROM = 500; // pixels that sixteen bytes and their text need

class HexGrid {
  // `state()` gives {at, span, hover, region, hovered}; the others are told what the reader does.
  constructor({ data, base, regions, label, state, move, hover, keys }) {
    Object.assign(this, { data, base, regions, state, move, hover, keys });
    this.perRow = 0;
    this.digits = Math.max(6, (base + data.length).toString(16).length);
    const attributes = { role: "grid", "aria-label": label, "aria-multiselectable": "true", class: "rb-rows rb-grid" };
    this.rows = new VirtualRows({ attributes, height: 20, make: () => this.make(), fill: (row, i) => this.fill(row, i) });
    this.node = this.rows.node;
    this.dragged = -1;
    this.node.addEventListener("mousedown", (event) => this.pressedAt(event));
    this.node.addEventListener("mouseover", (event) => this.over(event));
    this.node.addEventListener("mouseleave", () => this.hover(-1));
    this.node.addEventListener("dblclick", (event) => this.keys("region", this.offsetOf(event.target)));
    this.node.addEventListener("keydown", (event) => this.typed(event));
    this.node.addEventListener("copy", (event) => { if (this.keys("copyEvent", event)) event.preventDefault(); });
    this.stopDrag = () => { this.dragged = -1; };
    document.addEventListener("mouseup", this.stopDrag);
    this.fitted = new ResizeObserver(() => this.fit());
    this.fitted.observe(this.node);
    this.fit(16);
  }

  close() {
    this.rows.close();
    this.fitted.disconnect();
    document.removeEventListener("mouseup", this.stopDrag);
  }

  // Other bytes in the same places; `mark` may give a class to a byte.
  setData(data, mark = null) {
    Object.assign(this, { data, mark });
    this.perRow = 0;
    this.fit();
    this.draw();
  }

  fit(perRow = this.node.clientWidth && this.node.clientWidth < SIXTEEN_FROM + this.digits * 8 ? 8 : 16) {
    if (perRow === this.perRow) return;
    const at = this.rows.top * this.perRow || 0;
    this.perRow = perRow;
    while (this.rows.rows.length) this.rows.rows.pop().remove();
    const count = Math.ceil(this.data.length / perRow);
    setAttribute(this.node, "aria-rowcount", count);
    setAttribute(this.node, "aria-colcount", perRow + 2);
    this.rows.setCount(count);
    this.rows.goTo(Math.floor(at / perRow));
  }

  make() {
    const cell = (i) => element("span", { role: "gridcell", class: "rb-byte", "aria-colindex": i + 2, tabindex: -1, ...KEEP_KEYS });
    const text = element("span", { role: "gridcell", class: "rb-ascii", "aria-colindex": this.perRow + 2 });
    const row = element("div", { role: "row", class: "rb-row16" },
      element("span", { role: "rowheader", class: "rb-offset", "aria-colindex": 1 }));
    row.rbCells = [];
    row.rbChars = [];
    for (let i = 0; i < this.perRow; i++) {
      row.rbCells.push(cell(i));
      row.rbChars.push(element("span", { class: "rb-char" }));
      row.rbCells[i].rbColumn = row.rbChars[i].rbColumn = i;
    }
    text.append(...row.rbChars);
    row.append(...row.rbCells, text);
    return row;
  }

  fill(row, index) {
    const { data, perRow, regions, base } = this;
    const { at, span, hovered, region } = this.view ?? this.state();
    const start = index * perRow;
    row.rbStart = start;
    setAttribute(row, "aria-rowindex", index + 1);
    setText(row.firstChild, (base + start).toString(16).padStart(this.digits, "0"));
    let here = regions.before(base + start);
    for (let i = 0; i < perRow; i++) {
      const offset = start + i, cell = row.rbCells[i], char = row.rbChars[i];
      if (offset >= data.length) {
        setText(cell, "");
        setText(char, "");
        for (const node of [cell, char]) setClass(node, node === cell ? "rb-byte rb-past" : "rb-char");
        setAttribute(cell, "tabindex", null);
        setAttribute(cell, "aria-selected", null);
        continue;
      }
      while (here + 1 < regions.count && regions.starts[here + 1] <= base + offset) here++;
      const byte = data[offset];
      const isIn = here >= 0 && base + offset < regions.ends[here];
      let marks = isIn && here % 2 ? " rb-odd" : "";
      if (isIn && here === region) marks += " rb-here";
      if (isIn && here === hovered) marks += " rb-hover";
      const isSelected = offset >= span[0] && offset < span[1];
      if (isSelected) marks += " rb-sel";
      if (offset === at) marks += " rb-cur";
      if (this.mark) marks += this.mark(offset);
      setText(cell, byte.toString(16).padStart(2, "0"));
      setText(char, isPrintable(byte) ? String.fromCharCode(byte) : "·");
      setClass(cell, `rb-byte${byte ? "" : " rb-zero"}${marks}`);
      setClass(char, `rb-char${isPrintable(byte) ? "" : " rb-zero"}${marks}`);
      setAttribute(cell, "aria-selected", isSelected);
      setAttribute(cell, "tabindex", offset === at ? 0 : -1);
    }
  }

  draw() {
    this.view = this.state();
    const isInside = this.node.contains(document.activeElement);
    this.rows.draw();
    this.view = null;
    const cell = this.cellOf(this.state().at);
    setAttribute(this.node, "tabindex", cell ? -1 : 0);
    if (isInside) (cell ?? this.node).focus({ preventScroll: true });
  }

  // Scrolls `offset` into sight.
  show(offset) { this.rows.show(Math.floor(offset / this.perRow)); }

  focus() { (this.cellOf(this.state().at) ?? this.node).focus({ preventScroll: true }); }

  cellOf(offset) {
    if (offset < 0) return null;
    return this.rows.rowOf(Math.floor(offset / this.perRow))?.rbCells[offset % this.perRow] ?? null;
  }

  offsetOf(target) {
    const row = target.closest?.(".rb-row16");
    if (!row || target.rbColumn === undefined) return -1;
    const offset = row.rbStart + target.rbColumn;
    return offset < this.data.length ? offset : -1;
  }

  pressedAt(event) {
    const offset = this.offsetOf(event.target);
    if (offset < 0 || event.button) return;
    event.preventDefault();
    this.dragged = event.shiftKey && this.state().at >= 0 ? this.state().at : offset;
    this.move(offset, this.dragged);
    this.focus();
  }

  over(event) {
    const offset = this.offsetOf(event.target);
    if (this.dragged >= 0 && event.buttons & 1 && offset >= 0) this.move(offset, this.dragged);
    else this.hover(offset);
  }

  typed(event) {
    const { perRow, data } = this;
    const { at, from } = this.state();
    const here = Math.max(at, 0), page = perRow * this.rows.inSight, end = data.length - 1;
    const key = event.ctrlKey && ["Home", "End"].includes(event.key) ? `Ctrl${event.key}` : event.key;
    if (event.altKey || event.metaKey || (event.ctrlKey && !key.startsWith("Ctrl"))) return;
    const start = here - (here % perRow);
    const moves = {
      ArrowLeft: here - 1, ArrowRight: at < 0 ? 0 : here + 1, ArrowUp: here - perRow, ArrowDown: at < 0 ? 0 : here + perRow,
      PageUp: here - page, PageDown: here + page, Home: start, End: start + perRow - 1, CtrlHome: 0, CtrlEnd: end,
    };
    if (key in moves) {
      let to = moves[key];
      if (to < 0 || to > end) to = /Arrow(Up|Down)/.test(key) ? here : Math.max(0, Math.min(end, to));
      if (data.length) this.move(to, event.shiftKey ? from : to);
    } else if (!this.keys(key, at)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}
