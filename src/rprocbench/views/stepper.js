// SPDX-License-Identifier: GPL-2.0-or-later
// A stepper over a finished run. The state at any event is folded here, forwards and backwards.
// Everything shown is set as text, never as markup.

const SLUGS = ["linux", "optee", "m4", "hardware"];
const AROUND = 10; // rows shown before and after the current one

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

// The fold: objects, call stack and bytes written, just after event `at`; -1 is before anything.
export class Fold {
  constructor(run) {
    this.run = run;
    this.at = -1;
    this.objects = new Map(); // name -> {kind, lane, fields: name -> {value, since, before}}
    this.stack = []; // {name, lane, index}
    this.undo = []; // what each event up to `at` replaced
  }

  goTo(target) {
    while (this.at < target) this.undo.push(this.apply(++this.at));
    while (this.at > target) {
      const back = this.undo.pop();
      if (back) back();
      this.at--;
    }
  }

  apply(index) {
    const [, lane, operation, ...rest] = this.run.events[index];
    const text = (number) => this.run.strings[number];
    switch (operation) {
      case "e":
        this.stack.push({ name: text(rest[0]), lane, index });
        return () => this.stack.pop();
      case "l": {
        const call = this.stack.pop();
        return () => call && this.stack.push(call);
      }
      case "c": {
        const [owner, kind, ...pairs] = rest;
        const fields = new Map();
        for (let i = 0; i < pairs.length; i += 2) {
          fields.set(text(pairs[i]), { value: text(pairs[i + 1]), since: -1, before: "" });
        }
        const old = this.objects.get(text(owner));
        this.objects.set(text(owner), { kind: text(kind), lane, fields, changed: index });
        return () => (old ? this.objects.set(text(owner), old) : this.objects.delete(text(owner)));
      }
      case "s": {
        const [owner, field, before, after] = rest;
        const object = this.objects.get(text(owner));
        if (!object) return null;
        const old = object.fields.get(text(field));
        const changed = object.changed;
        object.fields.set(text(field), { value: text(after), since: index, before: text(before) });
        object.changed = index;
        return () => {
          object.changed = changed;
          if (old) object.fields.set(text(field), old);
          else object.fields.delete(text(field));
        };
      }
      case "g": {
        const old = this.objects.get(text(rest[0]));
        this.objects.delete(text(rest[0]));
        return () => old && this.objects.set(text(rest[0]), old);
      }
      default:
        return null;
    }
  }
}

// The places a step may end at, for each way of stepping: a row is left at its last event.
function stopsOf(run, by) {
  if (by === "event") return run.events.map((_event, index) => index);
  return run.story.map((row) => row[1]);
}

