// SPDX-License-Identifier: GPL-2.0-or-later
// The memories of a board at one event of a run. Everything shown is set as text, never as markup.

const KEYS = { "data-lm-suppress-shortcuts": "true" };
const NONE = [-1, -1];
const LINE = 26, LETTER = 7.4, LEAST = 64;

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const hex = (number, digits = 8) => `0x${number.toString(16).padStart(digits, "0")}`;
const exists = (thing, at) => thing.since <= at && (thing.until < -1 || at < thing.until);
const isSame = (one, other) => one[0] === other[0] && one[1] === other[1];

// Where each world finds byte `start` of a bank.
function addresses(bank, start, size) {
  const found = { Linux: [], M4: [] };
  for (const [world, base, offset, length] of bank.aliases) {
    if (offset <= start && start + size <= offset + length) found[world].push(hex(base + start - offset));
  }
  return `Linux ${found.Linux.join(" and ") || "nowhere"}; M4 ${found.M4.join(" and ") || "nowhere"}`;
}

function describe(view, thing) {
  const where = thing.bank < 0 ? `${thing.space} ${hex(thing.at)}` : addresses(view.banks[thing.bank], thing.start, thing.size);
  const parts = [`${thing.kind} ${thing.name}`, thing.words, where];
  if (thing.bank >= 0) parts.push(`${view.banks[thing.bank].name}+${hex(thing.start, 1)}`);
  if (thing.span[0] >= 0) parts.push(`bytes ${hex(thing.span[0], 1)} to ${hex(thing.span[1], 1)} of the image`);
  if (thing.when && thing.when !== "always") parts.push(thing.when);
  if (thing.note) parts.push(thing.note);
  return parts.join(" · ");
}

// Things of a track on as few lines as hold them and their labels side by side.
function pack(things, from, to, width) {
  const scale = width / (to - from), lines = [];
  for (const thing of things) {
    const left = Math.max(0, (thing.start - from) * scale);
    const right = Math.min(width, Math.max((thing.start + thing.size - from) * scale, left + 3));
    const need = thing.label.length * LETTER + 12;
    thing.hidden = thing.start >= to || thing.start + thing.size <= from;
    if (thing.hidden) continue;
    thing.left = left;
    thing.width = right - left;
    thing.side = need <= thing.width ? "in" : right + need <= width || left < need ? "right" : "left";
    const first = thing.side === "left" ? left - need : left;
    const last = thing.side === "right" ? right + need : right;
    let line = lines.findIndex((taken) => taken.every(([a, b]) => last + 4 <= a || b + 4 <= first));
    if (line < 0) line = lines.push([]) - 1;
    lines[line].push([first, last]);
    thing.line = line;
  }
  return lines.length;
}

function toolbar(act) {
  const button = (name, glyph, label, key) => {
    const node = make("button", { type: "button", class: `rb-${name}`, title: `${label} (${key})`, ...KEYS },
      make("span", { "aria-hidden": "true" }, glyph), ` ${label}`);
    node.addEventListener("click", () => act(name));
    return node;
  };
  const count = make("select", { class: "rb-count-as", ...KEYS },
    ...["Linux", "M4", "offset"].map((world) => make("option", { value: world }, { Linux: "Linux (pa)", M4: "the M4 (da)", offset: "the memory itself" }[world])));
  count.addEventListener("change", () => act("count"));
  const node = make("div", { class: "rb-toolbar", role: "toolbar", "aria-label": "Zoom" },
    button("in", "+", "Closer", "+"), button("out", "−", "Wider", "−"), button("earlier", "←", "Lower", "Shift+Left"),
    button("later", "→", "Higher", "Shift+Right"), button("fit", "⤢", "Fit selected", "F"), button("all", "▭", "All", "0"),
    make("label", { class: "rb-label" }, "Addresses of ", count));
  return { node, count };
}

