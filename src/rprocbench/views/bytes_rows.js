// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of which only those in sight exist: a million of them scroll as ten do.

const TALLEST = 4_000_000; // pixels; browsers give up at some 17 to 33 million
const SPARE = 1; // rows drawn below the last one in sight

class VirtualRows {
  // `make()` gives an empty row, `fill(row, index)` puts into it what belongs there.
  constructor({ attributes, height, make, fill }) {
    Object.assign(this, { height, make, fill });
    this.count = 0;
    this.top = 0;
    this.set = -1; // where we scrolled to ourselves
    this.rows = [];
    this.pane = element("div", { class: "rb-pane", role: "presentation" });
    this.sizer = element("div", { class: "rb-sizer", role: "presentation" }, this.pane);
    this.node = element("div", { class: "rb-rows", tabindex: 0, ...KEEP_KEYS, ...attributes }, this.sizer);
    this.node.addEventListener("scroll", () => this.scrolled());
    this.node.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.node);
  }

  close() { this.resized.disconnect(); }

  get isScaled() { return this.count * this.height > TALLEST; }
  get inSight() { return Math.max(1, Math.floor((this.node.clientHeight || 20 * this.height) / this.height)); }
  get last() { return Math.max(0, this.count - this.inSight); } // the top row at the very end

  setCount(count) {
    this.count = count;
    this.sizer.style.height = `${Math.min(count * this.height, TALLEST)}px`;
    this.goTo(Math.min(this.top, this.last));
  }

  goTo(top) {
    this.top = Math.max(0, Math.min(this.last, top));
    const room = TALLEST - this.node.clientHeight;
    const at = this.isScaled ? (this.top / this.last) * room : this.top * this.height;
    this.node.scrollTop = at;
    this.set = this.node.scrollTop;
    this.draw();
  }

  // As little as brings the row into sight; from afar, with some rows before it.
  show(index) {
    if (index < this.top) this.goTo(index > this.top - 4 ? index : index - Math.floor(this.inSight / 3));
    else if (index >= this.top + this.inSight) {
      const isNear = index < this.top + this.inSight + 4;
      this.goTo(isNear ? index - this.inSight + 1 : index - Math.floor(this.inSight / 3));
    }
  }

  scrolled() {
    const at = this.node.scrollTop;
    if (Math.abs(at - this.set) < 1) return;
    this.set = at;
    const room = this.node.scrollHeight - this.node.clientHeight;
    this.top = this.isScaled ? Math.round((at / room) * this.last) : Math.min(this.last, Math.floor(at / this.height));
    this.draw();
  }

  // Where the bar is scaled, a notch of the wheel would leap.
  wheeled(event) {
    if (!this.isScaled || event.ctrlKey || !event.deltaY) return;
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? event.deltaY * this.height : event.deltaY;
    this.goTo(this.top + Math.sign(pixels) * Math.max(1, Math.round(Math.abs(pixels) / this.height)));
  }

  draw() {
    const shown = Math.min(this.inSight + SPARE + 1, this.count - this.top);
    while (this.rows.length < shown) {
      this.rows.push(this.make());
      this.pane.append(this.rows.at(-1));
    }
    while (this.rows.length > Math.max(shown, 0)) this.rows.pop().remove();
    this.pane.style.top = `${this.isScaled ? this.node.scrollTop : this.top * this.height}px`;
    this.rows.forEach((row, i) => this.fill(row, this.top + i));
  }

  // The row that shows `index`, if one does.
  rowOf(index) { return this.rows[index - this.top] ?? null; }
}
