// SPDX-License-Identifier: GPL-2.0-or-later
// The hex view: grid, tree of the pieces, what the byte under the cursor is, find, go to, copy.
// Traits: offset, span, hover; they count from the start of the buffer, [-1, -1] is nothing.

function bytesTools(act) {
  const goto = element("input", { type: "text", class: "rb-goto", size: 17, spellcheck: "false", autocomplete: "off",
    placeholder: "0x1f0, +16, a name", "aria-label": "Go to offset or name", title: "Go to offset or name (g)", ...KEEP_KEYS });
  const find = element("input", { type: "text", class: "rb-find", size: 18, spellcheck: "false", autocomplete: "off",
    placeholder: "7f 45 ?? 4?", "aria-label": "Find bytes; ? is any digit", title: "Find (/)", ...KEEP_KEYS });
  const choice = (name, label, ...options) => element("select", { class: `rb-${name}`, "aria-label": label, ...KEEP_KEYS },
    ...options.map(([value, text]) => element("option", { value }, text)));
  const kind = choice("kind", "Look for", ["hex", "hex"], ["text", "text"]);
  const format = choice("format", "Copy as", ["hex", "hex"], ["c", "C"], ["python", "Python"]);
  const isWord = (event, field, done) => {
    if (event.key === "Enter") done();
    else if (event.key === "Escape") act("grid");
    else return event.stopPropagation(); // typing is for the field alone
    event.preventDefault();
    return event.stopPropagation();
  };
  goto.addEventListener("keydown", (event) => isWord(event, goto, () => act("goto", goto.value)));
  find.addEventListener("keydown", (event) => isWord(event, find, () => act(event.shiftKey ? "findBack" : "find")));
  kind.addEventListener("change", () => {
    find.placeholder = kind.value === "hex" ? "7f 45 ?? 4?" : "text, ? is any";
    find.setAttribute("aria-label", kind.value === "hex" ? "Find bytes; ? is any digit" : "Find text; ? is any character");
  });
  for (const node of [kind, format]) {
    node.addEventListener("keydown", (event) => (event.key === "Escape" ? act("grid") : event.stopPropagation()));
  }
  const group = (...children) => element("div", { class: "rb-group" }, ...children);
  const node = element("div", { class: "rb-toolbar", role: "group", "aria-label": "Move, find, copy" },
    group(button("previous", "← piece", "Piece before (p)", () => act("p")), button("next", "piece →", "Next piece (n)", () => act("n"))),
    group(element("label", { class: "rb-label" }, "Go to ", goto)),
    group(element("span", { class: "rb-label" }, "Find "), kind, find, button("findnext", "Find", "Next match (Enter)", () => act("find"))),
    group(button("copy", "Copy as", "Copy the selection (c)", () => act("c")), format));
  return { node, goto, find, kind, format };
}

function bytesPanel() {
  const status = element("div", { class: "rb-status", role: "status", "aria-live": "polite" });
  const over = element("p", { class: "rb-over rb-dim", "aria-hidden": "true" });
  const body = element("tbody", {});
  const head = ["Type", "Little-endian", "Big-endian"].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "rb-table rb-inspector" }, element("caption", {}, "The bytes from here, as numbers"),
    element("thead", {}, element("tr", {}, ...head)), body);
  return { status, over, body, table };
}

// What stands at `offset`: its piece, where that lies, its value, what it is.
function sayPiece(regions, index, offset) {
  if (index < 0) return [element("span", { class: "rb-mono" }, hex(offset)), " has no name"];
  const [path, value, doc] = regions.told[index];
  const [start, end] = regions.span(index);
  const into = offset > start ? `, +${offset - start} of ${bytesInWords(end - start)}` : `, ${bytesInWords(end - start)}`;
  return [element("strong", { class: "rb-mono" }, path), " ", element("span", { class: "rb-dim" }, `at ${hex(start)}${into}`),
    value ? element("span", { class: "rb-mono rb-said" }, ` = ${value}`) : "", doc ? element("span", { class: "rb-said" }, ` – ${doc}`) : ""];
}

