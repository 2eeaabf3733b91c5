// SPDX-License-Identifier: GPL-2.0-or-later
// A resource table unpacked: its fields, their tree, and what each moment made of them.

class TableHistory {
  constructor(packed) {
    const say = (number) => packed.strings[number];
    this.title = packed.title;
    this.summary = packed.summary;
    this.findings = packed.findings;
    this.base = packed.base;
    this.fields = packed.fields.map(([label, path, start, end, doc, value, meaning], number) => ({
      number, label: say(label), path: say(path), start: packed.base + start, end: packed.base + end,
      doc: say(doc), value: say(value), meaning: say(meaning), title: `${say(path)}: ${say(doc)}`,
    }));
    this.roots = packed.groups.map((group) => this.group(group, say));
    this.moments = packed.moments.map(([index, by, place, what, live, bytes, told, changed, same]) => ({
      index, by: say(by), place: say(place), what: say(what), live: say(live), bytes: say(bytes),
      told: new Map(told.map(([field, value, meaning]) => [field, [say(value), say(meaning)]])),
      changed: new Set(changed), same: new Set(same),
    }));
    this.sorted = [...this.fields].sort((one, other) => one.start - other.start || one.end - other.end);
    this.previous = this.moments.map((moment, i) => {
      const earlier = this.moments.slice(0, i).findLast((each) => each.place === moment.place && each.bytes);
      return earlier ?? this.moments[Math.max(0, i - 1)];
    });
  }

  group([label, start, end, fields, below], say) {
    const node = { label: say(label), start: this.base + start, end: this.base + end, isGroup: true };
    node.children = [...fields.map((number) => this.fields[number]), ...below.map((each) => this.group(each, say))];
    return node;
  }

  // The last moment until event `cursor`.
  at(cursor) {
    return Math.max(0, this.moments.findLastIndex((moment) => moment.index <= cursor));
  }

  bytes(moment) {
    return Uint8Array.from(moment.bytes.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  }

  // [value, meaning] of a field at a moment.
  value(field, moment) {
    if (!moment.bytes) return ["–", ""];
    return moment.told.get(field.number) ?? [field.value, field.meaning];
  }

  // Both in one phrase.
  say(field, moment) {
    const [value, meaning] = this.value(field, moment);
    return meaning ? `${value} (${meaning})` : value;
  }

  // What to say beside a field: lit when the event of this moment gave it another value.
  note(field, number) {
    const moment = this.moments[number];
    if (moment.changed.has(field.number)) return ["●", `was ${this.value(field, this.previous[number])[0]}`];
    if (moment.same.has(field.number) && moment.same.size < 9) return ["○", "written, the same"];
    if (moment.bytes && moment.told.has(field.number)) return ["≠", `${field.value} in the file`];
    return ["", ""];
  }

  // The numbers of the moments whose events wrote a field; wholesale copies that changed nothing aside.
  writes(field) {
    const touched = (moment) => moment.changed.has(field.number) || (moment.same.has(field.number) && moment.same.size < 9);
    return this.moments.flatMap((moment, number) => (touched(moment) ? [number] : []));
  }

  // The field that byte `offset` of the file belongs to.
  fieldAt(offset) {
    return this.sorted.find((field) => field.start <= offset && offset < field.end) ?? null;
  }

  // As the grid of bytes wants its regions: in order, without overlap.
  regions() {
    const starts = [], ends = [];
    this.shown = [];
    for (const field of this.sorted) {
      if (starts.length && field.start < ends.at(-1)) continue;
      starts.push(field.start);
      ends.push(field.end);
      this.shown.push(field);
    }
    return Object.assign(Object.create(Regions.prototype), { starts, ends, told: this.shown.map((field) => [field.path, "", field.doc]) });
  }
}
