// SPDX-License-Identifier: GPL-2.0-or-later
// State diagrams at one event of a finished run. Everything shown is set as text, never as markup.

const GLYPHS = { moved: "●", stayed: "●", legal: "○", refused: "✗", failed: "✗", unforeseen: "!" };
const KEYS = { "data-lm-suppress-shortcuts": "true" };

function make(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "rect", "text", "title"].includes(name);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// The last of `items`, ordered by their first number, that is not after `at`.
function lastUpTo(items, at) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle][0] <= at) low = middle + 1; else high = middle;
  }
  return low - 1;
}

function drawDiagram(view, machine, goTo) {
  const [wide, high] = view.box;
  const svg = make("svg", { viewBox: `0 0 ${view.width} ${machine.height}`, role: "group", class: "rb-diagram",
    "aria-label": machine.alt });
  const arcs = [], nodes = new Map();
  for (const arc of machine.arcs) {
    const hits = arc.labels.flatMap((label) => label[2]);
    const group = make("g", { class: `rb-arc rb-arc-${hits.length ? arc.kind : "legal"}` },
      make("path", { d: arc.path, class: "rb-line" }), make("path", { d: arc.head, class: "rb-tip" }));
    // A wide line that nobody sees, so that a thin one can be hit.
    if (hits.length) {
      const target = make("path", { d: arc.path, class: "rb-target" });
      target.addEventListener("click", () => goTo(hits));
      group.append(target);
    }
    let said = "";
    for (const [text, kind, at, x, y, anchor] of arc.labels) {
      const label = make("text", { x, y, "text-anchor": anchor, class: `rb-cause rb-cause-${kind}` }, text);
      if (at.length && String(at) !== said) {
        said = String(at);
        const words = `${text.slice(2)}, event${at.length > 1 ? "s" : ""} ${at.join(", ")}`;
        const button = make("g", { role: "button", tabindex: 0, "aria-label": words, class: "rb-hit", ...KEYS }, label);
        button.addEventListener("click", () => goTo(at));
        button.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation();
          goTo(at);
        });
        group.append(button);
      } else group.append(label);
    }
    arcs.push({ group, hits });
    svg.append(group);
  }
  const been = new Set(machine.lives.map(([, state]) => state));
  for (const [name, x, y] of machine.nodes) {
    const box = { x: x - wide / 2, y: y - high / 2, width: wide, height: high, rx: 10 };
    const inner = { x: box.x + 4, y: box.y + 4, width: wide - 8, height: high - 8, rx: 7 };
    const node = make("g", { class: `rb-node${been.has(name) ? " rb-been" : ""}`, "data-state": name },
      make("rect", { ...box, class: "rb-box" }), make("rect", { ...inner, class: "rb-inner" }),
      make("text", { x, y: y + 5, "text-anchor": "middle" }, name));
    nodes.set(name, node);
    svg.append(node);
  }
  return { svg, arcs, nodes };
}

// The path of the run: every step that moved the machine, and every one that was not let through.
function drawPath(machine, goTo) {
  const list = make("ol", { class: "rb-path", "aria-label": "Path of this run" });
  const steps = machine.steps.filter(([, outcome]) => outcome !== "stayed");
  const buttons = steps.map(([index, outcome, cause, words, by]) => {
    const button = make("button", { type: "button", class: `rb-step rb-step-${outcome}`, title: `${by}, event ${index}`, ...KEYS },
      make("span", { "aria-hidden": "true" }, `${GLYPHS[outcome]} `), `${cause}: ${words}`,
      make("span", { class: "rb-event" }, ` event ${index}`));
    button.addEventListener("click", () => goTo([index]));
    list.append(make("li", {}, button));
    return { index, button };
  });
  return { list, buttons };
}

function drawMachine(view, machine, goTo) {
  const diagram = drawDiagram(view, machine, goTo);
  const path = drawPath(machine, goTo);
  const status = make("p", { class: "rb-now-state" });
  const owner = machine.owner ? make("span", { class: "rb-dim" }, ` ${machine.owner}`) : "";
  const node = make("div", { class: "rb-machine", "data-machine": machine.key }, make("h4", {}, machine.title, owner), status,
    make("div", { class: "rb-drawing", role: "group", tabindex: 0, "aria-label": `${machine.title}: diagram`, ...KEYS }, diagram.svg), path.list);
  let shown = null, lit = null;

  function show(at) {
    const life = lastUpTo(machine.lives, at), step = lastUpTo(machine.steps, at);
    const state = life < 0 ? "" : machine.lives[life][1];
    const key = `${life} ${step}`;
    if (key === shown) return;
    shown = key;
    for (const [name, box] of diagram.nodes) box.classList.toggle("rb-current", name === state);
    for (const { group } of lit ?? []) group.classList.remove("rb-latest");
    const index = step < 0 ? -2 : machine.steps[step][0];
    lit = diagram.arcs.filter(({ hits }) => hits.includes(index));
    for (const { group } of lit) group.classList.add("rb-latest");
    for (const { index: mine, button } of path.buttons) {
      button.classList.toggle("rb-past", mine <= at);
      if (mine === index) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
    }
    const since = life < 0 ? "" : ` since event ${machine.lives[life][0]}`;
    const last = step < 0 ? "" : ` Last asked: ${machine.steps[step][2]}, ${machine.steps[step][3]} (event ${index}).`;
    status.textContent = !machine.lives.length ? machine.absent : state ? `${state}${since}.${last}`
      : life < 0 ? "It does not exist yet." : `It is gone${since}.`;
    node.dataset.state = state;
  }
  return { node, show };
}

export function render({ model, el }) {
  const view = JSON.parse(model.get("machines"));

  // The next of these events after the cursor, or again the first.
  function goTo(hits) {
    const at = model.get("cursor");
    model.set("cursor", hits.find((hit) => hit > at) ?? hits[0]);
    model.save_changes();
    draw();
  }

  const machines = view.machines.map((machine) => drawMachine(view, machine, goTo));
  const legend = make("p", { class: "rb-legend" },
    "● thick: taken in this run", make("span", {}, "○ thin: legal, not taken"), make("span", {}, "✗ dashed: refused or failed"),
    make("span", {}, "double edge: where it is now"), make("span", {}, "A click goes to the event."));
  const root = make("section", { class: "rb rb-states rb-live", "aria-label": view.title },
    make("h3", {}, view.title), legend, make("div", { class: "rb-machines" }, ...machines.map(({ node }) => node)));
  el.replaceChildren(root);

  function draw() {
    const at = Math.max(-1, Math.min(view.events - 1, model.get("cursor")));
    if (root.dataset.cursor === String(at)) return;
    for (const machine of machines) machine.show(at);
    root.dataset.cursor = at;
  }

  model.on("change:cursor", draw);
  draw();
  return () => model.off("change:cursor", draw);
}

export default { render };