export async function render({ model, el }) {
  const packed = await inflateJson(model.get("regions"));
  const data = model.get("packed") ? await inflate(asBytes(model.get("data"))) : asBytes(model.get("data"));
  const { base } = packed;
  const regions = new Regions(packed);
  const end = base + data.length;
  const isInside = (offset) => offset >= base && offset < end;
  let from = -1; // where a selection by Shift began
  let said = ""; // an answer to a command, until the next one
  const tools = bytesTools(act);
  const panel = bytesPanel();
  const grid = new HexGrid({
    data, base, regions, label: `Bytes of ${packed.title}`, state, keys,
    move: (at, anchor) => moveTo(base + at, base + anchor),
    hover: (at) => setHover(at < 0 ? -1 : regions.at(base + at)),
  });
  const tree = new SpanTree({
    label: `Pieces of ${packed.title}`,
    select: (node) => choose([node.start, node.end]),
    hover: (node) => model.get("hover")[0] === (node?.start ?? -1) || put({ hover: node ? [node.start, node.end] : NOWHERE }),
  });
  const findings = packed.findings.map((finding) => element("li", { class: "rb-bad" }, `✗ ${finding}`));
  const root = element("section", { class: "rb rb-bytes", "aria-label": `${packed.title}, bytes` },
    element("h3", {}, packed.title, " ", element("span", { class: "rb-dim" }, packed.summary)), tools.node, panel.status, panel.over,
    element("div", { class: "rb-panes" }, grid.node, element("div", { class: "rb-side" },
      regions.count ? tree.node : null, panel.table)),
    findings.length ? element("ul", {}, ...findings) : null);
  el.replaceChildren(root);

  function state() {
    const offset = model.get("offset"), span = model.get("span"), hover = model.get("hover");
    const hovered = isSpan(hover) ? regions.at(hover[0]) : -1;
    const at = isInside(offset) ? offset - base : -1;
    return { at, from: from < 0 ? Math.max(at, 0) : from, span: [span[0] - base, span[1] - base], hovered,
      region: at < 0 ? -1 : regions.at(offset) };
  }

  function put(values) {
    for (const [name, value] of Object.entries(values)) {
      const old = model.get(name);
      if (Array.isArray(value) ? !sameSpan(old, value) : old !== value) model.set(name, value);
    }
    model.save_changes();
  }

  function moveTo(offset, anchor) {
    from = anchor - base;
    said = "";
    put({ offset, span: [Math.min(offset, anchor), Math.max(offset, anchor) + 1] });
  }

  function choose(span) {
    from = span[0] - base;
    said = "";
    put({ offset: span[0], span });
  }

  function setHover(index) {
    const hover = index < 0 ? NOWHERE : regions.span(index);
    if (!sameSpan(hover, model.get("hover"))) put({ hover });
  }

  function keys(key, at) {
    if (key === "copyEvent") {
      const bytes = selection();
      if (bytes.length) at.clipboardData.setData("text/plain", asSource(bytes, tools.format.value));
      return bytes.length > 0;
    }
    const known = { g: "focusGoto", "/": "focusFind", n: "n", p: "p", c: "c", Enter: "piece", " ": "piece", region: "piece", Escape: "escape" };
    if (known[key]) act(known[key], at);
    return Boolean(known[key]);
  }

  function selection() {
    const [start, stop] = state().span;
    return data.subarray(Math.max(start, 0), Math.max(stop, 0));
  }

  function answer(text) {
    said = text;
    drawPanel();
  }

  function act(what, value) {
    const offset = model.get("offset");
    switch (what) {
      case "focusGoto": case "focusFind": {
        const field = what === "focusGoto" ? tools.goto : tools.find;
        field.focus();
        return field.select();
      }
      case "grid": return grid.focus();
      case "escape":
        if (isSpan(model.get("span"))) return put({ span: NOWHERE });
        return document.activeElement?.blur();
      case "piece": {
        const index = regions.at(base + value);
        return index < 0 ? null : choose(regions.span(index));
      }
      case "n": case "p": return step(what, offset);
      case "goto": return goTo(value, offset);
      case "find": case "findBack": return search(what === "findBack");
      default: return copy();
    }
  }

  function step(what, offset) {
    const index = regions.before(offset);
    const to = what === "n" ? index + 1 : index >= 0 && offset <= regions.starts[index] ? index - 1 : index;
    if (to < 0 || to >= regions.count) answer(`there is no piece ${what === "n" ? "after" : "before"} this one`);
    else choose(regions.span(to));
  }

  function goTo(text, offset) {
    const to = parseOffset(text, offset, regions);
    if (to === null) return answer(`“${text}” is neither an offset nor in a name`);
    if (!isInside(to)) return answer(`${hex(Math.max(to, 0))} is outside: ${hex(base)} to ${hex(Math.max(end - 1, base))}`);
    moveTo(to, to);
    return grid.focus();
  }

  function search(isBack) {
    const text = tools.find.value;
    const pattern = parsePattern(text, tools.kind.value === "text");
    if (!pattern) return answer(`“${text}” is no pattern: two digits a byte, ? for any`);
    const here = state().at;
    let found = findPattern(data, pattern, isBack ? here - 1 : here + 1, isBack);
    const isRound = found < 0;
    if (isRound) found = findPattern(data, pattern, isBack ? data.length : 0, isBack);
    if (found < 0) return answer(`“${text}” is not in here`);
    choose([base + found, base + found + pattern.length]);
    return answer(`found at ${hex(base + found)}${isRound ? ", from the other end" : ""}`);
  }

  async function copy() {
    const bytes = selection();
    if (!bytes.length) return answer("select some bytes first");
    const done = await copyText(asSource(bytes, tools.format.value));
    return answer(done ? `copied ${bytesInWords(bytes.length)} as ${tools.format.selectedOptions[0].text}` : "the browser did not let us copy");
  }

  function drawPanel() {
    const offset = model.get("offset"), span = model.get("span");
    const { at, region, hovered } = state();
    const many = isSpan(span) && span[1] - span[0] > 1 ? `selected: ${hex(span[0])} to ${hex(span[1] - 1)}, ${bytesInWords(span[1] - span[0])}` : "";
    const where = at < 0 ? [offset < 0 ? "Choose a byte or a piece." : `${hex(offset)} is not shown here.`] : sayPiece(regions, region, offset);
    panel.status.replaceChildren(element("div", {}, ...where),
      element("div", { class: "rb-dim" }, [said, many].filter(Boolean).join("; ")));
    panel.over.replaceChildren(...(hovered >= 0 && hovered !== region ? ["mouse over ", ...sayPiece(regions, hovered, regions.starts[hovered])] : ["\u00a0"]));
    panel.body.replaceChildren(...inspect(data, at).map(([name, little, big]) => element("tr", {}, element("th", { scope: "row" }, name),
      element("td", { class: "rb-mono", colspan: big ? null : 2 }, little), big ? element("td", { class: "rb-mono" }, big) : null)));
  }

  // A new place: bring it into sight here and in the tree, then draw.
  function moved() {
    const { at, region } = state();
    if (at >= 0) grid.show(at);
    const [start, stop] = model.get("span");
    const isChosen = tree.current && tree.current.start === start && tree.current.end === stop;
    if (region >= 0 && !isChosen) tree.goTo(regions.nodes[region], tree.node.contains(document.activeElement));
    redraw();
  }

  function redraw() {
    drawPanel();
    grid.draw();
    root.dataset.offset = model.get("offset");
  }

  tree.setRoots(regions.roots, regions.roots.length < 3 || regions.count < 40 ? 1 : 0);
  // Several traits change at once: draw them together, before the next frame.
  let wanted = null;
  const soon = (work) => () => {
    wanted = wanted === moved ? moved : work;
    queueMicrotask(() => { const now = wanted; wanted = null; now?.(); });
  };
  const unfollow = follow(model, { offset: soon(moved), span: soon(moved), hover: soon(redraw) });
  moved();
  return () => {
    unfollow();
    grid.close();
    tree.rows.close();
  };
}

export default { render };