function toolbar(run, act) {
  const keys = { "data-lm-suppress-shortcuts": "true" };
  const button = (name, glyph, label, key) => {
    const node = element("button", { type: "button", class: `rb-${name}`, title: `${label} (${key})`, ...keys },
      element("span", { "aria-hidden": "true" }, glyph), ` ${label}`);
    node.addEventListener("click", () => node.getAttribute("aria-disabled") !== "true" && act(name));
    return node;
  };
  const slider = element("input", {
    type: "range", min: -1, max: run.events.length - 1, step: 1, "aria-label": "Event", class: "rb-slider", ...keys,
  });
  slider.addEventListener("input", () => act("goto", Number(slider.value)));
  const by = element("select", { class: "rb-by", ...keys },
    element("option", { value: "story" }, "row of the story"), element("option", { value: "event" }, "every event"));
  by.addEventListener("change", () => act("by", by.value));
  const buttons = {
    first: button("first", "⇤", "First", "Home"), back: button("back", "←", "Back", "Left"),
    forward: button("forward", "→", "Forward", "Right"), last: button("last", "⇥", "Last", "End"),
  };
  const count = element("span", { class: "rb-count rb-mono" });
  const node = element("div", { class: "rb-toolbar", role: "toolbar", "aria-label": "Step through the run" },
    element("div", { class: "rb-buttons" }, ...Object.values(buttons)), slider, count,
    element("label", { class: "rb-label" }, "Step by ", by));
  const moves = {
    Home: "first", End: "last", ArrowLeft: "back", ArrowRight: "forward", ArrowUp: "back", ArrowDown: "forward",
    PageUp: "back", PageDown: "forward",
  };
  node.addEventListener("keydown", (event) => {
    if (event.target === by || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") event.target.blur();
    else if (moves[event.key]) act(moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { node, slider, by, count, buttons };
}

function laneTable(run) {
  const head = element("tr", { role: "row" }, element("th", { scope: "col", class: "rb-number" }, "#"),
    ...run.lanes.map((lane, i) => element("th", { scope: "col", class: `rb-${SLUGS[i]}` }, lane[0].toUpperCase() + lane.slice(1))));
  const body = element("tbody", {});
  const table = element("table", { class: "rb-table rb-lanes", role: "table" },
    element("caption", { class: "rb-hidden" }, "Rows around the current event"), element("thead", {}, head), body);
  return { node: element("div", { class: "rb-window" }, table), body };
}

function drawRow(run, row, act) {
  const [index, last, lane, target, local, bad, kind, word, glyph, text, details] = row;
  const say = (number) => run.strings[number];
  const what = element("span", { class: "rb-what" });
  if (target < 0 && say(kind) !== "call") what.append(element("span", { class: "rb-hidden" }, `${say(word)}: `));
  if (say(glyph)) what.append(element("span", { "aria-hidden": "true" }, `${say(glyph)} `));
  const name = element("span", { class: "rb-lane-name" }, run.lanes[lane]);
  const classes = `rb-${SLUGS[lane]}${bad ? " rb-is-bad" : ""}`;
  const extra = details.map((detail) => element("span", { class: "rb-detail" }, say(detail)));
  let cell;
  if (target >= 0) {
    const leftward = target < lane;
    what.append(element("span", { class: "rb-way rb-hidden" }, `to ${run.lanes[target]}: `), say(text));
    cell = element("td", { class: `${classes} rb-arrow`, role: "cell", colspan: Math.abs(target - lane) + 1 }, name,
      element("div", { class: `rb-shaft${leftward ? " rb-leftward" : ""}` }, what,
        element("span", { class: "rb-head", "aria-hidden": "true" }, leftward ? "◀" : "▶")), ...extra);
  } else {
    what.append(say(text));
    cell = element("td", { class: classes, role: "cell" }, name, what, ...extra);
    cell.style.setProperty("--rb-in", Math.min(local, 5));
  }
  const start = target < 0 ? lane : Math.min(lane, target);
  const cells = [];
  for (let i = 0; i < run.lanes.length; i++) {
    if (i === start) {
      cells.push(cell);
      i += target < 0 ? 0 : Math.abs(target - lane);
    } else cells.push(element("td", { role: "cell" }));
  }
  const node = element("tr", { role: "row", class: `rb-${say(kind)}` },
    element("th", { scope: "row", role: "rowheader", class: "rb-number" }, String(index)), ...cells);
  node.addEventListener("click", () => act("goto", last));
  return node;
}

function drawObject(name, object, since, everything) {
  const rows = [...object.fields].filter(([, field]) => everything || field.since >= 0);
  const body = element("tbody", {});
  for (const [field, { value, since: at, before }] of rows) {
    const lit = at >= since && at >= 0;
    body.append(element("tr", { class: lit ? "rb-lit" : "", "data-field": field },
      element("th", { scope: "row", class: "rb-mono" }, element("span", { class: "rb-mark", "aria-hidden": "true" }, lit ? "●" : ""), field),
      element("td", { class: "rb-mono rb-value" }, value),
      element("td", { class: "rb-was" }, lit ? `just changed, was ${before}` : at >= 0 ? `since ${at}` : "")));
  }
  const title = element("h5", { class: `rb-object rb-${SLUGS[object.lane]}` }, name, " ", element("span", { class: "rb-dim" }, object.kind));
  const content = rows.length
    ? element("table", { class: "rb-table rb-state" }, element("thead", { class: "rb-hidden" },
        element("tr", {}, ...["Field", "Value", "Change"].map((head) => element("th", { scope: "col" }, head)))), body)
    : element("p", { class: "rb-dim" }, "No field has changed yet.");
  return element("div", { class: "rb-card", "data-object": name }, title, content);
}

export async function render({ model, el }) {
  const run = await unpack(model.get("run"));
  const fold = new Fold(run);
  let by = model.get("by");
  let stops = stopsOf(run, by);
  const bar = toolbar(run, act);
  const status = element("p", { class: "rb-status", role: "status", "aria-live": "polite" });
  const lanes = laneTable(run);
  const stack = element("ol", {});
  const region = (name, label, ...children) => element("div", {
    class: name, role: "group", "aria-label": label, tabindex: 0, "data-lm-suppress-shortcuts": "true" }, ...children);
  const calls = region("rb-stack", "Calls open now", stack);
  const chosen = element("select", { class: "rb-chosen", "data-lm-suppress-shortcuts": "true" });
  const state = region("rb-objects", "State");
  const drawn = new Map(); // rows already made
  chosen.addEventListener("change", () => { model.set("selected", chosen.value); model.save_changes(); draw(); });
  const root = element("section", { class: "rb rb-stepper", "aria-label": `${run.title}, step by step` },
    element("h3", {}, run.title), bar.node, status,
    element("div", { class: "rb-panes" }, lanes.node,
      element("div", { class: "rb-side" }, element("h4", {}, "Calls open now"), calls,
        element("div", { class: "rb-row" }, element("h4", {}, "State"), element("label", { class: "rb-label" }, "Show ", chosen)), state)));
  el.replaceChildren(root);
  const before = (at) => stops.findLast((stop) => stop < at) ?? -1;
  const after = (at) => stops.find((stop) => stop > at);
  const end = run.events.length - 1;

  function act(what, value) {
    if (what === "by") {
      by = value;
      stops = stopsOf(run, by);
      model.set("by", by);
    }
    const at = model.get("cursor");
    const to = { first: -1, back: before(at), forward: after(at) ?? end, last: end, goto: value, by: at }[what];
    model.set("cursor", Math.max(-1, Math.min(end, to)));
    model.save_changes();
    draw();
  }

  function draw() {
    const at = Math.max(-1, Math.min(end, model.get("cursor")));
    fold.goTo(at);
    const since = by === "event" ? at : before(at) + 1;
    drawBar(at);
    drawLanes(at);
    stack.replaceChildren(...fold.stack.map((call) =>
      element("li", { class: `rb-${SLUGS[call.lane]}` }, element("span", { class: "rb-what" }, call.name))));
    if (!fold.stack.length) stack.append(element("li", { class: "rb-dim rb-none" }, "none"));
    drawState(since);
    root.dataset.cursor = at;
    scroll();
  }

  // All reading before all writing: each change of mind costs a layout.
  function scroll() {
    const now = lanes.body.querySelector(".rb-now"), lit = state.querySelector(".rb-lit");
    const places = [
      [lanes.node, now ? now.offsetTop - (lanes.node.clientHeight - now.offsetHeight) / 2 : 0],
      [state, lit ? lit.offsetTop - state.clientHeight / 3 : 0], [calls, calls.scrollHeight],
    ];
    for (const [node, top] of places) node.scrollTop = top;
  }

  // The event; or in a story, at the end of a row, all that the row sums up.
  function sayWhere(at) {
    if (at < 0) return "Nothing has happened yet.";
    const row = by === "story" && run.story.find((each) => each[1] === at);
    if (!row || row[0] === at) return run.strings[run.events[at][0]];
    const details = row[10].map((detail) => run.strings[detail]).join("; ");
    return run.strings[run.events[row[0]][0]] + (details && `: ${details}`);
  }

  function drawBar(at) {
    const words = sayWhere(at);
    const lane = at < 0 ? null : run.events[at][1];
    bar.slider.value = at;
    bar.slider.setAttribute("aria-valuetext", at < 0 ? "before the first event" : `event ${at} of ${end}: ${words}`);
    bar.count.textContent = `${at < 0 ? "start" : at} / ${end}`;
    bar.by.value = by;
    for (const [name, stuck] of [["first", at < 0], ["back", at < 0], ["forward", at >= end], ["last", at >= end]]) {
      bar.buttons[name].setAttribute("aria-disabled", String(stuck));
    }
    status.replaceChildren(...(lane === null ? [words] : [
      element("span", { class: `rb-chip rb-${SLUGS[lane]}` }, run.lanes[lane]), ` ${words}`]));
  }

  function drawLanes(at) {
    const rows = by === "event" ? run.full : run.story;
    const now = rows.findLastIndex((row) => row[0] <= at);
    const first = Math.max(0, Math.min(now - AROUND, rows.length - 2 * AROUND - 1));
    const shown = rows.slice(first, first + 2 * AROUND + 1).map((row) => {
      if (!drawn.has(row)) drawn.set(row, drawRow(run, row, act));
      return drawn.get(row);
    });
    if (shown.some((node, i) => node !== lanes.body.children[i])) lanes.body.replaceChildren(...shown);
    lanes.body.querySelector(".rb-now")?.classList.remove("rb-now");
    lanes.body.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const current = now < 0 ? null : drawn.get(rows[now]);
    current?.classList.add("rb-now");
    current?.setAttribute("aria-current", "step");
  }

  function drawState(since) {
    const names = [...fold.objects.keys()].sort();
    const wanted = model.get("selected");
    const options = [["", "what changed last"], ["*", "all that changed"], ...names.map((name) => [name, name])];
    if (wanted && wanted !== "*" && !fold.objects.has(wanted)) options.push([wanted, `${wanted} (not there now)`]);
    const labels = options.map(([, label]) => label).join("\n");
    if (chosen.dataset.labels !== labels) {
      chosen.replaceChildren(...options.map(([value, label]) => element("option", { value }, label)));
      chosen.dataset.labels = labels;
    }
    chosen.value = wanted;
    const touched = (name) => [...fold.objects.get(name).fields.values()].some((field) => field.since >= 0);
    let shown = wanted === "*" ? names.filter(touched) : wanted ? names.filter((name) => name === wanted) : null;
    if (!shown) {
      const newest = Math.max(-1, ...names.filter(touched).map((name) => fold.objects.get(name).changed));
      const edge = Math.min(since, newest);
      shown = names.filter((name) => touched(name) && fold.objects.get(name).changed >= edge);
    }
    state.replaceChildren(...shown.map((name) => drawObject(name, fold.objects.get(name), since, Boolean(wanted) && wanted !== "*")));
    if (!shown.length) state.append(element("p", { class: "rb-dim" }, wanted && wanted !== "*" ? "It does not exist at this event." : "No field has changed yet."));
  }

  const fromOutside = () => { by = model.get("by"); stops = stopsOf(run, by); draw(); };
  for (const name of ["cursor", "selected", "by"]) model.on(`change:${name}`, fromOutside);
  draw();
  return () => { for (const name of ["cursor", "selected", "by"]) model.off(`change:${name}`, fromOutside); };
}

export default { render };