export function render({ model, el }) {
  const view = JSON.parse(model.get("memory"));
  view.things.forEach((thing, id) => {
    thing.id = id;
    thing.label = (thing.bad ? "✗ " : "") + (thing.name.length > 34 ? `${thing.name.slice(0, 33)}…` : thing.name);
  });
  const bar = toolbar(act);
  const detail = make("p", { class: "rb-detail-line", role: "status" });
  const views = view.banks.map((bank) => ({ from: 0, to: bank.size }));
  let active = Math.max(0, view.banks.findIndex((bank) => bank.size >= 1 << 17));
  let chosen = -1, width = 0;
  const banks = view.banks.map(drawBank);
  const misfits = make("ul", { class: "rb-misfits" }, ...view.misfits.map(([name, at, words, problem, span]) => {
    const button = make("button", { type: "button", class: "rb-misfit", ...KEYS }, `✗ ${name} (da ${hex(at)}, ${words}): ${problem}`);
    button.addEventListener("click", () => share({ item: name, span, offset: span[0] }));
    return make("li", {}, button);
  }));
  const table = drawTable();
  const root = make("section", { class: "rb rb-memory rb-live", "aria-label": view.title }, make("h3", {}, view.title), bar.node, detail,
    ...(view.misfits.length ? [make("h4", {}, "What does not fit"), misfits] : []),
    make("div", { class: "rb-banks" }, ...banks.map(({ node }) => node)), table.node);
  el.replaceChildren(root);

  function drawBank(bank, number) {
    const axis = make("div", { class: "rb-axis", "aria-hidden": "true" });
    const tracks = [];
    for (const [kind, pattern] of view.kinds) {
      const things = view.things.filter((thing) => thing.bank === number && thing.kind === kind);
      if (!things.length) continue;
      const lane = make("div", { class: "rb-lane" });
      for (const thing of things) {
        thing.node = thing.gap ? make("span", { class: "rb-thing rb-gap" })
          : make("button", { type: "button", tabindex: -1, class: `rb-thing rb-k${pattern}${thing.bad ? " rb-is-bad" : ""}`, "data-name": thing.name, "aria-label": describe(view, thing), ...KEYS });
        thing.text = make("span", { class: "rb-name", "aria-hidden": "true" }, thing.label);
        thing.node.append(make("span", { class: "rb-bar", "aria-hidden": "true" }), thing.text);
        if (!thing.gap) listen(thing);
        lane.append(thing.node);
      }
      const node = make("div", { class: "rb-track", role: "group", "aria-label": `${bank.name}: ${kind}` }, make("span", { class: "rb-kind" }, kind), lane);
      tracks.push({ node, lane, things });
    }
    const bases = (world) => bank.aliases.filter((alias) => alias[0] === world).map((alias) => hex(alias[1])).join(", ") || "nowhere";
    const node = make("div", { class: "rb-bank", "data-bank": bank.name },
      make("h4", {}, `${bank.name}, ${bank.words}`), make("p", { class: "rb-bases" }, make("span", {}, `Linux ${bases("Linux")}`), make("span", {}, `M4 ${bases("M4")}`)),
      axis, ...tracks.map((track) => track.node), tracks.length ? "" : make("p", { class: "rb-dim" }, "Nothing ever lies here."));
    return { node, axis, tracks, bank };
  }

  function listen(thing) {
    thing.node.addEventListener("click", () => select(thing));
    thing.node.addEventListener("pointerenter", () => { detail.textContent = describe(view, thing); share({ hover: thing.span }); });
    thing.node.addEventListener("pointerleave", () => { say(); share({ hover: NONE }); });
    thing.node.addEventListener("focus", () => { active = thing.bank; if (chosen !== thing.id) select(thing); });
  }

  function drawTable() {
    const body = make("tbody", {});
    for (const thing of view.things) {
      if (thing.gap) continue;
      const place = thing.bank < 0 ? "nowhere" : `${view.banks[thing.bank].name}+${hex(thing.start, 1)}`;
      thing.row = make("tr", {}, make("td", {}, thing.kind), make("th", { scope: "row" }, thing.name), make("td", { class: "rb-mono" }, `${thing.space} ${hex(thing.at)}`),
        make("td", { class: "rb-mono" }, place), make("td", {}, thing.words), make("td", {}, thing.when), make("td", { class: thing.bad ? "rb-bad" : null }, thing.note));
      body.append(thing.row);
    }
    const heads = ["Kind", "Name", "Placed at", "Stored at", "Size", "When", "Remark"].map((head) => make("th", { scope: "col" }, head));
    const scroll = make("div", { class: "rb-scroll", tabindex: 0, role: "region", "aria-label": `${view.title}: table`, ...KEYS },
      make("table", { class: "rb-table rb-list" }, make("thead", {}, make("tr", {}, ...heads)), body));
    return { node: make("details", {}, make("summary", { ...KEYS }, "What is there now, as a table"), scroll) };
  }

  function share(values) {
    let changed = false;
    for (const [name, value] of Object.entries(values)) {
      const old = model.get(name);
      if (Array.isArray(value) ? isSame(old, value) : old === value) continue;
      model.set(name, value);
      changed = true;
    }
    if (changed) model.save_changes();
  }

  function select(thing) {
    chosen = thing.id;
    active = thing.bank;
    const bytes = thing.span[0] >= 0 ? { span: thing.span, offset: thing.span[0] } : {};
    share({ item: thing.name, ...bytes });
    mark();
  }

  function mark() {
    const at = where();
    let first = null, found = false;
    for (const thing of view.things) {
      if (thing.gap || !thing.node) continue;
      const mine = thing.id === chosen;
      thing.node.classList.toggle("rb-chosen", mine);
      thing.node.setAttribute("aria-pressed", String(mine));
      const usable = exists(thing, at) && !thing.hidden && thing.bank >= 0;
      thing.node.tabIndex = mine && usable ? 0 : -1;
      found ||= mine && usable;
      first ??= usable ? thing : null;
    }
    if (!found && first) first.node.tabIndex = 0;
    say();
  }

  function say() {
    const at = where(), thing = view.things[chosen];
    const now = view.things.filter((each) => !each.gap && each.since >= 0 && exists(each, at)).length;
    detail.textContent = thing ? describe(view, thing) + (exists(thing, at) ? "" : " · not there at this event")
      : view.events ? `${now ? `${now} things of the run are there` : "Nothing of the run is there"} ${at < 0 ? "before the first event" : `at event ${at}`}.` : "Hover or select a thing.";
  }

  const where = () => Math.max(-1, Math.min(view.events - 1, model.get("cursor")));

  function show() {
    const at = where();
    for (const thing of view.things) {
      const there = exists(thing, at);
      if (thing.there === there) continue;
      thing.there = there;
      if (thing.node) thing.node.classList.toggle("rb-absent", !there);
      if (thing.row) thing.row.hidden = !there;
    }
    root.dataset.cursor = at;
    mark();
  }

  function layout() {
    width = banks[0]?.tracks[0]?.lane.clientWidth || 900;
    const world = bar.count.value;
    banks.forEach(({ axis, tracks, bank }, number) => {
      const { from, to } = views[number];
      const base = bank.aliases.find(([name]) => name === world);
      const ticks = width < 420 ? 2 : width < 820 ? 4 : 8;
      axis.replaceChildren(...Array.from({ length: ticks + 1 }, (_none, tick) => {
        const byte = Math.round(from + ((to - from) * tick) / ticks);
        const node = make("span", { class: "rb-tick" }, base ? hex(base[1] - base[2] + byte) : world === "offset" ? `+${hex(byte, 1)}` : "–");
        node.style.left = `${(100 * tick) / ticks}%`;
        if (tick === ticks) node.classList.add("rb-last-tick");
        return node;
      }));
      for (const { lane, things } of tracks) {
        lane.style.height = `${LINE * Math.max(1, pack(things, from, to, width))}px`;
        for (const thing of things) place(thing);
      }
    });
    mark();
  }

  function place(thing) {
    thing.node.hidden = thing.hidden;
    if (thing.hidden) return;
    Object.assign(thing.node.style, { left: `${thing.left}px`, width: `${thing.width}px`, top: `${LINE * thing.line}px` });
    thing.node.dataset.side = thing.side;
  }

  function zoom(factor, middle) {
    const { size } = view.banks[active], { from, to } = views[active];
    const span = Math.max(LEAST, Math.min(size, (to - from) * factor));
    const start = Math.max(0, Math.min(size - span, middle - span / 2));
    views[active] = { from: Math.round(start), to: Math.round(start + span) };
  }

  function act(what) {
    const { from, to } = views[active], thing = view.things[chosen];
    const inside = thing && thing.bank === active && thing.start < to && thing.start + thing.size > from;
    const middle = inside ? Math.max(from, Math.min(to, thing.start + thing.size / 2)) : (from + to) / 2;
    if (what === "in") zoom(0.5, middle);
    else if (what === "out") zoom(2, (from + to) / 2);
    else if (what === "earlier") zoom(1, (from + to) / 2 - (to - from) / 4);
    else if (what === "later") zoom(1, (from + to) / 2 + (to - from) / 4);
    else if (what === "fit" && thing && thing.bank >= 0) zoom((thing.size * 1.6) / (to - from), thing.start + thing.size / 2);
    else if (what === "all") view.banks.forEach((bank, number) => { views[number] = { from: 0, to: bank.size }; });
    layout();
  }

  function move(step) {
    const at = where();
    const usable = view.things.filter((thing) => !thing.gap && thing.bank >= 0 && !thing.hidden && exists(thing, at));
    if (!usable.length) return;
    const now = usable.findIndex((thing) => thing.id === chosen);
    usable[(Math.max(now, step < 0 ? 0 : -1) + step + usable.length) % usable.length].node.focus();
  }

  const moves = { "+": "in", "=": "in", "-": "out", 0: "all", f: "fit", F: "fit" };
  root.addEventListener("keydown", (event) => {
    if (event.target === bar.count || event.altKey || event.ctrlKey || event.metaKey) return;
    const on = event.target.classList.contains("rb-thing"), way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.shiftKey && way) act(way > 0 ? "later" : "earlier");
    else if (way && on) move(way);
    else if (moves[event.key] && (on || bar.node.contains(event.target))) act(moves[event.key]);
    else if (event.key === "Escape" && on) { chosen = -1; share({ item: "", span: NONE, offset: -1 }); mark(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // Bytes chosen or hovered elsewhere: the smallest thing that holds them.
  function fromBytes() {
    const [start] = model.get("hover");
    for (const thing of view.things) thing.node?.classList.toggle("rb-hovered", start >= 0 && thing.span[0] <= start && start < thing.span[1]);
  }
  function fromItem() {
    const name = model.get("item"), thing = view.things[chosen];
    if (thing?.name !== name) chosen = name ? view.things.findIndex((each) => !each.gap && each.name === name) : -1;
    mark();
  }
  const watch = new ResizeObserver(() => { if (root.isConnected && banks[0]?.tracks[0]?.lane.clientWidth !== width) layout(); });
  watch.observe(root);
  const heard = { "change:cursor": show, "change:hover": fromBytes, "change:item": fromItem };
  for (const [name, listener] of Object.entries(heard)) model.on(name, listener);
  layout();
  show();
  return () => { watch.disconnect(); for (const [name, listener] of Object.entries(heard)) model.off(name, listener); };
}

export default { render };
