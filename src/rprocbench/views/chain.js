// SPDX-License-Identifier: GPL-2.0-or-later
// The signature chain: step from link to link, change a byte, see what breaks.
// Everything shown is set as text, never as markup.

const chainView = (() => {
  const { at, button, element, hex, KEEP, total } = chainBytes;
  let drawn = 0; // views of this kind on the page, for their ids
  const PATIENCE = 2500; // ms until a kernel that says nothing is taken for gone
  const VERDICTS = {
    "PASS": ["✓", "rb-v-pass"], "FAIL": ["✗", "rb-v-fail"],
    "NOT COVERED": ["○", "rb-v-not"], "UNDECIDED": ["?", "rb-v-open"],
  };

  const parse = (text, most) => {
    const clean = text.trim().toLowerCase().replace(/^0x/, "");
    if (!/^[0-9a-f]{1,8}$/.test(clean)) return -1;
    const number = parseInt(clean, 16);
    return number <= most ? number : -1;
  };

  const shape = (verdict) => element("span", { class: `rb-shape ${VERDICTS[verdict][1]}`, "aria-hidden": "true" }, VERDICTS[verdict][0]);
  const placeOf = (link) => {
    const [first, ...more] = link.spans;
    if (!first || first[0] === first[1]) return "no bytes";
    return `${at(first[0])}–${at(first[1])}` + (link.kind === "nothing" && more.length ? ` + ${more.length}` : "");
  };
  const ownSpans = (link) => (link.kind === "nothing" ? link.spans : link.spans.slice(0, 1));

  function render({ model, el }) {
    const original = toBytes(model.get("image"));
    let bytes = original;
    let first = 0; // of the bytes shown
    let asked = 0; // when Python was asked last
    let timer = null;
    let base = model.get("edits").length ? null : model.get("chain"); // of the image without edits
    const id = `rb-chain-${++drawn}`;
    const title = element("h3");
    const verdict = element("p", { class: "rb-verdict" });
    const told = element("p", { class: "rb-verdict" });
    const goTo = button("go", "Show that link", () => select(chain().broken));
    const outcome = element("div", { class: "rb-outcome" }, element("div", { role: "status", "aria-live": "polite" }, verdict, told), goTo);
    const links = element("div", { class: "rb-links", role: "listbox", tabindex: "0", "aria-label": "Links of the chain", ...KEEP });
    const detail = element("div", { class: "rb-detail-pane", role: "region", "aria-label": "The link" });
    const offset = element("input", { class: "rb-offset", spellcheck: "false", autocomplete: "off", ...KEEP });
    const value = element("input", { class: "rb-value", spellcheck: "false", autocomplete: "off", ...KEEP });
    const was = element("span", { class: "rb-was rb-mono" });
    const change = button("change", "Change", apply);
    const undo = button("undo", "Undo", () => setEdits(edits().slice(0, -1)));
    const reset = button("reset", "Reset", () => setEdits([]));
    const save = button("save", "Save the bytes", download);
    const say = element("p", { class: "rb-say", role: "status", "aria-live": "polite" });
    const list = element("div");
    const tamper = element("fieldset", { class: "rb-tamper" },
      element("legend", {}, "Tamper"),
      element("div", { class: "rb-row" }, element("label", {}, "Offset 0x", offset), was,
        element("label", {}, "New value 0x", value), change, undo, reset, save),
      element("p", { class: "rb-hint" }, "Pick a byte above or type an offset; Enter changes it, Escape takes the last change back."), say, list);
    const root = element("div", { class: "rb rb-chain" }, title, outcome, element("div", { class: "rb-panes" }, links, detail), tamper);
    el.replaceChildren(root);

    const edits = () => model.get("edits");
    const chain = () => model.get("chain");
    const current = () => chain().links.find((link) => link.name === model.get("link")) ?? chain().links[0];

    function setEdits(next) {
      if (JSON.stringify(next) === JSON.stringify(edits())) return;
      asked = performance.now();
      root.setAttribute("aria-busy", "true");
      model.set("edits", next);
      model.save_changes();
    }

    // The bytes as they are now, from the image and the edits.
    function patched() {
      const copy = original.slice();
      for (const [place, byte] of edits()) copy[place] = byte;
      return copy;
    }

    async function recompute() {
      const [data, now] = [patched(), edits()];
      const next = await chainCheck.recompute(base ?? chain(), original, now, base !== null);
      if (next && JSON.stringify(now) === JSON.stringify(edits())) {
        bytes = data;
        model.set("steps", next.steps);
        model.set("chain", next.chain);
      } else if (!next) {
        say.textContent = "This page may not compute hashes here: open it from a file, or with https.";
      }
      root.removeAttribute("aria-busy");
    }

    function onEdits() {
      bytes = patched();
      clearTimeout(timer);
      if (model.get("offline")) recompute();
      else timer = setTimeout(recompute, PATIENCE);
      drawDetail();
      drawForm();
    }

    function onChain() {
      if (!edits().length) base = chain();
      clearTimeout(timer);
      root.removeAttribute("aria-busy");
      draw();
      if (asked) root.dataset.ms = String(Math.round(performance.now() - asked));
      asked = 0;
    }

    function apply() {
      const place = parse(offset.value, bytes.length - 1);
      const byte = parse(value.value, 255);
      offset.setAttribute("aria-invalid", String(place < 0));
      value.setAttribute("aria-invalid", String(byte < 0));
      if (place < 0 || byte < 0) {
        say.textContent = place < 0 ? `The image has no such byte: offsets go to ${at(bytes.length - 1)}.` : "A byte is 00 to ff.";
      } else if (bytes[place] === byte) {
        say.textContent = `Byte ${at(place)} is ${hex(byte, 2)} already.`;
      } else {
        say.textContent = "";
        model.set("offset", place);
        setEdits([...edits(), [place, byte]]);
      }
    }

    function download() {
      const url = URL.createObjectURL(new Blob([bytes]));
      const link = element("a", { href: url, download: chain().name || "image.sig" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    }

    const bytesOf = (link) => (link && total(ownSpans(link)) ? link.spans[0] : [-1, -1]);

    function point(name) {
      model.set("hover", bytesOf(chain().links.find((link) => link.name === name)));
      model.save_changes();
    }

    function select(name) {
      const link = chain().links.find((one) => one.name === name);
      if (!link) return;
      first = 0;
      model.set("link", name);
      model.set("span", bytesOf(link));
      model.save_changes();
    }

    // A byte to look at; with `text`, one to change, and the first that was typed of its new value.
    function pick(place, text) {
      model.set("offset", place);
      model.save_changes();
      if (text === null) return;
      value.focus();
      if (text) value.value = text;
      else value.select();
    }

    function turn(to, name) {
      first = to;
      drawDetail();
      detail.querySelector(`.rb-${name}`)?.focus();
    }

    function step(event) {
      const names = chain().links.map((link) => link.name);
      const now = names.indexOf(current().name);
      const next = { ArrowDown: now + 1, ArrowRight: now + 1, ArrowUp: now - 1, ArrowLeft: now - 1, Home: 0, End: names.length - 1 }[event.key];
      if (event.key === "f" && chain().broken) select(chain().broken);
      else if (next !== undefined) select(names[Math.max(0, Math.min(next, names.length - 1))]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        if (edits().length) setEdits(edits().slice(0, -1));
        else document.activeElement?.blur();
        event.preventDefault();
      }
      if (event.key !== "Tab") event.stopPropagation();
    });
    links.addEventListener("keydown", step);
    links.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) select(row.dataset.name);
    });
    links.addEventListener("mouseover", (event) => point(event.target.closest("[role=option]")?.dataset.name));
    links.addEventListener("mouseleave", () => point(null));
    for (const input of [offset, value]) {
      input.addEventListener("keydown", (event) => event.key === "Enter" && apply());
    }
    offset.addEventListener("input", () => {
      const place = parse(offset.value, bytes.length - 1);
      if (place >= 0) pick(place, null);
    });

    function drawOutcome() {
      const { broken, answer, by } = chain();
      title.textContent = `Signature chain of ${chain().name}`;
      const good = answer.code === "SUCCESS";
      outcome.dataset.bad = String(Boolean(broken) || !good);
      verdict.replaceChildren(broken ? "✗ " : "✓ ", chain().verdict);
      told.replaceChildren(by === "browser" ? "" : good ? "✓ " : "✗ ", chain().told);
      verdict.classList.toggle("rb-bad", Boolean(broken));
      told.classList.toggle("rb-bad", !good);
      goTo.hidden = !broken || broken === current().name;
    }

    function drawLinks() {
      const rows = [];
      let group = null;
      let stage = null;
      let after = false;
      chain().links.forEach((link, index) => {
        if (link.stage !== stage) {
          stage = link.stage;
          group = element("div", { role: "group", "aria-label": stage }, element("div", { class: "rb-stage", "aria-hidden": "true" }, stage));
          rows.push(group);
        }
        const row = element("div", { class: `rb-link ${VERDICTS[link.verdict][1]}${after ? " rb-after" : ""}`, role: "option",
          id: `${id}-${index}`, "data-name": link.name, "aria-label": `${link.verdict}: ${link.title}, ${placeOf(link)}. ${link.why}` },
          shape(link.verdict), element("span", { class: "rb-name" }, link.title),
          element("span", { class: "rb-word" }, link.verdict), element("span", { class: "rb-place" }, placeOf(link)));
        row.querySelector(".rb-name").style.color = "var(--rb-text)";
        group.append(row);
        after ||= link.verdict === "FAIL";
      });
      links.replaceChildren(...rows);
      markLinks();
    }

    function markLinks() {
      const name = current().name;
      const here = owner(model.get("offset"));
      for (const row of links.querySelectorAll("[role=option]")) {
        const chosen = row.dataset.name === name;
        row.setAttribute("aria-selected", String(chosen));
        row.classList.toggle("rb-here", row.dataset.name === here);
        if (chosen) {
          links.setAttribute("aria-activedescendant", row.id);
          const [top, bottom] = [row.offsetTop, row.offsetTop + row.offsetHeight];
          if (top < links.scrollTop + 24) links.scrollTop = top - 24;
          else if (bottom > links.scrollTop + links.clientHeight) links.scrollTop = bottom - links.clientHeight;
        }
      }
    }

    function owner(place) {
      let best = null;
      for (const link of chain().links) {
        const mine = ownSpans(link);
        if (mine.some(([start, end]) => start <= place && place < end) && (!best || total(mine) < total(ownSpans(best)))) best = link;
      }
      return best?.name;
    }

    function pairs(entries) {
      const node = element("dl");
      for (const [name, said] of entries) node.append(element("dt", {}, name), element("dd", {}, element("code", {}, said)));
      return node;
    }

    function drawDetail() {
      const link = current();
      const kind = chain().kinds[link.kind];
      const number = chain().links.indexOf(link) + 1;
      const parts = [
        element("div", { class: "rb-title" }, shape(link.verdict), element("h4", {}, link.title),
          element("span", { class: `rb-word ${VERDICTS[link.verdict][1]}` }, link.verdict),
          element("span", { class: "rb-step" }, `link ${number} of ${chain().links.length}`)),
        element("p", {}, link.why), pairs([["formula", link.formula], ["value", link.value], ...link.facts]),
        element("p", { class: "rb-dim" }, `${kind.rule} `, element("code", {}, kind.cite)),
      ];
      if (link.code && link.verdict === "FAIL") parts.push(element("p", {}, `When this link fails, the TA answers ${link.code}.`));
      const spans = link.spans.filter(([start, end]) => start < end);
      if (spans.length) parts.push(...chainBytes.draw(spans, { first, bytes, original, offset: model.get("offset") }, { pick, turn }));
      if (link.commands.length) {
        parts.push(element("h5", {}, edits().length && !model.get("offline") ? "Check it yourself (with the bytes saved)" : "Check it yourself"));
        for (const command of link.commands) parts.push(...drawCommand(command));
      }
      detail.replaceChildren(...parts);
    }

    function drawCommand({ line, prints }) {
      const copy = button("copy", "Copy", () => {
        const done = () => { copy.textContent = "Copied"; };
        if (navigator.clipboard) navigator.clipboard.writeText(line).then(done, () => {});
        else getSelection().selectAllChildren(text);
      });
      copy.setAttribute("aria-label", `Copy: ${line}`);
      const text = element("pre", {}, line);
      const row = element("div", { class: "rb-command" }, text, copy);
      return prints ? [row, element("p", { class: "rb-prints" }, "prints ", element("code", {}, prints))] : [row];
    }

    function drawForm() {
      const place = model.get("offset");
      const valid = place >= 0 && place < bytes.length;
      if (valid && parse(offset.value, bytes.length - 1) !== place) offset.value = hex(place);
      was.textContent = valid ? `is ${hex(bytes[place], 2)}` : "";
      if (valid && document.activeElement !== value) value.value = hex(bytes[place] ^ 1, 2);
      undo.setAttribute("aria-disabled", String(!edits().length));
      reset.setAttribute("aria-disabled", String(!edits().length));
    }

    function drawEdits() {
      const steps = model.get("steps");
      if (!steps.length) {
        list.replaceChildren();
        return;
      }
      const head = ["Offset", "Change", "Byte of", "Breaks", "TA answers"].map((name) => element("th", { scope: "col" }, name));
      const rows = steps.map((each) => element("tr", { class: each.unnoticed ? "rb-unnoticed" : null },
        element("td", { class: "rb-mono" }, at(each.offset)), element("td", { class: "rb-mono" }, `${hex(each.old, 2)} → ${hex(each.new, 2)}`),
        element("td", {}, each.owner || "–"),
        element("td", { class: each.breaks.length ? "rb-bad" : null }, each.breaks.length ? `✗ ${each.breaks.join(", ")}` : each.unnoticed ? "○ nothing notices it: NOT COVERED" : "no further link"),
        element("td", {}, each.answer)));
      const table = element("table", { class: "rb-table rb-list rb-edits" }, element("caption", {}, "Changes, the last one below"),
        element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
      list.replaceChildren(element("div", { class: "rb-scroll", tabindex: "0", role: "region", "aria-label": "Changes", ...KEEP }, table));
    }

    function draw() {
      drawOutcome();
      drawLinks();
      drawDetail();
      drawForm();
      drawEdits();
    }
    const onLink = () => {
      first = 0;
      drawOutcome();
      markLinks();
      drawDetail();
    };
    const onOffset = () => {
      markLinks();
      drawForm();
      chainBytes.point(detail, model.get("offset"));
    };
    const onSpan = () => {
      const [start, end] = model.get("span");
      const same = (link) => link && bytesOf(link)[0] === start && bytesOf(link)[1] === end;
      const found = same(current()) ? null : chain().links.find(same);
      if (start >= 0 && found) model.set("link", found.name);
    };
    const heard = { span: onSpan, link: onLink, offset: onOffset, edits: onEdits, chain: onChain, steps: drawEdits };
    for (const [name, listener] of Object.entries(heard)) model.on(`change:${name}`, listener);
    if (edits().length) bytes = patched();
    draw();
    return () => {
      clearTimeout(timer);
      for (const [name, listener] of Object.entries(heard)) model.off(`change:${name}`, listener);
    };
  }

  const toBytes = (view) => (view instanceof Uint8Array ? view : new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength));
  return { render };
})();

export default chainView;
