// SPDX-License-Identifier: GPL-2.0-or-later
// The chain of an image, computed in the browser, for pages without a Python behind them. What
// decides is WebCrypto; no TA runs here, so what one would answer is a prediction, and called so.

const chainCheck = (() => {
  const { asked, checkElf, merge, resourceTable, subtract, u32, walk } = chainImages;
  const WRAP = 2 ** 32, HALF = 2 ** 31;
  const INFO = "3031300d060960864801650304020105000420";
  const TYPES = { 1: "SIGNTYPE", 2: "HASHTYPE", 3: "NUM_IMG", 4: "IMGTYPE", 5: "IMGSIZE", 6: "ENCTYPE", 16: "HASHTABLE", 17: "PKEYINFO", 18: "ENCTABLE", 0x10001: "BOOTADDR", 0x10002: "BOOTSEC" };
  const nameOf = (type) => TYPES[type] ?? (type >= 0x10000 && type < 0x20000 ? `PLATFORM_0x${type.toString(16)}` : `UNKNOWN_0x${type.toString(16)}`);
  const STAGES = { header: "Header", digest: "Digest", signature: "Signature and key", elf: "ELF header", record: "Signed records", nothing: "Covered by nothing" };
  const TITLES = { sigpad: "Padding of the signature", ehdr: "ELF headers of later images", phdrs: "Program headers", rest: "Bytes outside loaded segments", between: "Bytes outside the images" };
  const FRESH = "no byte says it: rollback and replay go unnoticed (W-10, W-11)";
  const round = (size) => { const sum = (size + 7) % WRAP; return sum - (sum % 8); };
  const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const spaced = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const sha256 = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

  class Look {
    constructor(data) {
      this.data = data;
      [this.magic, this.version, this.tlv, this.sign, this.img] = [0, 4, 8, 12, 16].map((at) => u32(data, at));
      this.signedEnd = 20 + round(this.tlv);
      this.imagesAt = this.signedEnd + round(this.sign);
    }

    clip(start, size) {
      const from = Math.max(0, Math.min(start, this.data.length));
      return [from, Math.max(from, Math.min(start + size, this.data.length))];
    }

    // The TA's search: the first record that fits; [start, length], or why there is none.
    record(type) {
      const end = chainImages.pointer(20, this.tlv);
      const most = Math.min(this.data.length, this.imagesAt);
      for (let at = 20; at + 8 <= end;) {
        if (at + 8 > most) return `no TLV ${nameOf(type)}`;
        const [found, length] = [u32(this.data, at), u32(this.data, at + 4)];
        at += 8;
        if (length >= HALF) break;
        if (found === type && at + length <= end) {
          if (!length) return `TLV ${nameOf(type)} is empty`;
          return at + length > most ? "the file ends before the value does" : [at, length];
        }
        at += round(length);
      }
      return `no TLV ${nameOf(type)}`;
    }

    value(type) {
      const found = this.record(type);
      return typeof found === "string" ? new Uint8Array() : this.data.subarray(found[0], found[0] + found[1]);
    }

    get count() {
      const value = this.value(3);
      return value.length === 1 ? value[0] : 1;
    }

    get sizes() {
      const value = this.value(5);
      const sizes = Array.from({ length: value.length >> 2 }, (_one, index) => u32(value, 4 * index));
      const mine = sizes.slice(0, this.count);
      return mine.length ? mine : [this.img];
    }
  }

  const link = (kind, name, title, spans, formula, value, verdict, why, code = "", more = {}) =>
    ({ kind, name, stage: STAGES[kind] ?? "Hash rows and segments", title, spans, formula, value, verdict, why, code, facts: [], commands: [], ...more });

  function header(look) {
    const { data, tlv, sign, img, magic, version } = look;
    const parts = [20, round(tlv), round(sign), round(img)];
    const sum = parts.reduce((a, b) => a + b);
    const total = sum < WRAP ? String(sum) : "more than 32 bits hold";
    const size = data.length;
    const faults = [
      [size < 20, `the file has ${size} bytes, a header 20`], [look.imagesAt >= WRAP, "the lengths overflow 32 bits"],
      [size <= look.imagesAt, `header, records and signature take ${look.imagesAt} bytes, the file has ${size}`],
      [!sign, "sign_len is 0"], [!tlv, "tlv_len is 0"],
      [magic !== 0x3543a468, `the magic is 0x${magic.toString(16).padStart(8, "0")}, not 0x3543a468`],
      [version !== 1, `the version is ${version}, not 1`], [sum !== size, `the lengths add up to ${total}, the file has ${size} bytes`],
    ];
    const why = faults.find(([wrong]) => wrong)?.[1];
    const facts = [["magic", `0x${magic.toString(16).padStart(8, "0")}`], ...Object.entries({ version, tlv_len: tlv, sign_len: sign, img_len: img }).map(([name, n]) => [name, `${n} (0x${n.toString(16)})`])];
    return link("header", "header", "Header", [look.clip(0, 20)], "20 + R8(tlv_len) + R8(sign_len) + R8(img_len) = size of the file",
      `${parts.join(" + ")} = ${total}; the file has ${size}`, why ? "FAIL" : "PASS", why ?? "magic and version are right, the lengths add up", "BAD_PARAMETERS", { facts });
  }

  const JUDGES = {
    1: (_look, v) => (v.length !== 1 ? [`it has ${v.length} bytes, not 1`, "BAD_PARAMETERS"] : v[0] < 1 || v[0] > 2 ? [`signature type ${v[0]} is unknown`, "NOT_SUPPORTED"] : null),
    16: (_look, v) => (v.length % 64 ? [`${v.length} bytes are no whole rows of 64`, "BAD_PARAMETERS"] : null),
    3: (_look, v) => (v.length !== 1 ? [`it has ${v.length} bytes, not 1`, "BAD_FORMAT"] : v[0] ? null : ["it says that there is no image", "NO_DATA"]),
    4: (look, v) => (v.length !== look.count ? [`${v.length} types for ${look.count} images`, "BAD_PARAMETERS"] : v[0] !== 1 ? [`image 0 is of type ${v[0]}, not 1 (ELF)`, "BAD_FORMAT"] : null),
    5: (look, v) => (v.length !== 4 * look.count ? [`${v.length} bytes of sizes for ${look.count} images`, "BAD_PARAMETERS"] : null),
  };

  function said(type, value) {
    if (type === 1 && value.length === 1) return `${value[0]}: ${["unknown", "RSASSA-PKCS1-v1_5 with SHA-256", "ECDSA P-256 with SHA-256"][value[0]] ?? "unknown"}`;
    if (type === 16) return `${value.length >> 6} rows of 64 bytes`;
    if (type === 5) return Array.from({ length: Math.min(8, Math.ceil(value.length / 4)) }, (_one, i) => `${u32(value, 4 * i)} bytes`).join(", ");
    if ([2, 3, 4].includes(type)) return [...value.subarray(0, 8)].join(", ");
    return spaced(value.subarray(0, 16)) + (value.length > 16 ? " …" : "") || "empty";
  }

  function read(look, type) {
    const found = look.record(type);
    const missing = typeof found === "string";
    const fault = missing ? [found, type === 1 ? "BAD_PARAMETERS" : "NO_DATA"] : JUDGES[type](look, look.value(type));
    const span = missing ? [20, 20] : [found[0] - 8, found[0] + found[1]];
    const fine = type === 1 ? "read before anything is known to be genuine" : "signed, and sound";
    return link("record", `record:${TYPES[type]}`, TYPES[type], [span], `TLV 0x${type.toString(16).padStart(2, "0")}`, said(type, look.value(type)),
      fault ? "FAIL" : "PASS", fault?.[0] ?? fine, fault?.[1] ?? (type === 1 ? "BAD_PARAMETERS" : "NO_DATA"), type === 1 ? { stage: "Records read before the signature" } : {});
  }

  function area(look) {
    const end = Math.min(look.signedEnd, look.data.length);
    const why = !look.tlv ? "tlv_len is 0" : look.signedEnd > look.data.length ? `tlv_len is ${look.tlv}, the file has ${look.data.length - 20} bytes behind the header` : null;
    let count = 0;
    for (let at = 20, most = look.clip(20, look.tlv)[1]; at + 8 <= most && count < 4096; count++) at += 8 + Math.ceil(u32(look.data, at + 4) / 8) * 8;
    return link("area", "area", "TLV area", [[20, Math.max(20, end)]], "records of 8 + R8(length) bytes, up to tlv_len", `${count} records, ${look.tlv} bytes`, why ? "FAIL" : "PASS",
      why ?? "it lies in the file, and is signed with its padding", "BAD_PARAMETERS", { stage: "Records read before the signature" });
  }

  function unread(look) {
    const [early, late, seen] = [[], [], new Set()];
    const end = look.clip(20, look.tlv)[1];
    for (let at = 20, n = 0; at + 8 <= end && n < 4096; n++) {
      const [type, length] = [u32(look.data, at), u32(look.data, at + 4)];
      const stop = Math.min(at + 8 + length, end);
      const again = seen.has(type);
      seen.add(type);
      const make = (name, why, more) => link("record", `record:${name}`, nameOf(type), [[at, stop]], `TLV 0x${type.toString(16).padStart(2, "0")}`, said(type, look.data.subarray(at + 8, stop)), "PASS", why, "", more);
      if (type === 17 && !again) early.push(make("PKEYINFO", "handed to the PTA, which ignores it", { stage: "Records read before the signature" }));
      else if (late.length < 24 && (again || !JUDGES[type])) late.push(make(`${nameOf(type)}~${late.length}`, again ? "the first one counts" : "signed, but nobody reads it"));
      at = Math.min(at + 8 + Math.ceil(length / 8) * 8, end);
    }
    return [early, late];
  }

  // What the signature opens to, to explain it: whether it is genuine is WebCrypto's to say.
  function open(key, signature) {
    const size = key.modulus.length / 2;
    if (signature.length !== size) return { why: `it has ${signature.length} bytes, the key ${size}` };
    const [n, one] = [BigInt(`0x${key.modulus}`), BigInt(`0x${toHex(signature)}`)];
    if (one >= n) return { why: "as a number it is not below the key's modulus" };
    let [result, base] = [1n, one];
    for (let e = BigInt(key.exponent); e; e >>= 1n, base = (base * base) % n) if (e & 1n) result = (result * base) % n;
    const block = result.toString(16).padStart(2 * size, "0");
    const pad = size - 54;
    if (block.slice(0, 4 + 2 * pad) !== `0001${"ff".repeat(pad)}`) return { block, why: "what it opens to is noise: another key made it, or its bytes were changed" };
    if (block.slice(4 + 2 * pad, -64) !== `00${INFO}`) return { block, why: "what it opens to holds no SHA-256 DigestInfo" };
    return { block, digest: block.slice(-64), pad };
  }

  async function genuine(key, signature, signed) {
    const text = (hex) => btoa(String.fromCharCode(...hex.match(/../g).map((byte) => parseInt(byte, 16)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
    const even = key.exponent.toString(16);
    const jwk = { kty: "RSA", n: text(key.modulus), e: text(even.length % 2 ? `0${even}` : even) };
    const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return crypto.subtle.verify(rsa, await crypto.subtle.importKey("jwk", jwk, rsa, false, ["verify"]), signature, signed);
  }

  async function seal(look, key) {
    const signed = look.clip(0, look.signedEnd);
    const span = look.clip(look.signedEnd, look.sign);
    const [bytes, signature] = [look.data.subarray(...signed), look.data.subarray(...span)];
    const [computed, opened, ok] = [await sha256(bytes), open(key, signature), await genuine(key, signature, bytes)];
    const ecc = look.value(1)[0] === 2 && typeof look.record(1) !== "string";
    const inside = ecc ? "" : opened.digest ?? "";
    const [verdict, why] = !inside ? ["UNDECIDED", "there is no digest in the signature to hold it against"]
      : ok ? ["PASS", "the signature holds the same digest"] : ["FAIL", "the signature is genuine, but was made for another digest"];
    const digest = link("digest", "digest", "Digest of header and records", [signed], `SHA-256(image[0:${signed[1]}])`, computed, verdict, why, "SIGNATURE_INVALID",
      { facts: [["in the signature", inside || "none that can be read"], ["computed", computed]] });
    let [bad, code] = [opened.why, "SIGNATURE_INVALID"];
    if (look.sign > signature.length) [bad, code] = [`it claims ${look.sign} bytes, the file has ${signature.length} of them`, look.sign > round(look.sign) ? "TARGET_DEAD" : code];
    if (ecc) [bad, code] = ["SIGNTYPE says ECDSA P-256, which OP-TEE does not verify", "NOT_SUPPORTED"];
    const value = opened.digest ? `00 01 (ff × ${opened.pad}) 00 ${INFO.match(/../g).join(" ")} ${opened.digest}` : opened.block ? `${opened.block.slice(0, 32).match(/../g).join(" ")} …` : "it cannot be opened";
    const facts = [["key", `RSA, ${key.bits} bits, e = ${key.exponent}`], ["fingerprint", `SHA-256 of the DER key: ${key.fingerprint}`], ["pub.pem", "that key as a file: openssl pkey -in KEY.pem -pubout -out pub.pem"], ["digest inside", inside || "none"]];
    const builtIn = link("key", "key", "Key that is built into OP-TEE", [[0, 0]], "SHA-256(DER SubjectPublicKeyInfo)", key.fingerprint, "PASS", "given: nothing in the image can replace it", "",
      { facts: [["key", `RSA, ${key.bits} bits, e = ${key.exponent}`], ["modulus", key.modulus]], stage: "Signature and key" });
    return [digest, link("signature", "signature", "Signature and key", [span], "sig^e mod n = EMSA-PKCS1-v1_5(digest)", value, bad ? "FAIL" : "PASS", bad ?? "it opens with the key that is built into OP-TEE", code, { facts }), builtIn];
  }

  function elf(look) {
    const span = look.clip(look.imagesAt, 52);
    const [, error] = asked(() => checkElf(look.data, look.imagesAt, look.img));
    return link("elf", "elf", "ELF header of image 0", [span], "e_ident = 7f 45 4c 46 01 … 01, e_phentsize = 32, e_shentsize = 40, e_phnum > 0",
      spaced(look.data.subarray(...span).subarray(0, 16)) || "not in the file", error ? "FAIL" : "NOT COVERED", error?.why ?? "it looks right, but nothing signs it", error?.code ?? "BAD_FORMAT");
  }

  async function segmentLink(look, rows, one, image, many) {
    const row = rows.findIndex((each) => each.da === one.da);
    const held = rows[row];
    const computed = await sha256(look.data.subarray(one.start, one.start + one.size));
    const end = look.imagesAt + look.img;
    let bad = null;
    if (!held) bad = [`no row has the address 0x${one.da.toString(16).padStart(8, "0")}`, "NO_DATA"];
    else if (held.type !== 1) bad = [`the row with this address is of type 0x${held.type.toString(16)}, not PT_LOAD`, "BAD_PARAMETERS"];
    else if (held.filesz !== one.size) bad = [`p_filesz is ${one.size} in the image, ${held.filesz} in the row`, "BAD_PARAMETERS"];
    else if (held.memsz !== one.memsz) bad = [`p_memsz is ${one.memsz} in the image, ${held.memsz} in the row`, "BAD_PARAMETERS"];
    else if (one.start < look.imagesAt || one.start + one.size > end) bad = ["the segment does not lie in the images", "BAD_PARAMETERS"];
    else if (one.size && held.hash !== computed) bad = ["the bytes have another hash than the row", "SECURITY"];
    const name = `${many ? `image ${image} ` : ""}segment ${one.index}`;
    const span = look.clip(one.start, one.size);
    const spans = [span, ...(held ? [held.span] : []), look.clip(one.header, 32)];
    const facts = [["address", `p_paddr 0x${one.da.toString(16).padStart(8, "0")}`], ["sizes", `${one.size} bytes in the file, ${one.memsz} in memory`], ["computed", computed]];
    if (held) facts.push(["in the row", held.hash]);
    return [row, link("segment", `segment:${image}.${one.index}`, held ? `Row ${row} and ${name}` : `No row for ${name}`, spans, `SHA-256(image[${span[0]}:${span[1]}]) = row ${held ? row : "–"}.hash`, computed,
      bad ? "FAIL" : "PASS", bad?.[0] ?? (one.size ? "the hash is the row's" : "no bytes in the file: nothing to hash"), bad?.[1] ?? "SECURITY", { facts })];
  }

  function tableLink(look, base, size, index, again) {
    const { data } = look;
    const [found, error] = asked(() => resourceTable(data, base, size));
    const span = look.clip(base + u32(data, base + 32), 40 * (u32(data, base + 48) & 0xffff));
    let [value, verdict, why, code] = ["unreadable", "FAIL", error?.why, error?.code];
    if (found) [value, verdict, why, code] = [`da 0x${found[0].toString(16).padStart(8, "0")}, ${found[1]} bytes`, again ? "FAIL" : "NOT COVERED", again ? "an image before it has a resource table, too" : "nothing signs where it lies", "BAD_FORMAT"];
    else if (error.code === "NO_DATA") [value, verdict, why, code] = ["none", "NOT COVERED", `${error.why}: fine, and nothing signs that either`, "BAD_FORMAT"];
    return [Boolean(found), link("table", `table:${index}`, `Section headers of image ${index}`, [span], ".resource_table, by its section header", value, verdict, why, code)];
  }

  function rowsOf(look) {
    const found = look.record(16);
    if (typeof found === "string") return [];
    return Array.from({ length: found[1] >> 6 }, (_one, index) => {
      const at = found[0] + 64 * index;
      const [type, , , da, filesz, memsz] = Array.from({ length: 6 }, (_each, i) => u32(look.data, at + 4 * i));
      return { type, da, filesz, memsz, hash: toHex(look.data.subarray(at + 32, at + 64)), span: [at, at + 64] };
    });
  }

  async function images(look) {
    const [rows, links, used] = [rowsOf(look), [], new Set()];
    const many = look.value(5).length >= 8;
    let [base, found] = [look.imagesAt, false];
    for (const [index, size] of look.sizes.slice(0, 16).entries()) {
      const kind = look.value(4)[index];
      if (index && kind !== undefined && kind !== 1) links.push(link("record", `record:IMGTYPE[${index}]`, `Type of image ${index}`, [[0, 0]], "IMGTYPE = 1 (ELF)", String(kind), "FAIL", `image ${index} is of type ${kind}, not 1 (ELF)`, "BAD_FORMAT", { stage: "Hash rows and segments" }));
      const seen = [];
      const [, error] = asked(() => walk(look.data, base, size, seen));
      for (const one of seen.slice(0, 64)) {
        const [row, made] = await segmentLink(look, rows, one, index, many);
        used.add(row);
        links.push(made);
      }
      if (error) links.push(link("walk", `walk:${index}`, `Program headers of image ${index}`, [error.span ?? look.clip(base, 52)], "header and segment lie in [image, image + size)", `image ${index}: ${size} bytes from 0x${base.toString(16)}`, "FAIL", error.why, error.code));
      const [has, table] = tableLink(look, base, size, index, found);
      found ||= has;
      links.push(table);
      base += size;
    }
    rows.slice(0, 64).forEach((row, index) => {
      if (used.has(index)) return;
      const why = row.type === 1 ? "no segment that is loaded has this address, and nobody misses it" : `a segment of type 0x${row.type.toString(16)} is never loaded: its bytes are hashed by nobody`;
      links.push(link("row", `row:${index}`, `Row ${index}, without a segment`, [row.span], `p_paddr 0x${row.da.toString(16).padStart(8, "0")}`, row.hash, "NOT COVERED", why));
    });
    return links;
  }

  function nothing(look, links) {
    const { data } = look;
    const signEnd = look.clip(look.signedEnd, look.sign)[1];
    const judged = links.filter((one) => ["segment", "table", "elf"].includes(one.kind)).map((one) => one.spans[0]);
    let taken = merge([look.clip(0, look.signedEnd), look.clip(look.signedEnd, look.sign), ...judged]);
    let base = look.imagesAt;
    const areas = look.sizes.map((size) => { const span = look.clip(base, size); base += size; return span; });
    const within = (start, length, end) => [Math.min(start, end), Math.min(start + length, end)];
    const kinds = {
      sigpad: [[signEnd, Math.max(signEnd, look.clip(look.imagesAt, 0)[0])]], ehdr: areas.map(([at, end]) => within(at, 52, end)),
      phdrs: areas.map(([at, end]) => within(at + u32(data, at + 28), 32 * (u32(data, at + 44) & 0xffff), end)), rest: areas, between: [[0, data.length]],
    };
    const made = [];
    for (const [kind, ranges] of Object.entries(kinds)) {
      const free = subtract(ranges, taken);
      taken = merge([...taken, ...free]);
      const total = free.reduce((sum, [start, end]) => sum + end - start, 0);
      if (total) made.push(link("nothing", `nothing:${kind}`, TITLES[kind], free, free.slice(0, 4).map(([a, b]) => `image[${a}:${b}]`).join(" + "), `${total} bytes, ${((100 * total) / data.length).toFixed(1)} % of the file`, "NOT COVERED", ""));
    }
    made.push(link("nothing", "nothing:freshness", "Which version, and for whom", [], "no version counter, no device, no processor in what is signed", "an older image, or one of another board, is as good as this one", "NOT COVERED", FRESH));
    return made;
  }

  async function evaluate(data, key) {
    const look = new Look(data);
    const links = [header(look)];
    if (data.length < 20) return links;
    const [early, late] = unread(look);
    links.push(area(look), read(look, 1), ...early, ...(await seal(look, key)), elf(look));
    for (const type of [16, 3, 4, 5]) links.push(read(look, type));
    links.push(...late, ...(await images(look)));
    return [...links, ...nothing(look, links)];
  }

  // A chain as Python packs it, its answer a prediction; what Python said of a link that is as it was stays.
  function packed(base, links) {
    const known = new Map(base.links.map((one) => [one.name, one]));
    for (const one of links) {
      const old = known.get(one.name);
      if (!old) continue;
      if (one.kind === "nothing" || one.kind === "record") one.formula = old.formula;
      if (one.kind === "nothing") one.why = old.why;
      if (JSON.stringify(old.spans) === JSON.stringify(one.spans)) one.commands = old.commands.map(({ line, prints }) => ({ line, prints: old.value === one.value ? prints : "" }));
    }
    const broken = links.find((one) => one.verdict === "FAIL");
    const code = broken ? broken.code : "SUCCESS";
    const told = broken ? `Predicted from that link: the TA answers ${code}. This page runs no TA: rprocbench verify asks the modelled one.`
      : "Predicted: SUCCESS, unless the TA refuses for a reason outside of the chain (an address that is no memory of the M4, a full heap). This page runs no TA: rprocbench verify asks the modelled one.";
    const verdict = broken ? `The first link that fails: ${broken.title} (${broken.why}).` : "No link fails.";
    return { ...base, links, broken: broken?.name ?? "", verdict, told, by: "browser", answer: { ...base.answer, code, why: "" } };
  }

  // After each edit in turn; null where the page may not use WebCrypto.
  async function recompute(base, original, edits, isPristine) {
    if (!globalThis.crypto?.subtle) return null;
    if (!edits.length) return { chain: isPristine ? base : packed(base, await evaluate(original, base.key)), steps: [] };
    const data = original.slice();
    const steps = [];
    let now = isPristine ? base : packed(base, await evaluate(original, base.key));
    for (const [offset, value] of edits) {
      const own = now.links.filter((one) => (one.kind === "nothing" ? one.spans : one.spans.slice(0, 1)).some(([a, b]) => a <= offset && offset < b));
      const size = (one) => (one.kind === "nothing" ? one.spans : one.spans.slice(0, 1)).reduce((sum, [a, b]) => sum + b - a, 0);
      const failed = new Set(now.links.filter((one) => one.verdict === "FAIL").map((one) => one.name));
      const old = data[offset];
      data[offset] = value;
      now = packed(base, await evaluate(data, base.key));
      const breaks = now.links.filter((one) => one.verdict === "FAIL" && !failed.has(one.name)).map((one) => one.title);
      steps.push({ offset, old, new: value, owner: own.sort((a, b) => size(a) - size(b))[0]?.title ?? "", breaks, answer: `${now.answer.code} (predicted)`, unnoticed: old !== value && !breaks.length && !now.broken });
    }
    return { chain: now, steps };
  }

  return { evaluate, recompute };
})();
