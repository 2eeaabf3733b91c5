// SPDX-License-Identifier: GPL-2.0-or-later
// A tree of named spans by the rules of ARIA: one item takes the focus, arrows move, branches open.
// A node is {label, detail, title, start, end, children, mark}; `draw` may put more into its row.

class SpanTree {
  constructor({ label, height = 24, make, draw, select, hover }) {
    Object.assign(this, { select, hover, drawMore: draw });
    this.roots = [];
    this.items = []; // the nodes that are in an open branch, in order
    this.open = new Set();
    this.current = null;
    const attributes = { role: "tree", "aria-label": label, class: "rb-rows rb-tree" };
    this.makeMore = make ?? (() => [element("span", { class: "rb-detail" })]);
    this.rows = new VirtualRows({ attributes, height, make: () => this.make(), fill: (row, i) => this.fill(row, i) });
    this.node = this.rows.node;
    this.node.addEventListener("click", (event) => this.clicked(event));
    this.node.addEventListener("keydown", (event) => this.pressed(event));
    this.node.addEventListener("mouseover", (event) => this.hover(this.nodeOf(event.target)));
    this.node.addEventListener("mouseleave", () => this.hover(null));
  }

  setRoots(roots, openTo = 1) {
    this.roots = roots;
    const visit = (nodes, parent, level) => nodes.forEach((node, i) => {
      Object.assign(node, { parent, level, position: i + 1, siblings: nodes.length });
      if (node.children?.length) {
        if (level <= openTo) this.open.add(node);
        visit(node.children, node, level + 1);
      }
    });
    visit(roots, null, 1);
    this.current = roots[0] ?? null;
    this.list();
  }

  list() {
    this.items = [];
    const visit = (nodes) => {
      for (const node of nodes) {
        node.index = this.items.push(node) - 1;
        if (this.open.has(node)) visit(node.children);
      }
    };
    visit(this.roots);
    this.rows.setCount(this.items.length);
  }

  make() {
    return element("div", { role: "treeitem", ...KEEP_KEYS }, element("span", { class: "rb-twig", "aria-hidden": "true" }),
      element("span", { class: "rb-name" }), ...this.makeMore());
  }

  fill(row, index) {
    const node = this.items[index];
    const isBranch = Boolean(node.children?.length);
    row.rbNode = node;
    setText(row.children[0], isBranch ? (this.open.has(node) ? "▾" : "▸") : "");
    setText(row.children[1], node.label);
    if (this.drawMore) this.drawMore(row, node);
    else setText(row.children[2], node.detail ?? "");
    setAttribute(row, "title", node.title ?? null);
    setAttribute(row, "aria-level", node.level);
    setAttribute(row, "aria-posinset", node.position);
    setAttribute(row, "aria-setsize", node.siblings);
    setAttribute(row, "aria-expanded", isBranch ? this.open.has(node) : null);
    setAttribute(row, "aria-selected", node === this.current);
    setAttribute(row, "tabindex", node === this.current ? 0 : -1);
    setClass(row, `rb-item${node === this.current ? " rb-current" : ""}${node.lit ? " rb-lit" : ""}`);
    row.style.setProperty("--rb-level", node.level - 1);
    // The tree itself takes the focus only while its current item is out of sight.
    this.node.tabIndex = this.current && this.rows.rowOf(this.current.index) ? -1 : 0;
  }

  nodeOf(target) { return target.closest?.("[role=treeitem]")?.rbNode ?? null; }

  // Stands on `node`, opening what it is in; `focus` when the keyboard is here.
  goTo(node, focus = false) {
    if (!node) return;
    let closed = false;
    for (let above = node.parent; above; above = above.parent) {
      closed ||= !this.open.has(above);
      this.open.add(above);
    }
    this.current = node;
    if (closed) this.list();
    this.rows.show(node.index);
    this.rows.draw();
    if (focus) this.rows.rowOf(node.index)?.focus({ preventScroll: true });
  }

  toggle(node, open) {
    if (!node.children?.length || this.open.has(node) === open) return false;
    if (open) this.open.add(node);
    else this.open.delete(node);
    this.list();
    return true;
  }

  clicked(event) {
    const node = this.nodeOf(event.target);
    if (!node) return;
    if (event.target.classList.contains("rb-twig")) this.toggle(node, !this.open.has(node));
    this.goTo(node, true);
    this.select(node);
  }

  pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.current) return;
    const { current, items } = this;
    const go = (node) => {
      this.goTo(node, true);
      this.select(node);
    };
    const keys = {
      ArrowDown: () => go(items[Math.min(items.length - 1, current.index + 1)]),
      ArrowUp: () => go(items[Math.max(0, current.index - 1)]),
      Home: () => go(items[0]),
      End: () => go(items.at(-1)),
      PageDown: () => go(items[Math.min(items.length - 1, current.index + this.rows.inSight)]),
      PageUp: () => go(items[Math.max(0, current.index - this.rows.inSight)]),
      ArrowRight: () => (this.toggle(current, true) ? this.goTo(current, true) : current.children?.length && go(current.children[0])),
      ArrowLeft: () => (this.toggle(current, false) ? this.goTo(current, true) : current.parent && go(current.parent)),
      Enter: () => this.select(current),
      " ": () => this.select(current),
      "*": () => { (current.parent?.children ?? this.roots).forEach((node) => this.toggle(node, true)); this.goTo(current, true); },
      Escape: () => document.activeElement?.blur(),
    };
    if (!keys[event.key]) return;
    keys[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }
}
