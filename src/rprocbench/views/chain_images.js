// SPDX-License-Identifier: GPL-2.0-or-later
// The ELF half of the chain, as the TA walks it: header, segments, resource table (bench/chain_ta.py).

const chainImages = (() => {
  const WRAP = 2 ** 32, HALF = 2 ** 31, PAGE = 4096;
  const NAME = ".resource_table\0";
  const u32 = (data, at) => ((data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24)) >>> 0;
  const pointer = (base, offset) => base + (offset < HALF ? offset : offset - WRAP);
  const inside = (start, size, low, high) => size < HALF && low <= start && start + size <= high;
  const refuse = (code, why, span) => { throw Object.assign(new Error(why), { code, why, span }); };
  const asked = (question) => {
    try { return [question(), null]; } catch (error) {
      if (!error.code) throw error;
      return [null, error];
    }
  };

  // Reads like the TA: behind the image to the end of the page zeros, then nothing is mapped.
  function field(data, at, size) {
    if (at < 0 || at + size > Math.ceil(data.length / PAGE) * PAGE) refuse("TARGET_DEAD", `data abort in the TA: nothing is mapped at ${at < 0 ? "-" : ""}0x${Math.abs(at).toString(16)}`);
    const number = u32(data, at);
    return size === 4 ? number : size === 2 ? number & 0xffff : number & 0xff;
  }

  function checkElf(data, base, size) {
    if (base % 4) refuse("BAD_PARAMETERS", "the ELF image is not 4-byte aligned");
    if (size < 52) refuse("BAD_FORMAT", "no room for an ELF header");
    if (size < (field(data, base + 32, 4) + 40) % WRAP) refuse("BAD_FORMAT", "no room for a section header");
    const fields = [["ei_mag", 0, 4, 0x464c457f], ["ei_version", 6, 1, 1], ["ei_class", 4, 1, 1], ["e_phentsize", 42, 2, 32], ["e_shentsize", 46, 2, 40]];
    for (const [name, at, width, want] of fields) {
      if (field(data, base + at, width) !== want) refuse("BAD_FORMAT", `wrong ${name}`);
    }
    if (!field(data, base + 44, 2)) refuse("BAD_FORMAT", "no program header");
  }

  function walk(data, base, size, seen) {
    if (!(size > 0 && size < HALF)) refuse("BAD_PARAMETERS", `an image of 0x${size.toString(16)} bytes`);
    let phdr = pointer(base, field(data, base + 28, 4));
    if (((phdr % 4) + 4) % 4) refuse("BAD_FORMAT", "misaligned program headers");
    for (let index = 0; index < field(data, base + 44, 2); index++, phdr += 32) {
      field(data, phdr + 12, 4); // p_paddr, before the check (W-01)
      if (!inside(phdr, 32, base, base + size)) refuse("BAD_FORMAT", `program header ${index} is not in the image`);
      if (field(data, phdr, 4) !== 1) continue;
      const [start, length] = [pointer(base, field(data, phdr + 4, 4)), field(data, phdr + 16, 4)];
      if (!inside(start, length, base, base + size)) refuse("BAD_FORMAT", "a segment is not in the image", [phdr, phdr + 32]);
      seen.push({ index, header: phdr, start, size: length, da: field(data, phdr + 12, 4), memsz: field(data, phdr + 20, 4) });
    }
  }

  function resourceTable(data, base, size) {
    const shoff = field(data, base + 32, 4);
    if (!size || shoff >= HALF) refuse("BAD_PARAMETERS", "e_shoff wraps");
    const table = base + shoff;
    if (table % 4) refuse("BAD_FORMAT", "misaligned section headers");
    const [count, strings] = [field(data, base + 48, 2), field(data, base + 50, 2)];
    if (!inside(table, 40 * count, base, base + size)) refuse("BAD_FORMAT", "the section headers are not in the image");
    if (strings >= count) refuse("BAD_FORMAT", "no section holds the names");
    const names = pointer(base, field(data, table + 40 * strings + 16, 4));
    const room = field(data, table + 40 * strings + 20, 4);
    if (!inside(names, room, base, base + size)) refuse("BAD_FORMAT", "the section names are not in the image");
    for (let index = 0; index < count; index++) {
      const shdr = table + 40 * index;
      const name = field(data, shdr, 4);
      if (name >= room) refuse("BAD_FORMAT", "a section name is not in the name table");
      const length = Math.min(NAME.length, room - name);
      let same = 0;
      while (same < length && field(data, names + name + same, 1) === NAME.charCodeAt(same)) same++;
      if (same === length) return checkTable(data, base, size, shdr);
    }
    return refuse("NO_DATA", "no section .resource_table");
  }

  function checkTable(data, base, size, shdr) {
    const length = field(data, shdr + 20, 4);
    if (!length) refuse("NO_DATA", "the resource table is empty");
    const offset = field(data, shdr + 16, 4);
    if (offset + length > size || offset + length >= WRAP) refuse("BAD_FORMAT", "the resource table is not in the image");
    if (length < 16) refuse("BAD_FORMAT", "the resource table is shorter than its header");
    const at = base + offset;
    if (at % 4) refuse("CORRUPT_OBJECT", "misaligned resource table");
    if (field(data, at, 4) !== 1) refuse("BAD_FORMAT", `resource table version ${field(data, at, 4)}`);
    if (field(data, at + 8, 4) || field(data, at + 12, 4)) refuse("BAD_FORMAT", "reserved bytes of the resource table are not zero");
    if (16 + 4 * field(data, at + 4, 4) > length) refuse("BAD_FORMAT", "more resource entries than the section holds");
    return [field(data, shdr + 12, 4), length];
  }

  // Stretches of bytes: the same in as few as there can be, and what of them others leave.
  function merge(ranges) {
    const merged = [];
    for (const [start, end] of ranges.filter(([a, b]) => a < b).sort((a, b) => a[0] - b[0])) {
      if (merged.length && start <= merged.at(-1)[1]) merged.at(-1)[1] = Math.max(merged.at(-1)[1], end);
      else merged.push([start, end]);
    }
    return merged;
  }

  function subtract(ranges, taken) {
    const free = [];
    for (const [start, end] of merge(ranges)) {
      let at = start;
      for (const [low, high] of taken) {
        if (high <= at || low >= end) continue;
        if (low > at) free.push([at, low]);
        at = Math.max(at, high);
      }
      if (at < end) free.push([at, end]);
    }
    return free;
  }

  return { asked, checkElf, merge, pointer, resourceTable, subtract, u32, walk };
})();
