// SPDX-License-Identifier: GPL-2.0-or-later
// The resource table: a tree of its fields, its bytes, and a slider over the moments at which it changed.
// Traits: cursor (an event), offset, span, hover (of the file); [-1, -1] is nothing.

function momentsBar(history, act) {
  const last = history.moments.length - 1;
  const slider = element("input", { type: "range", class: "rb-slider", min: 0, max: last, step: 1, "aria-label": "Moment", ...KEEP_KEYS });
  slider.addEventListener("input", () => act(Number(slider.value)));
  const buttons = [["first", "⇤ in the file", "In the file (Home)", () => act(0)], ["back", "← back", "Moment before (Left)", () => act("back")],
    ["forward", "forward →", "Next moment (Right)", () => act("forward")], ["last", "last ⇥", "Last moment (End)", () => act(last)]]
    .map(([name, label, title, work]) => button(name, label, title, work));
  const count = element("span", { class: "rb-count rb-mono" });
  const node = element("div", { class: "rb-toolbar", role: "group", "aria-label": "Moments of the table", hidden: last < 1 },
    element("div", { class: "rb-group" }, ...buttons), slider, count);
  const moves = { Home: 0, End: last, ArrowLeft: "back", ArrowDown: "forward", ArrowRight: "forward", ArrowUp: "back", PageUp: "back", PageDown: "forward" };
  node.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") event.target.blur();
    else if (event.key in moves) act(moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { node, slider, count };
}

export async function render({ model, el }) {
  const history = new TableHistory(await inflateJson(model.get("table")));
  const { base, moments } = history;
  const bar = momentsBar(history, go);
  const status = element("div", { class: "rb-status", role: "status", "aria-live": "polite" });
  const detail = element("div", { class: "rb-field", role: "region", "aria-label": "The chosen field", tabindex: 0, ...KEEP_KEYS });
  const tree = new SpanTree({
    label: `Fields of ${history.title}`, select: choose,
    make: () => ["offset", "value", "meaning", "mark", "note"].map((name) => element("span", { class: `rb-${name}` })),
    draw: drawItem, hover: (node) => put({ hover: node ? [node.start, node.end] : NOWHERE }),
  });
  const regions = history.regions();
  let data = history.bytes(moments[0]); // of the moment that is drawn
  const grid = new HexGrid({
    data, base, regions, label: `Bytes of ${history.title}`, state, keys,
    move: (at) => pick(base + at), hover: (at) => put({ hover: at < 0 || regions.at(base + at) < 0 ? NOWHERE : regions.span(regions.at(base + at)) }),
  });
  let number = -1; // the moment that is drawn
  const heads = element("div", { class: "rb-heads rb-dim", "aria-hidden": "true" },
    ...["Field", "Offset", "Value", "Meaning", "Change"].map((text) => element("span", {}, text)));
  const root = element("section", { class: "rb rb-resource-table", "aria-label": history.title },
    element("h3", {}, history.title), element("p", { class: "rb-dim" }, history.summary), bar.node, status,
    element("div", { class: "rb-panes" }, element("div", { class: "rb-fields" }, heads, tree.node),
      element("div", { class: "rb-side" },
        element("p", { class: "rb-caption rb-dim" }, `The bytes${base ? ", numbered as in the file" : ""}; changed ones are underlined`), grid.node, detail)),
    history.findings.length ? element("ul", {}, ...history.findings.map((text) => element("li", { class: "rb-bad" }, `✗ ${text}`))) : null);
  el.replaceChildren(root);

  function state() {
    const offset = model.get("offset"), span = model.get("span"), hover = model.get("hover");
    const at = offset >= base && offset < base + data.length ? offset - base : -1;
    return { at, from: at, span: [span[0] - base, span[1] - base], region: at < 0 ? -1 : regions.at(offset),
      hovered: isSpan(hover) ? regions.at(hover[0]) : -1 };
  }

  function put(values) {
    for (const [name, value] of Object.entries(values)) {
      const old = model.get(name);
      if (Array.isArray(value) ? !sameSpan(old, value) : old !== value) model.set(name, value);
    }
    model.save_changes();
  }

  function go(to) {
    const now = history.at(model.get("cursor"));
    const wanted = { back: now - 1, forward: now + 1 }[to] ?? to;
    put({ cursor: moments[Math.max(0, Math.min(moments.length - 1, wanted))].index });
  }

  function choose(node) { put({ offset: node.start, span: [node.start, node.end] }); }

  function pick(offset) {
    const field = history.fieldAt(offset);
    put({ offset, span: field ? [field.start, field.end] : [offset, offset + 1] });
  }

  function keys(key, at) {
    const field = regions.before(at < 0 ? -1 : base + at);
    const to = { n: field + 1, p: field - 1 }[key];
    if (to !== undefined && to >= 0 && to < regions.count) choose(history.shown[to]);
    if (key === "Escape") document.activeElement?.blur();
    return ["n", "p", "Escape"].includes(key);
  }

  function drawItem(row, node) {
    const [, , offset, value, meaning, mark, note] = row.children;
    setText(offset, hex(node.start - base));
    const [held, means] = node.isGroup ? ["", `${node.end - node.start} bytes`] : history.value(node, moments[Math.max(number, 0)]);
    const [glyph, said] = node.isGroup ? ["", ""] : history.note(node, Math.max(number, 0));
    node.lit = glyph === "●";
    setText(value, held);
    setText(meaning, means);
    setText(mark, glyph);
    setText(note, said);
  }

  function drawStatus() {
    const moment = moments[number];
    const changed = [...moment.changed].map((each) => history.fields[each]);
    const what = moment.index < 0 ? "The table in the file." : "";
    const told = changed.slice(0, 3).map((field) => `${field.path}: ${history.value(field, history.previous[number])[0]} → ${history.say(field, moment)}`);
    if (changed.length > 3) told.push(`and ${changed.length - 3} more`);
    if (!changed.length && moment.index >= 0 && moment.bytes) told.push("nothing differs from before");
    const live = moment.live ? `table_ptr points to ${moment.live}` : moment.index < 0 ? "" : "table_ptr points to nothing";
    status.replaceChildren(
      element("div", {}, ...(what ? [what] : [element("strong", {}, `Event ${moment.index}`), ` ${moment.by}: `, element("code", {}, moment.place), ` ${moment.what}`])),
      element("div", {}, element("span", { class: "rb-mono" }, told.join("; "))), element("div", { class: "rb-dim" }, live));
    bar.slider.value = number;
    bar.slider.setAttribute("aria-valuetext", moment.index < 0 ? "in the file" : `event ${moment.index}: ${moment.by}: ${moment.place} ${moment.what}`);
    setText(bar.count, `${number} / ${moments.length - 1}`);
  }

  function drawDetail() {
    const field = tree.current && !tree.current.isGroup ? tree.current : null;
    if (!field) {
      detail.replaceChildren(element("p", { class: "rb-dim" }, "Choose a field to see what it is and what wrote it."));
      return;
    }
    const rows = history.writes(field).map((each) => {
      const moment = moments[each];
      const text = moment.changed.has(field.number)
        ? `${history.value(field, history.previous[each])[0]} → ${history.say(field, moment)}` : "written, the same";
      return element("li", each === number ? { "aria-current": "step", class: "rb-now" } : {},
        button("event", `event ${moment.index}`, "Go to this moment", () => go(each)), " ", element("span", { class: "rb-mono" }, text),
        element("div", { class: "rb-dim" }, `${moment.by}: ${moment.place}`));
    });
    detail.replaceChildren(element("h4", { class: "rb-mono" }, field.path), element("p", {}, field.doc),
      element("p", {}, "In the file: ", element("span", { class: "rb-mono" }, history.say(field, moments[0])),
        number ? "; now: " : "", element("span", { class: "rb-mono" }, number ? history.say(field, moments[number]) : "")),
      rows.length ? element("ol", {}, ...rows) : element("p", { class: "rb-dim" }, moments.length > 1 ? "No event of the run wrote it." : ""));
  }

  // The cursor of the run, or the place in the file, may have been moved by another view.
  function moved() {
    const now = history.at(model.get("cursor"));
    if (now !== number) {
      number = now;
      const changed = [...moments[now].changed].map((each) => history.fields[each]);
      const isLit = (offset) => changed.some((field) => base + offset >= field.start && base + offset < field.end);
      data = history.bytes(moments[now]);
      grid.setData(data, (offset) => (isLit(offset) ? " rb-changed" : ""));
      const few = changed.length && changed.length < 5 && changed.find((field) => !tree.rows.rowOf(field.index));
      if (few) tree.rows.show(few.index ?? 0);
      drawStatus();
    }
    const [start, end] = model.get("span");
    const isChosen = tree.current && tree.current.start === start && tree.current.end === end;
    const field = history.fieldAt(model.get("offset"));
    if (field && !isChosen) tree.goTo(field, tree.node.contains(document.activeElement));
    const { at } = state();
    if (at >= 0) grid.show(at);
    drawDetail();
    tree.rows.draw();
    grid.draw();
    root.dataset.cursor = model.get("cursor");
  }

  tree.setRoots(history.roots, 9);
  let wanted = null;
  const soon = (work) => () => {
    wanted = wanted === moved ? moved : work;
    queueMicrotask(() => { const now = wanted; wanted = null; now?.(); });
  };
  const all = soon(moved);
  const unfollow = follow(model, { cursor: all, offset: all, span: all, hover: soon(() => grid.draw()) });
  moved();
  return () => {
    unfollow();
    grid.close();
    tree.rows.close();
  };
}

export default { render };
