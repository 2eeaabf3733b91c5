# SPDX-License-Identifier: GPL-2.0-or-later
# mypy: ignore-errors
"""Deterministic mutation corpus for remoteproc firmware images.

Everything here is self-contained (Python standard library only): an ELF
writer, a resource-table writer, a writer of the signed container understood by
the remoteproc TA, textbook RSA/ECDSA signing with fixed TEST keys, and the
mutation lists.  Every image is a function of its descriptor, so a verdict file
that stores descriptors is enough to rebuild every byte.

  gen_corpus.py list kernel|tee            one JSON descriptor per line
  gen_corpus.py emit kernel|tee ID [DIR]   write the image(s) of one case
  gen_corpus.py sums kernel|tee            "ID sha256" per line
API: kernel_cases(), tee_cases(), build_kernel(desc), build_tee(desc)
"""
import hashlib, json, os, struct, sys

M32, M64 = 0xffffffff, 0xffffffffffffffff


# --------------------------------------------------------------------------- PRNG
class Rng:
    """splitmix64, seeded by name: stable across Python versions."""
    def __init__(self, *seed):
        self.s = int.from_bytes(hashlib.sha256(repr(seed).encode()).digest()[:8], "little")

    def u64(self):
        self.s = (self.s + 0x9E3779B97F4A7C15) & M64
        z = self.s
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
        return z ^ (z >> 31)

    def below(self, n):
        return self.u64() % n

    def pick(self, seq):
        return seq[self.below(len(seq))]

    def bytes(self, n):
        return b"".join(self.u64().to_bytes(8, "little") for _ in range((n + 7) // 8))[:n]


def body(tag, n):
    return Rng("body", tag).bytes(n)


# --------------------------------------------------------------------------- images with named fields
class Img:
    """bytes plus a map field name -> (offset, size); integers use self.end."""
    def __init__(self, end="<"):
        self.d, self.f, self.end = bytearray(), {}, end

    def put(self, name, val, size):
        self.f[name] = (len(self.d), size)
        self.d += (val & ((1 << 8 * size) - 1)).to_bytes(size, "little" if self.end == "<" else "big")

    def raw(self, data, name=None):
        if name:
            self.f[name] = (len(self.d), len(data))
        self.d += data

    def align(self, n):
        self.d += bytes(-len(self.d) % n)

    def get(self, name):
        o, n = self.f[name]
        return int.from_bytes(self.d[o:o + n], "little" if self.end == "<" else "big")

    def set(self, name, val):
        o, n = self.f[name]
        self.d[o:o + n] = (val & ((1 << 8 * n) - 1)).to_bytes(n, "little" if self.end == "<" else "big")

    def copy(self):
        c = Img(self.end)
        c.d, c.f = bytearray(self.d), dict(self.f)
        return c

    def embed(self, other, prefix):
        base = len(self.d)
        for k, (o, n) in other.f.items():
            self.f[prefix + k] = (base + o, n)
        self.d += other.d


# --------------------------------------------------------------------------- resource table
def rsc_table(entries, end="<", ver=1):
    t = Img(end)
    t.put("t.ver", ver, 4); t.put("t.num", len(entries), 4); t.put("t.res0", 0, 4); t.put("t.res1", 0, 4)
    for i in range(len(entries)):
        t.put("t.off%d" % i, 0, 4)
    for i, e in enumerate(entries):
        t.set("t.off%d" % i, len(t.d))
        p = "r%d." % i
        kind = e["k"]
        t.put(p + "type", {"carveout": 0, "devmem": 1, "trace": 2, "vdev": 3}.get(kind, e.get("type", 0)), 4)
        if kind in ("carveout", "devmem"):
            for k in ("da", "pa", "len", "flags", "res"):
                t.put(p + k, e.get(k, 0), 4)
            t.raw(e["name"].encode().ljust(32, b"\0"), p + "name")
        elif kind == "trace":
            for k in ("da", "len", "res"):
                t.put(p + k, e.get(k, 0), 4)
            t.raw(e["name"].encode().ljust(32, b"\0"), p + "name")
        elif kind == "vdev":
            t.put(p + "id", e.get("id", 7), 4); t.put(p + "notifyid", e.get("notifyid", 0), 4)
            t.put(p + "dfeatures", e.get("dfeatures", 1), 4); t.put(p + "gfeatures", 0, 4)
            t.put(p + "config_len", len(e.get("config", b"")), 4); t.put(p + "status", 0, 1)
            t.put(p + "nvrings", len(e["vrings"]), 1); t.put(p + "res0", 0, 1); t.put(p + "res1", 0, 1)
            for j, (da, al, num) in enumerate(e["vrings"]):
                q = "%sv%d." % (p, j)
                t.put(q + "da", da, 4); t.put(q + "align", al, 4); t.put(q + "num", num, 4)
                t.put(q + "notifyid", j, 4); t.put(q + "pa", 0, 4)
            if e.get("config"):
                t.raw(e["config"], p + "config")
        else:
            t.raw(e.get("data", b""), p + "data")
    return t


# --------------------------------------------------------------------------- ELF writer
EH = (("type", 2), ("machine", 2), ("version", 4), ("entry", 0), ("phoff", 0), ("shoff", 0), ("flags", 4), ("ehsize", 2),
      ("phentsize", 2), ("phnum", 2), ("shentsize", 2), ("shnum", 2), ("shstrndx", 2))
PH32 = ("type", "offset", "vaddr", "paddr", "filesz", "memsz", "flags", "align")
PH64 = (("type", 4), ("flags", 4), ("offset", 8), ("vaddr", 8), ("paddr", 8), ("filesz", 8), ("memsz", 8), ("align", 8))
SH = (("name", 4), ("type", 4), ("flags", 0), ("addr", 0), ("offset", 0), ("size", 0), ("link", 4), ("info", 4), ("addralign", 0), ("entsize", 0))


def elf(segs, secs=None, cls=32, end="<", entry=0, machine=40, shdrs=True, tail=b"", pad=0):
    """segs: dicts(type, paddr, vaddr, data(bytes | list of (label, bytes|Img)), memsz, flags, align)
    secs: dicts(name, label | None, addr, type, flags): label names a piece of some segment, or data= for a
    section of its own."""
    w = 8 if cls == 64 else 4
    phsz, shsz, ehsz = (56, 64, 64) if cls == 64 else (32, 40, 52)
    m = Img(end)
    m.raw(b"\x7fELF", "e.mag")
    for n, v in (("class", cls // 32), ("data", 1 if end == "<" else 2), ("iver", 1), ("osabi", 0), ("abiver", 0)):
        m.put("e." + n, v, 1)
    m.raw(bytes(7), "e.pad")
    for n, s in EH:
        m.put("e." + n, {"type": 2, "machine": machine, "version": 1, "entry": entry, "phoff": ehsz, "flags": 0x05000200 if machine == 40 else 0,
                         "ehsize": ehsz, "phentsize": phsz, "phnum": len(segs)}.get(n, 0), s or w)
    for i, s in enumerate(segs):
        for n, z in (PH64 if cls == 64 else [(x, 4) for x in PH32]):
            m.put("p%d.%s" % (i, n), 0, z)
    labels = {}
    for i, s in enumerate(segs):
        m.align(s.get("falign", 4))
        off = len(m.d)
        pieces = s["data"] if isinstance(s["data"], list) else [("seg%d" % i, s["data"])]
        for lab, pc in pieces:
            labels[lab] = (len(m.d), len(pc.d) if isinstance(pc, Img) else len(pc), s.get("paddr", 0) + len(m.d) - off)
            if isinstance(pc, Img):
                m.embed(pc, "")
            else:
                m.raw(pc)
        fs = len(m.d) - off
        m.f["seg%d.data" % i] = (off, fs)
        for n, v in (("type", s.get("type", 1)), ("offset", off), ("vaddr", s.get("vaddr", s.get("paddr", 0))), ("paddr", s.get("paddr", 0)),
                     ("filesz", fs), ("memsz", s.get("memsz", fs)), ("flags", s.get("flags", 5)), ("align", s.get("align", 4))):
            m.set("p%d.%s" % (i, n), v)
    if shdrs:
        secs = [{"name": "", "type": 0}] + list(secs or []) + [{"name": ".shstrtab", "type": 3}]
        for s in secs:
            if "data" in s:
                m.align(s.get("falign", 4))
                if s.get("skew"):
                    m.raw(bytes(s["skew"]))
                s["_o"] = len(m.d)
                if isinstance(s["data"], Img):
                    s["_n"] = len(s["data"].d); m.embed(s["data"], "")
                else:
                    s["_n"] = len(s["data"]); m.raw(s["data"])
        names, tab = {}, bytearray(b"\0")
        for s in secs:
            if s["name"]:
                names[s["name"]] = len(tab); tab += s["name"].encode() + b"\0"
        stro = len(m.d)
        m.raw(bytes(tab), "shstrtab")
        m.align(4)
        m.set("e.shoff", len(m.d)); m.set("e.shentsize", shsz); m.set("e.shnum", len(secs)); m.set("e.shstrndx", len(secs) - 1)
        for i, s in enumerate(secs):
            o, n, a = 0, 0, s.get("addr", 0)
            if s["name"] == ".shstrtab":
                o, n = stro, len(tab)
            elif "_o" in s:
                o, n = s.pop("_o"), s.pop("_n")
            elif s.get("label"):
                o, n, la = labels[s["label"]]
                a = s.get("addr", la)
            for k, z in SH:
                m.put("s%d.%s" % (i, k), {"name": names.get(s["name"], 0), "type": s.get("type", 1), "flags": s.get("flags", 2 if i and s["name"] != ".shstrtab" else 0),
                                           "addr": a, "offset": o, "size": n, "addralign": 1 if i else 0}.get(k, 0), z or w)
    m.raw(tail)
    m.d += bytes(pad)
    return m


VR = [(M32, 16, 16), (M32, 16, 16)]
VRFIX = [(0x10040000, 16, 16), (0x10041000, 16, 16)]


def _vec(tag, n=64):
    return struct.pack("<II", 0x10010000, 0x10000101) + body(tag, n - 8)


def base_min(**k):
    return elf([dict(paddr=0, data=_vec("min"), flags=5)], [dict(name=".text", label="seg0")], entry=0x41, **k)


def base_rpmsg(cls=32, end="<", machine=40, vr=VR):
    t = rsc_table([dict(k="vdev", id=7, dfeatures=1, vrings=vr), dict(k="trace", da=0x10000400, len=0x100, name="cm4_log")], end)
    return elf([dict(paddr=0, data=[("isr", _vec("rpmsg.isr"))]),
                dict(paddr=0x10000000, data=[("text", body("rpmsg.text", 120)), ("rsc", t)], memsz=0x800)],
               [dict(name=".isr_vector", label="isr"), dict(name=".text", label="text"), dict(name=".resource_table", label="rsc")],
               cls=cls, end=end, machine=machine, entry=0x10000101)


def base_full():
    t = rsc_table([dict(k="carveout", da=0x30000000, pa=0, len=0x1000, flags=0, name="mcuram"), dict(k="carveout", da=M32, len=0x2000, flags=7, name="dyncma"),
                   dict(k="trace", da=0x30000800, len=0x80, name="trace"), dict(k="vdev", id=7, dfeatures=0x30000001, vrings=VRFIX),
                   dict(k="x", type=128, data=body("full.vendor", 12)), dict(k="x", type=700, data=body("full.unk", 4))])
    return elf([dict(paddr=0, data=[("isr", _vec("full.isr"))]), dict(paddr=0x10000000, data=[("text", body("full.text", 100))], align=8),
                dict(paddr=0x30000000, data=[("data", body("full.data", 36)), ("rsc", t)], memsz=0x1000, flags=6),
                dict(type=4, paddr=0, data=body("full.note", 20), flags=4), dict(paddr=0x30002000, data=b"", memsz=0x400, flags=6)],
               [dict(name=".isr", label="isr"), dict(name=".text", label="text"), dict(name=".data", label="data"), dict(name=".resource_table", label="rsc")], entry=0x10000001)


def base_devmem():
    t = rsc_table([dict(k="devmem", da=0x40000000, pa=0x40000000, len=0x1000, flags=3, name="uart"), dict(k="trace", da=0x10000100, len=0x40, name="t")])
    return elf([dict(paddr=0x10000000, data=[("text", body("dm", 40)), ("rsc", t)])], [dict(name=".resource_table", label="rsc")], entry=0x10000001)


def base_noshdr():
    return elf([dict(paddr=0, data=_vec("nosh")), dict(paddr=0x10000000, data=body("nosh2", 60))], shdrs=False, entry=0x10000001)


def base_segs():
    s = [dict(paddr=0, data=body("sg0", 32)), dict(paddr=0x10, data=body("sg1", 16)), dict(type=0, paddr=0x500, data=body("sg2", 8)),
         dict(paddr=0x1000FFC0 + 0x2FFC0, data=body("sg3", 64)), dict(paddr=0x30000000, data=body("sg4", 8), memsz=0x40000),
         dict(paddr=0x10000000, data=b"", memsz=16), dict(type=0x70000001, paddr=0x10000100, data=body("sg6", 8)),
         dict(paddr=0xFFF0, data=body("sg7", 16)), dict(paddr=0x10046000 - 4, data=b"\1\2\3\4")]
    s[-1]["paddr"] = 0x10045FFC
    s[-1]["type"] = 6
    return elf(s, [dict(name=".t", label="seg0")], entry=1)


def base_twov():
    t = rsc_table([dict(k="vdev", id=7, vrings=VRFIX), dict(k="vdev", id=3, dfeatures=0, vrings=[(M32, 4096, 8), (M32, 4096, 8)], config=body("cfg", 8)),
                   dict(k="carveout", da=M32, len=0x1000, name="vdev1buffer")])
    return elf([dict(paddr=0x10000000, data=[("text", body("tv", 24)), ("rsc", t)])], [dict(name=".resource_table", label="rsc")], entry=0x10000001)


def base_onev():
    t = rsc_table([dict(k="vdev", id=3, vrings=[(M32, 16, 4)])])
    return elf([dict(paddr=0x10000000, data=[("text", body("ov", 24)), ("rsc", t)])], [dict(name=".resource_table", label="rsc")], entry=0x10000001)


def base_tblsec(skew=0, addr=0):
    """resource table in a section of its own that no segment loads"""
    t = rsc_table([dict(k="vdev", id=7, vrings=VRFIX), dict(k="trace", da=0x20, len=16, name="x")])
    return elf([dict(paddr=0, data=_vec("ts", 200), memsz=0x400)], [dict(name=".text", label="seg0"), dict(name=".resource_table", data=t, addr=addr, skew=skew)], entry=0x41)


def base_dup():
    """two .resource_table sections; the first one wins"""
    a = rsc_table([dict(k="trace", da=0x10000000, len=16, name="first")]); b = rsc_table([dict(k="trace", da=0x10000010, len=32, name="second")])
    for k in list(b.f):
        b.f["b" + k] = b.f.pop(k)
    return elf([dict(paddr=0x10000000, data=[("a", a), ("b", b)], memsz=0x200)], [dict(name=".resource_table", label="a"), dict(name=".resource_table", label="b")], entry=1)


def base_img2():
    return elf([dict(paddr=0x30000000, data=body("i2a", 72), memsz=0x100), dict(paddr=0x30001000, data=body("i2b", 20))], [dict(name=".text", label="seg0")], entry=0x30000001)


def base_img3():
    t = rsc_table([dict(k="trace", da=0x30010000, len=64, name="img3")])
    return elf([dict(paddr=0x30010000, data=[("text", body("i3", 32)), ("rsc", t)])], [dict(name=".resource_table", label="rsc")], entry=0x30010001)


def base_odd():
    """file size not a multiple of 4 or 8"""
    m = base_min()
    m.d += b"\0\0\0"[:3]
    return m


def base_many(n=20):
    return elf([dict(paddr=0x10000000 + 64 * i, data=body("many%d" % i, 12)) for i in range(n)], [dict(name=".t", label="seg0")], entry=1)


BASES = {
    "min": base_min, "rpmsg": base_rpmsg, "full": base_full, "devmem": base_devmem, "elf64": lambda: base_rpmsg(cls=64, machine=183),
    "be": lambda: base_rpmsg(end=">"), "noshdr": base_noshdr, "segs": base_segs, "twov": base_twov, "onev": base_onev, "tblsec": base_tblsec,
    "tblskew": lambda: base_tblsec(skew=1, addr=0x10000000), "dup": base_dup, "img2": base_img2, "img3": base_img3, "odd": base_odd, "many": base_many,
    "many40": lambda: base_many(40), "fixv": lambda: base_rpmsg(vr=VRFIX),
}
LATE = {"many28": lambda: base_many(28), "many29": lambda: base_many(29)}     # not in BASES: that would renumber the corpus
_cache = {}


def base(name):
    if name not in _cache:
        _cache[name] = (BASES.get(name) or LATE[name])()
    return _cache[name].copy()


# --------------------------------------------------------------------------- mutation operators
def apply(m, ops):
    """ops: [set field value] [put field|offset hex] [xor offset hex] [flip bit] [trunc n] [app hex]
    [zeros n] [ins offset hex] [del offset n] [splice base src_off dst_off n]"""
    for op in ops:
        k, a = op[0], op[1:]
        if k == "set":
            m.set(a[0], a[1])
        elif k == "put":
            o = m.f[a[0]][0] if isinstance(a[0], str) else a[0]
            b = bytes.fromhex(a[1]); m.d[o:o + len(b)] = b
        elif k == "xor":
            for i, x in enumerate(bytes.fromhex(a[1])):
                if a[0] + i < len(m.d):
                    m.d[a[0] + i] ^= x
        elif k == "flip":
            if a[0] // 8 < len(m.d):
                m.d[a[0] // 8] ^= 1 << (a[0] % 8)
        elif k == "trunc":
            del m.d[max(0, a[0]):]
        elif k == "app":
            m.d += bytes.fromhex(a[0])
        elif k == "zeros":
            m.d += bytes(a[0])
        elif k == "ins":
            m.d[a[0]:a[0]] = bytes.fromhex(a[1])
        elif k == "del":
            del m.d[a[0]:a[0] + a[1]]
        elif k == "splice":
            s = base(a[0]).d[a[1]:a[1] + a[3]]; m.d[a[2]:a[2] + len(s)] = s
        else:
            raise ValueError(op)
    return m


def build_kernel(desc):
    return bytes(apply(base(desc["b"]), desc["ops"]).d)


# --------------------------------------------------------------------------- TEST keys (never use for anything real)
def _rsa(p, q):
    p, q = int(p, 16), int(q, 16)
    n, e = p * q, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    return n, e, (p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)), (n.bit_length() + 7) // 8


def _priv(x, crt):
    p, q, dp, dq, qi = crt
    a, b = pow(x, dp, p), pow(x, dq, q)
    return b + q * ((a - b) * qi % p)


KEYS = {
    "test": _rsa("f5da60426ac8b55506a6ceb31f4ede763015c90fe3b60cc02c1ee6ec059586f4f9bd28e159557c4d95dfbfa9407f0668682adcad26d075a1c42206ff8a3eb9f4c89a0ad8a073415510860ffc2f7d88a6ec962b786f5ac779b0aaf5ba8cfa0c30d7056e577724a460564d35ddda252dd30bcec7b63965602f985378b7d3e51505", "e6425718b06e9131a2034b2d92a33b6d8b1ab6c02f34e7296243bde2f5513b5c8c91e95f796f1c3c6cb17a80df0782a891622b510e56c3c6d16a0077330be44f5f9f3a04fb0692fa60296134ea3002e43ebf34e790ff4a256a89199281d69675ffbdbac7c6d877242694f876c5a10cb45f7b40e85a188f784462b0064d0cfffd"),
    "other": _rsa("fd099d2a29292ab0f53cbb17c60d2b2db0d74f3755d5e7cc7719873b52b874a7d334efa822102cf944cf15951aaad2c83999da9d512a2815acd95bd480b661ecd8654f53eca80a0784681f9f2f203c414abbc86be78df26f4cfdd1c0200d8f8b643dc12c168d5a03b34d3f3e4231dda58f18349b70f22bf3259b585727953d19", "bd9beb969501a603dde87d8d7095426faa23127b430dc1368c9212eb9082ab018a2eddc4e0139fa09d92b63cc8b88516df8000be34fc63175e97a66aa828bdd139b172cf3a4fdf3be0df7367601f51bb0ea84e2e726a840a3b695269f4732f61100c281203221f7d072ed2397e65e3ee3a515bf8bb0c997ab0c71e3bfd9b3b3f"),
    "rsa3072": _rsa("c98f87abf9d4397c506e84b43e66bb41953d3820d8642cf6e0ca60be2bb72ae04120761631c505c8627900a568bc4f77a9e9f74ff8e12dc219b3121e2f07f09f361649deb4ae03eb2cae848f268ffcf1baf6d8016733decb67c3d8629bc69a4176457f7aca45e400b65e08bdfa7c53daff642f7498c41a5a94a6e669c90ac36e735dc21f599e2ab36c8db981a878876a3172cd2b1c8447cfe488577fc49359b8615fefd071cdc1dcf3c466e6a19c2bf37526fac327574e452ef24cbf10e630df", "b832b75a8b9632ace0dc4621a934e90baf6688b0d10d3f4f2da7580f8f193dd163731bcb7b1f408b33fbbf5aa6b5e5c00760f60593b94e0dc61fe280c373b488d8e4940d70653e9f4d3926d7e79a18ec53ef4a8152c68c31a56d2bd4e6da55c71e2391fb5cd9fb177a0b4e91128ac0046849694e5f2342cab0ed9b42fefc738c72b4ed68157e2d6c4269c6f70add38e72763f07f5d1196843866d5c0067bd56d85d4a5161716adf3136f9c1e7d647d39837f03bad28e46a634d4fd37d714fb95"),
}
EC_D = int("b601d33518100dfeb51c572c03b301336d0d1216521384810afd9dabcf31b1d3", 16)
DI = {"sha256": "3031300d060960864801650304020105000420", "nonull": "302f300b0609608648016503040201" + "0420", "sha1": "3021300906052b0e03021a05000414",
      "sha512": "3051300d060960864801650304020305000440", "none": ""}


def emsa(hash_, klen, kind):
    """kind: ok | di:<name> | ps:<short|ff|bt2|lead|sep|gap> | trail | berlen"""
    di = bytes.fromhex(DI["sha256"])
    if kind.startswith("di:"):
        v = kind[3:]
        if v == "sha1":
            di, hash_ = bytes.fromhex(DI["sha1"]), hash_[:20]
        elif v == "sha512":
            di, hash_ = bytes.fromhex(DI["sha512"]), hash_ * 2
        elif v == "short":
            di, hash_ = bytes.fromhex(DI["sha256"][:-2] + "1f"), hash_[:31]
        elif v == "params":
            di = bytes.fromhex("3033300f0609608648016503040201" + "04020102" + "0420")
        else:
            di = bytes.fromhex(DI[v])
    if kind == "berlen":
        di = bytes.fromhex("308131" + DI["sha256"][4:])
    t = di + hash_
    if kind == "trail":
        t += bytes(8)
    ps = b"\xff" * (klen - len(t) - 3)
    em = b"\0\1" + ps + b"\0" + t
    if kind == "ps:short":
        em = b"\0\1" + b"\xff" * 8 + b"\0" + t + bytes(klen - 11 - len(t))
    elif kind == "ps:ff":
        em = b"\0\1" + ps[:20] + b"\xfe" + ps[21:] + b"\0" + t
    elif kind == "ps:bt2":
        em = b"\0\2" + ps + b"\0" + t
    elif kind == "ps:bt0":
        em = b"\0\0" + ps + b"\0" + t
    elif kind == "ps:lead":
        em = b"\0\1" + ps + b"\1" + t
    return em


_sigs = {}


def rsa_sign(key, digest, kind="ok"):
    k = (key, digest, kind)
    if k not in _sigs:
        _sigs[k] = _rsa_sign(key, digest, kind)
    return _sigs[k]


def _rsa_sign(key, digest, kind):
    n, e, d, k = KEYS[key]
    if kind == "zero":
        return bytes(k)
    if kind == "one":
        return (1).to_bytes(k, "big")
    if kind == "n":
        return n.to_bytes(k, "big")
    if kind == "n-1":
        return (n - 1).to_bytes(k, "big")
    if kind == "ff":
        return b"\xff" * k
    s = _priv(int.from_bytes(emsa(digest, k, kind if kind in ("trail", "berlen") or ":" in kind else "ok"), "big"), d)
    if kind == "s+n":
        return (s + n).to_bytes(k, "big") if s + n < 1 << 8 * k else (s).to_bytes(k, "big")
    if kind == "n-s":
        return (n - s).to_bytes(k, "big")
    if kind == "le":
        return s.to_bytes(k, "little")
    return s.to_bytes(k, "big")


P256 = (0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
        (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296, 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5))


def ecdsa_sign(digest):
    p, n, g = P256

    def add(a, b):
        if a is None:
            return b
        if b is None:
            return a
        if a[0] == b[0]:
            if (a[1] + b[1]) % p == 0:
                return None
            l = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, p) % p
        else:
            l = (b[1] - a[1]) * pow(b[0] - a[0], -1, p) % p
        x = (l * l - a[0] - b[0]) % p
        return x, (l * (a[0] - x) - a[1]) % p

    z = int.from_bytes(digest, "big")
    k = int.from_bytes(hashlib.sha512(b"k" + digest + EC_D.to_bytes(32, "big")).digest(), "big") % (n - 1) + 1
    r, q, kk = None, g, k
    while kk:
        if kk & 1:
            r = add(r, q)
        q, kk = add(q, q), kk >> 1
    s = pow(k, -1, n) * (z + r[0] * EC_D) % n
    return (r[0] % n).to_bytes(32, "big") + s.to_bytes(32, "big")


# --------------------------------------------------------------------------- signed container
TLV = {"SIGNTYPE": 1, "HASHTYPE": 2, "NUM_IMG": 3, "IMGTYPE": 4, "IMGSIZE": 5, "HASHTABLE": 0x10, "PKEYINFO": 0x11}
MAGIC = 0x3543A468


def up8(n):
    return (n + 7) & ~7


def hash_entries(m):
    """one entry per program header, as found in the bytes"""
    out, d = [], m.d
    if len(d) < 52:
        return out
    phoff, = struct.unpack_from("<I", d, 28); num, = struct.unpack_from("<H", d, 44)
    for i in range(num):
        o = phoff + 32 * i
        if o + 32 > len(d):
            break
        w = list(struct.unpack_from("<8I", d, o))
        out.append([w, hashlib.sha256(bytes(d[w[1]:w[1] + w[4]])).digest()])
    return out


HW = {"type": 0, "offset": 1, "vaddr": 2, "paddr": 3, "filesz": 4, "memsz": 5, "flags": 6, "align": 7}


_signed = {}


def build_signed(s):
    """s: fw [{b, ops}], tlv [...], hash [...], hdr {...}, key, sig, post [...] -> Img"""
    k = json.dumps({x: y for x, y in s.items() if x != "post"}, sort_keys=True)
    if k not in _signed:
        if len(_signed) > 200:
            _signed.clear()
        _signed[k] = _build_signed(s)
    return apply(_signed[k].copy(), s.get("post", []))


def _build_signed(s):
    fws = [apply(base(x["b"]), x.get("ops", [])) for x in s["fw"]]
    table = [e for m in fws for e in hash_entries(m)]
    for op in s.get("hash", []):
        k = op[0]
        if k == "set":
            table[op[1]][0][HW[op[2]]] = op[3] & M32
        elif k == "xor":
            h = bytearray(table[op[1]][1]); h[op[2]] ^= op[3]; table[op[1]][1] = bytes(h)
        elif k == "del":
            del table[op[1]]
        elif k == "dup":
            table.insert(op[2], [list(table[op[1]][0]), table[op[1]][1]])
        elif k == "rev":
            table.reverse()
        elif k == "rehash":        # hash of other data
            table[op[1]][1] = hashlib.sha256(bytes.fromhex(op[2])).digest()
        elif k == "new":
            table.insert(op[1], [[x & M32 for x in op[2]], hashlib.sha256(bytes.fromhex(op[3])).digest()])
    key, signtype = s.get("key", "test"), 2 if s.get("key") == "ec" else 1
    size = [up8(len(m.d)) for m in fws]
    recs = [["SIGNTYPE", bytes([signtype])], ["NUM_IMG", bytes([len(fws) & 255])], ["IMGTYPE", bytes([1] * len(fws))],
            ["IMGSIZE", b"".join(struct.pack("<I", n) for n in size)], ["HASHTYPE", b"\1"],
            ["HASHTABLE", b"".join(struct.pack("<8I", *w) + h for w, h in table)]]
    recs = [[n, TLV[n], v, len(v)] for n, v in recs]
    raw = None
    for op in s.get("tlv", []):
        k = op[0]
        at = next((i for i, r in enumerate(recs) if len(op) > 1 and r[0] == op[1]), None)
        if k == "del":
            del recs[at]
        elif k == "dup":            # ["dup", name, where, hex | None]
            v = bytes.fromhex(op[3]) if op[3] is not None else recs[at][2]
            recs.insert(op[2], [recs[at][0] + "'", recs[at][1], v, len(v)])
        elif k == "val":
            recs[at][2] = bytes.fromhex(op[2]); recs[at][3] = len(recs[at][2])
        elif k == "len":
            recs[at][3] = op[2] & M32
        elif k == "typ":
            recs[at][1] = op[2] & M32
        elif k == "add":            # ["add", name, type, hex, where]
            v = bytes.fromhex(op[3]); recs.insert(op[4] if op[4] is not None else len(recs), [op[1], op[2] & M32, v, len(v)])
        elif k == "order":
            recs.sort(key=lambda r: op[1].index(r[0]))
        elif k == "cut":
            raw = (raw or []) + [("cut", op[1])]
        elif k == "ext":
            raw = (raw or []) + [("ext", op[1])]
    m = Img()
    for n in ("magic", "version", "tlv_len", "sign_len", "img_len"):
        m.put("h." + n, 0, 4)
    for n, t, v, l in recs:
        m.put("tlv.%s.type" % n, t, 4); m.put("tlv.%s.len" % n, l, 4); m.raw(v, "tlv.%s.val" % n)
        m.d += bytes(-len(v) % 8)
    for k, v in raw or []:
        if k == "cut":
            del m.d[len(m.d) - v:]
        else:
            m.d += bytes.fromhex(v)
    tl = len(m.d) - 20
    klen = 64 if key == "ec" else KEYS[key][3]
    hdr = dict(magic=MAGIC, version=1, tlv_len=tl, sign_len=klen, img_len=sum(size))
    hdr.update({k: v & M32 for k, v in s.get("hdr", {}).items()})
    for k, v in hdr.items():
        m.set("h." + k, v)
    if s.get("tlvpad", True):
        m.d += bytes(-tl % 8)
    dg = hashlib.sha256(bytes(m.d[:20]) + bytes(m.d[20:])).digest()
    sig = ecdsa_sign(dg) if key == "ec" else rsa_sign(key, dg, s.get("sig", "ok"))
    if "siglen" in s:
        sig = sig[:s["siglen"]].ljust(s["siglen"], b"\0")
    if "sigpre" in s:
        sig = bytes(s["sigpre"]) + sig
    m.raw(sig, "sig")
    m.d += bytes(-len(sig) % 8)
    for i, f in enumerate(fws):
        m.embed(f, "i%d." % i)
        m.d += bytes(-len(f.d) % 8)
    return m


def build_tee(desc):
    return [bytes(build_signed(s).d) for s in desc["img"]]


# --------------------------------------------------------------------------- kernel corpus
ADDR = [0, 1, 4, 0x10, 0xFFF0, 0xFFFF, 0x10000, 0x10001, 0x0FFFFFFF, 0x10000000, 0x10000001, 0x1003FFFC, 0x10040000, 0x10040001, 0x10041000, 0x10042000, 0x10045FFC, 0x10046000,
        0x10048000, 0x10060000, 0x2FFFFFFF, 0x30000000, 0x3003FFFF, 0x30040000, 0x38000000, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xBFFFFFFF, 0xC0000000, 0xDC000000, 0xFFFFFFFF, 0xFFFFFFF0, 0xFFFF0000]
NAMES = ["", "mcuram", "mcuram2", "retram", "vdev0vring0", "vdev0vring1", "vdev0buffer", "vdev1vring0", "vdev0vring", "MCURAM", "mcuram ", "dyncma", "%s", "%x%x", "%p", "%%d", "100%", "%n", "a%5", "A" * 31, "A" * 32,
         "vdev0vring0" + "\0" * 5 + "junk", "retram\n", "\u00ff", "vdev0buffer0"]


def edge(width, cur, size=None, extra=()):
    top = (1 << 8 * width) - 1
    v = [0, 1, 2, 3, cur - 1, cur + 1, cur + 2, cur - 4, cur + 4, cur * 2, top, top - 1, (top >> 1), (top >> 1) + 1, (top >> 1) + 2]
    if width >= 4:
        v += [4, 8, 16, 0xFF, 0x100, cur + 8, cur - 8, cur + 0x1000, top - 3, top - 7, top - 15, top - cur, top - cur + 1, 0x10000, 0x7fff0000]
    if width == 8:
        v += [M32, M32 + 1, M32 + 1 + cur, M32 - 15, 1 << 40, (1 << 63) + cur]
    if size is not None:
        v += [size, size - 1, size + 1, size - 2, size - 3, size - 4, size - 16, size - 32, size - 40, size - 41, size - 39, size + 40]
    out = []
    for x in list(v) + list(extra):
        x &= top
        if x != cur and x not in out:
            out.append(x)
    return out


def fields_with(m, *prefixes):
    return [k for k in m.f if k.startswith(prefixes)]


def _structured(name, m, dense=True):
    """single-field edits of one ELF base -> ops lists"""
    size = len(m.d)
    for f in m.f:
        o, w = m.f[f]
        lead, tail = f.split(".", 1) if "." in f else (f, "")
        if f == "e.mag":
            for i in range(4):
                yield [["xor", i, "01"]]
            continue
        if w not in (1, 2, 4, 8) or f.endswith((".name",)) and lead[0] == "r" or tail == "data" or f == "shstrtab":
            continue
        cur = m.get(f)
        if lead == "e":
            if tail in ("class", "data", "iver", "osabi", "abiver"):
                vs = [x for x in (0, 1, 2, 3, 127, 128, 255) if x != cur]
            elif tail in ("phoff", "shoff"):
                vs = edge(w, cur, size)
            elif tail in ("phnum", "shnum", "shstrndx"):
                vs = edge(w, cur, None, (4, 5, 6, 7, 8, 10, 16, 0x20, 0x100, 0xff00, 0xfff1))
            elif tail in ("type", "machine", "version", "flags", "ehsize"):
                vs = edge(w, cur)[:8] + [0xf3, 62, 3, 183]
            elif tail == "entry":
                vs = edge(w, cur, None, ADDR)[::2]
            else:
                vs = edge(w, cur, None, (31, 32, 33, 39, 40, 41, 56, 64))
        elif lead[0] == "p" and lead[1:].isdigit():
            if tail == "type":
                vs = [x for x in (0, 1, 2, 3, 4, 5, 6, 7, 0x60000000, 0x70000000, 0x70000001, 0x80000001, M32) if x != cur]
            elif tail in ("paddr", "vaddr"):
                vs = edge(w, cur, None, ADDR if tail == "paddr" else ADDR[::4])
            elif tail in ("offset", "filesz", "memsz"):
                fs = m.get(lead + ".filesz"); of = m.get(lead + ".offset")
                vs = edge(w, cur, size, (size - of, size - of + 1, size - of - 1, size - fs, size - fs + 1, 0xFFFF, 0x10000, 0x10001, 0x40000, 0x40001, 0x3FFFF, 0xFFFFF000))
            else:
                vs = edge(w, cur)[:6]
        elif lead[0] == "s" and lead[1:].isdigit():
            if tail in ("type", "flags", "link", "info", "addralign", "entsize"):
                vs = edge(w, cur)[:4] + [8]
            elif tail == "addr":
                vs = edge(w, cur, None, ADDR)
            elif tail == "name":
                vs = edge(w, cur, size, list(range(0, 40)))
            else:
                vs = edge(w, cur, size)
        elif lead == "t":
            vs = edge(w, cur, None, (5, 6, 7, 20, 24, 28, 0x40, 0x3FFFFFFC, 0x3FFFFFFB, 0x40000000, 0xFFFFFFF0, 0xFFFFFFF8))
        elif lead[0] == "r" and lead[1:].isdigit():
            if tail in ("da", "pa") or tail.endswith(".da") or tail.endswith(".pa"):
                vs = edge(w, cur, None, ADDR)
            elif tail == "type":
                vs = [x for x in (0, 1, 2, 3, 4, 5, 127, 128, 129, 511, 512, 513, 0x80000000, M32) if x != cur]
            elif tail == "len":
                vs = edge(w, cur, None, (0xFFF, 0x1000, 0x1001, 0xFFFF, 0x10000, 0x10001, 0x3FFFF, 0x40000, 0x40001, 0x1000000, 0x4000000, 0x4000001, 0xFFFFF001))
            elif tail.endswith(("align", "num")):
                vs = edge(w, cur, None, (2, 3, 5, 7, 12, 17, 32, 64, 128, 255, 256, 257, 1024, 4096, 32768, 65536, 0x9D89D8A, 0x13B13B14, 0x10000000, 0x08000000, 0x40000000, 0xC0000000, 146, 147, 148))
            elif tail == "config_len":
                vs = edge(w, cur, None, (12, 40, 60, 100, 0xFFFFFFE0, 0xFFFFFFC0))
            elif tail == "nvrings":
                vs = [x for x in (0, 1, 2, 3, 4, 5, 12, 127, 128, 255) if x != cur]
            elif tail == "id":
                vs = [x for x in (0, 1, 2, 3, 7, 8, 18, 34, 0x80000000, M32) if x != cur]
            elif tail == "dfeatures":
                vs = [0, 2, 3, 1 << 28, 1 << 29, 1 << 30, 1 << 31, M32, 0x10000001]
            elif w == 1:
                vs = [1, 2, 128, 255]
            else:
                vs = edge(w, cur)[:5] + [0x80000000]
        else:
            continue
        for v in vs:
            yield [["set", f, v & ((1 << 8 * w) - 1)]]
    for f in m.f:
        if f.endswith(".name") and f[0] == "r":
            for n in NAMES:
                yield [["put", f, n.encode("latin1").ljust(32, b"\0")[:32].hex()]]
    # truncations at every structural boundary +-1
    cuts = sorted({c + d for o, n in m.f.values() for c in (o, o + n) for d in (-1, 0, 1) if 0 <= c + d < size})
    for c in cuts:
        yield [["trunc", c]]
    for n in (1, 2, 3, 4, 5, 7, 8, 39, 40, 4096):
        yield [["zeros", n]]
    yield [["app", "ff" * 16]]


def _pairs(name, m):
    """two- and three-field edits aimed at arithmetic corner cases"""
    size = len(m.d)
    segs = sorted({k.split(".")[0] for k in m.f if k[0] == "p" and k[1:2].isdigit()})
    w = m.f["p0.paddr"][1]
    top = (1 << 8 * w) - 1
    for p in segs[:3]:
        pa = m.get(p + ".paddr")
        for a in (pa, pa + 0x10, pa + 0x100, 0x10000000, 0x10000100, 0x30000010, 0x10040000, 0x10040ff0, 0x10042000, 0xFFF0, 4, 0x1003FFF0):
            for ms in (top, top - 3, top - 15, top - 0xFF, top - 0xFE, top - 0x100, top - a + 1, top - a + 2, (top >> 1) + 1, top >> 1, 0x10000 - (a & 0xFFFF), 0x40000 - (a & 0x3FFFF), 0x40001 - (a & 0x3FFFF), 0):
                yield [["set", p + ".paddr", a & top], ["set", p + ".memsz", ms & top]]
        for of in (0, 1, size - 1, size, size + 1, size + 0x1000, top, top - 15, top - 63, top - 0xFFF, (top >> 1) + 1):
            for fs in (0, 1, 16, 64, 65, 0x1000, 0x10000, top, top - of + 1, top - of + 17, size, size - of):
                yield [["set", p + ".offset", of & top], ["set", p + ".filesz", fs & top]]
                yield [["set", p + ".offset", of & top], ["set", p + ".filesz", fs & top], ["set", p + ".memsz", max(fs & top, 64) & top]]
    if w == 8:
        for hi in (1 << 32, 1 << 33, 1 << 63, M64 - M32):
            for lo in (0, 0x10, 0x10000000, 0x30000000, 0xFFF0):
                yield [["set", "p0.paddr", hi | lo]]
                yield [["set", "p1.paddr", hi | lo], ["set", "p1.memsz", (1 << 32) | 0x200]]
    for k in ("e.phnum", "e.phoff"):
        for ph in (size, size - 1, size - 32, size - 31, size - 64, 0, 4, 52, 53, 54, 84):
            for n in (1, 2, 3, 0x100, 0xFFFF):
                yield [["set", "e.phoff", ph], ["set", "e.phnum", n]]
        break
    if "e.shoff" in m.f and m.get("e.shnum"):
        shsz = 64 if w == 8 else 40
        for so in (size, size - shsz, size - shsz + 1, size - 2 * shsz, 0, 1, 52, 64, top, top - 39, top - 63, top - 40):
            for n in (0, 1, 2, 3, 0xFFFF):
                for ix in (0, 1, n - 1, n, 0xFFFF):
                    yield [["set", "e.shoff", so & top], ["set", "e.shnum", n], ["set", "e.shstrndx", ix & 0xffff]]
        last = m.get("e.shstrndx")
        for so in (size - 1, size - 15, size - 16, size - 17, size, size + 1, 0, top, top - 15, (top >> 1) + 1):
            for nm in (0, 1, 15, 16, 0xFF, 0x7FFFFFFF, M32, (M32 + 1 - so) & M32):
                yield [["set", "s%d.offset" % last, so & top], ["set", "s0.name", nm]]
    rs = next((k.split(".")[0] for k in m.f if k.startswith("s") and k.endswith(".name") and _secname(m, k) == b".resource_table"), None)
    if rs:
        to = m.get(rs + ".offset")
        for of in (to, size - 16, size - 15, size - 20, size, top, top - 15, 0, 1, to + 1, to + 2, to + 4):
            for sz in (0, 1, 15, 16, 17, 19, 20, 24, 28, size - of, size - of + 1, top, top - of, top - of + 1, top - of + 17, (top >> 1) + 1, 0x10000, 0x40001):
                yield [["set", rs + ".offset", of & top], ["set", rs + ".size", sz & top]]
        for ad in (0, 0x10, 0x10000000, 0x1003FFF0, 0xFFF0, 0x10042000, 0x30000000, 0xDC000000, M32, 0x40000000):
            for sz in (16, 20, 0x70, m.get(rs + ".size"), 0x400):
                yield [["set", rs + ".addr", ad & top], ["set", rs + ".size", sz & top]]
        for num in (0, 1, 2, 3, 6, 8):
            for off in (0, 12, 15, 16, 17, 20, 24, m.get(rs + ".size") - 4, m.get(rs + ".size") - 5, m.get(rs + ".size") - 3, m.get(rs + ".size") - 8, m.get(rs + ".size")):
                if "t.off0" in m.f:
                    yield [["set", "t.num", num], ["set", "t.off0", off & M32]]
    rv = [k[:-7] for k in m.f if k.endswith("nvrings")]
    for r in rv[:1]:
        for al in (1, 2, 3, 15, 16, 17, 4095, 4096, 8192, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFF001, 0xFFFFFFFE, 0xFFFFFFFF):
            for num in (1, 3, 16, 17, 128, 146, 147, 256, 512, 0x9D89D8A, 0x80000000, 0xFFFFFFFF, 0x08000001):
                yield [["set", r + "v0.align", al], ["set", r + "v0.num", num]]
        for da in (0, 0x10040000, 0x10040004, 0x1003FFFF, 0x10041000, 0x10000000, 0x90040000, 0x90040001, 0xFFFFFFFE):
            for num in (1, 16, 100, 147, 500):
                yield [["set", r + "v0.da", da], ["set", r + "v0.num", num]]
    for r in sorted({k.split(".")[0] for k in m.f if k.endswith(".flags") and k[0] == "r"}):
        for nm, ba, ln in (("retram", 0, 0x10000), ("mcuram2", 0x10000000, 0x40000), ("vdev0buffer", 0x10042000, 0x4000), ("zz", 0x50000000, 0x1000)):
            for da in (ba, ba + 0x10, ba + ln - 1, ba + ln, ba - 1, M32, 0, ba + 0x80000000, ba + 0x7FFFFFFF):
                for l in (0, 1, ln, ln - 0x10, ln + 1, M32, 0x80000000):
                    yield [["put", r + ".name", nm.encode().ljust(32, b"\0").hex()], ["set", r + ".da", da & M32], ["set", r + ".len", l & M32]]


def _secname(m, k):
    n = m.get(k)
    ix = m.get("e.shstrndx")
    o = m.get("s%d.offset" % ix) + n
    return bytes(m.d[o:o + 16]).split(b"\0")[0]


def _random(name, m, count, tag):
    others = sorted(BASES)
    for i in range(count):
        r = Rng(tag, name, i)
        size = len(m.d)
        k = r.below(8)
        if k < 3:
            yield [["flip", r.below(size * 8)] for _ in range(1 + r.below(4))]
        elif k == 3:
            hot = [f for f in m.f if m.f[f][1] in (1, 2, 4, 8)]
            yield [["set", f, r.pick(edge(m.f[f][1], m.get(f), size))] for f in (r.pick(hot) for _ in range(2 + r.below(3)))]
        elif k == 4:
            hot = [f for f in m.f if m.f[f][1] in (1, 2, 4, 8)]
            yield [["set", f, r.u64()] for f in (r.pick(hot) for _ in range(1 + r.below(2)))]
        elif k == 5:
            o = r.pick(others); b = base(o)
            yield [["splice", o, r.below(len(b.d)), r.below(size), 4 + r.below(64)]]
        elif k == 6:
            a = r.below(size); n = 1 + r.below(16)
            yield [r.pick([["del", a, n], ["ins", a, r.bytes(n).hex()], ["put", a, r.bytes(min(n, size - a)).hex()]])]
        else:
            hot = [f for f in m.f if f.split(".")[0][:1] in "prst" and m.f[f][1] in (1, 2, 4, 8)] or list(m.f)
            f = r.pick([x for x in hot if m.f[x][1] in (1, 2, 4, 8)])
            yield [["flip", m.f[f][0] * 8 + r.below(8 * m.f[f][1])], ["flip", r.below(size * 8)]]


K_STRUCT = ("min", "rpmsg", "full", "elf64", "twov", "noshdr")
K_LIGHT = ("be", "segs", "devmem", "onev", "tblsec", "tblskew", "dup", "odd", "fixv", "many")


def _thin(gen, keep, tag):
    """deterministic subsample of a generator: keep is a fraction in 1/1000"""
    for i, x in enumerate(gen):
        if Rng("thin", tag, i).below(1000) < keep:
            yield x


def kernel_cases():
    seen, n = set(), 0

    def out(b, kind, ops):
        nonlocal n
        d = {"b": b, "ops": ops}
        img = build_kernel(d)
        h = hashlib.sha256(img).hexdigest()
        if h in seen:
            return None
        seen.add(h)
        d = {"id": "K%05d" % n, "kind": kind, **d, "sha256": h}
        n += 1
        return d

    def go(b, kind, gen):
        for ops in gen:
            d = out(b, kind, ops)
            if d:
                yield d

    yield from go("min", "empty", [[["trunc", 0]]])
    for b in BASES:
        yield from go(b, "base", [[]])
    for b in K_STRUCT:
        m = base(b)
        yield from go(b, "field", _thin(_structured(b, m), {"min": 450, "rpmsg": 520, "full": 210, "elf64": 260, "twov": 170, "noshdr": 300}[b], "Kf" + b))
        yield from go(b, "pair", _thin(_pairs(b, m), {"rpmsg": 520, "full": 160, "elf64": 330, "min": 150, "twov": 60, "noshdr": 90}[b], "Kp" + b))
    for b in K_LIGHT:
        m = base(b)
        yield from go(b, "field", _thin(_structured(b, m), 70, "Kl" + b))
        yield from go(b, "pair", _thin(_pairs(b, m), 25, "Klp" + b))
    for b in K_STRUCT + K_LIGHT:
        yield from go(b, "random", _random(b, base(b), 230 if b in K_STRUCT else 80, "Kr"))


    yield from ((d for b, ops in K_MANUAL for d in [out(b, "manual", ops)] if d))


def _nm(r, text):
    return ["put", r + ".name", text.encode("latin1").ljust(32, b"\0")[:32].hex()]


K_MANUAL = [("full", [_nm("r1", "mcuram")]), ("full", [["set", "r1.len", 0]]), ("full", [["set", "r1.len", 0xFFFFFFFF]]), ("full", [["set", "r1.len", 1]]),
            ("full", [_nm("r1", "A" * 32)]), ("full", [_nm("r1", "A" * 31)]), ("full", [_nm("r0", "retram"), ["set", "r0.da", 0]]), ("full", [_nm("r0", "retram"), ["set", "r0.da", M32]]),
            ("full", [["set", "r0.len", 0x40000]]), ("full", [["set", "r0.len", 0x40001]]), ("full", [["set", "r0.da", 0x30000010], ["set", "r0.len", 0x3FFF0]]), ("full", [["set", "r0.da", 0x30000010], ["set", "r0.len", 0x3FFF1]]),
            ("noshdr", [["set", "e.shstrndx", 0xFFFF]]), ("noshdr", [["set", "e.shstrndx", 4]]), ("noshdr", [["set", "e.shstrndx", 5]]), ("noshdr", [["set", "e.shoff", 200]]), ("noshdr", [["set", "e.shoff", 201]]),
            ("rpmsg", [["set", "t.off1", 24]]), ("rpmsg", [["set", "t.off0", 16]]), ("rpmsg", [["set", "t.off0", 15]]), ("rpmsg", [["set", "t.num", 0]]), ("dup", [["set", "bt.ver", 7]]),
            ("rpmsg", [["set", "r0.v0.num", 144], ["set", "r0.v0.align", 16]]), ("rpmsg", [["set", "r0.v0.num", 256], ["set", "r0.v0.align", 16]]), ("rpmsg", [["set", "r0.v0.num", 128], ["set", "r0.v0.align", 4096]]),
            ("rpmsg", [["set", "r0.v0.num", 64], ["set", "r0.v0.align", 4096]]), ("rpmsg", [["set", "r0.v0.num", 1], ["set", "r0.v0.align", 4096]]), ("rpmsg", [["set", "r0.id", 3], ["set", "r0.nvrings", 1]]),
            ("rpmsg", [["set", "p1.filesz", 0x801]]), ("rpmsg", [["set", "p1.memsz", 0x40000]]), ("rpmsg", [["set", "p1.memsz", 0x40001]]), ("rpmsg", [["set", "p0.type", 0], ["set", "p1.type", 0]]),
            ("min", [["set", "p0.paddr", 0x10042000]]), ("rpmsg", [["set", "p0.paddr", 0xDC000000]]), ("full", [["set", "p1.paddr", 0xDC000000]]), ("full", [["set", "p1.paddr", 0xDC001FFF]])]
K_MANUAL += [("full", [_nm("r1", n)]) for n in ("%s%s%s%s", "%d", "%llx%llx", "mcuram%%", "%%", "%1000000d", "vdev0vring%d", "%pK", "%")]


# --------------------------------------------------------------------------- TEE corpus
RUN = [["open", 0], ["load", 0, 0], ["get_rsc", 0], ["start", 0], ["stop", 0], ["release", 0]]
T_FW = {"A": ["rpmsg"], "B": ["min"], "C": ["full"], "D": ["img2", "rpmsg"], "E": ["min", "img2", "img3"], "F": ["segs"], "G": ["tblsec"], "H": ["noshdr"], "I": ["odd", "img2"], "J": ["many"], "K": ["dup"],
        "L": ["rpmsg", "img3"], "M": ["many40"], "N": ["fixv"], "O": ["twov"]}


def spec(k, **kw):
    return dict(fw=[{"b": x} for x in T_FW[k]], **kw)


def _tlv_cases(k):
    s0 = build_signed(spec(k))
    names = ["SIGNTYPE", "NUM_IMG", "IMGTYPE", "IMGSIZE", "HASHTYPE", "HASHTABLE"]
    nimg = len(T_FW[k])
    for n in names:
        cur = s0.get("tlv.%s.len" % n)
        val = bytes(s0.d[s0.f["tlv.%s.val" % n][0]:][:cur])
        yield dict(tlv=[["del", n]])
        for w in range(0, 7, 2):
            yield dict(tlv=[["dup", n, w, None]])
            yield dict(tlv=[["dup", n, w, val.hex()[:-2] + "07"]])
            yield dict(tlv=[["dup", n, w, ""]])
        for l in edge(4, cur, None, (5, 6, 7, 9, 12, 15, 17, 24, 32, 63, 64, 65, 128, 192, M32 - 23, M32 - 39, M32 - 31)):
            yield dict(tlv=[["len", n, l]])
        for t in (0, 1, 2, 3, 4, 5, 6, 0x0F, 0x10, 0x11, 0x12, 0x10000, 0x10001, 0x10003, 0x10010, 0x20001, TLV[n] | 0x80000000, TLV[n] << 8, TLV[n] << 16, TLV[n] | 0x10000):
            if t != TLV[n]:
                yield dict(tlv=[["typ", n, t]])
        vals = {"SIGNTYPE": ["00", "02", "03", "7f", "80", "ff", "0100", "01000000", ""], "NUM_IMG": ["00", "01", "02", "03", "04", "7f", "80", "ff", "0100", "01000000", ""],
                "IMGTYPE": ["00", "01", "02", "ff", "0101", "010101", "0102", "0001", ""], "HASHTYPE": ["00", "02", "ff", "", "0100"], "HASHTABLE": ["", "00" * 63, "00" * 64, "00" * 65, "00" * 128],
                "IMGSIZE": [""] + [struct.pack("<I", x & M32).hex() * j for x in (0, 1, 4, 16, 51, 52, 53, len(base(T_FW[k][0]).d), up8(len(base(T_FW[k][0]).d)), up8(len(base(T_FW[k][0]).d)) + 1, up8(len(base(T_FW[k][0]).d)) + 8,
                                                                                  up8(len(base(T_FW[k][0]).d)) - 8, up8(len(base(T_FW[k][0]).d)) - 4, 0x7FFFFFFF, 0x80000000, M32, M32 - 7) for j in (1, nimg)]}[n]
        for v in vals:
            if bytes.fromhex(v) != val:
                yield dict(tlv=[["val", n, v]])
    r = Rng("order", k)
    for i in range(24):
        o = list(names)
        for j in range(5, 0, -1):
            x = r.below(j + 1); o[j], o[x] = o[x], o[j]
        if o != names:
            yield dict(tlv=[["order", o]])
    for t, v, w in ((0x11, "", None), (0x11, "01020304", None), (0x11, "aa" * 8, 0), (0x11, "bb" * 200, None), (0x11, "cc" * 1500, None), (0x10000, "31", None), (0x10001, "", 0), (0x1FFFF, "aa" * 64, 3), (0x20000, "01", None),
                    (0, "", 0), (0, "00" * 8, 0), (M32, "11", 0), (0xDEAD0001, "02", 0), (0x00010001, "02", 0)):
        yield dict(tlv=[["add", "X", t, v, w]])
        yield dict(tlv=[["add", "X", t, v, w], ["len", "X", 0]])
        yield dict(tlv=[["add", "X", t, v, w], ["len", "X", M32]])
        yield dict(tlv=[["add", "X", t, v, w], ["len", "X", M32 - 6]])
    for c in (1, 2, 3, 4, 5, 7, 8, 9, 16, 24, 40, 64, 65, 72):
        yield dict(tlv=[["cut", c]])
    for e in ("00", "0000", "00000000", "11000000", "1100000000000000", "1100000004000000aabbccdd", "00" * 8, "ff" * 8, "01000000ffffffff", "03000000f9ffffff"):
        yield dict(tlv=[["ext", e]])
        yield dict(tlv=[["ext", e]], tlvpad=False)


def _hdr_cases(k):
    s0 = build_signed(spec(k))
    tot = len(s0.d)
    for f in ("magic", "version", "tlv_len", "sign_len", "img_len"):
        cur = s0.get("h." + f)
        vs = edge(4, cur, tot, (255, 248, 249, 256, 257, 263, 264, 384, 512, 64, 20, 28, tot - 20, tot - 276, M32 - 5, M32 - 6, M32 - 7, M32 - 8, M32 - 19, M32 - 20, M32 - 27, M32 - 275, M32 - 276, M32 + 1 - tot))
        for v in vs:
            yield dict(post=[["set", "h." + f, v]])
            yield dict(hdr={f: v})
    for a, b in (("tlv_len", "sign_len"), ("tlv_len", "img_len"), ("sign_len", "img_len")):
        for d in (1, 7, 8, 16, 64, -1, -7, -8, -16, -64):
            yield dict(hdr={a: s0.get("h." + a) + d, b: s0.get("h." + b) - d})
            yield dict(post=[["set", "h." + a, s0.get("h." + a) + d], ["set", "h." + b, s0.get("h." + b) - d]])
    for v in range(M32 - 8, M32 + 1):
        for f in ("tlv_len", "sign_len", "img_len"):      # ROUNDUP_64 wraps to 0: drop the matching bytes too
            n = up8(s0.get("h." + f))
            at = {"tlv_len": 20, "sign_len": s0.f["sig"][0], "img_len": s0.f["sig"][0] + 256}[f]
            yield dict(post=[["set", "h." + f, v], ["del", at, n]])
            yield dict(hdr={f: v}, post=[["del", at, n]])


def _sig_cases(k):
    s0 = build_signed(spec(k))
    so = s0.f["sig"][0]
    for i in list(range(0, 256, 6)) + [1, 2, 3, 127, 128, 254, 255]:
        yield dict(post=[["xor", so + i, "%02x" % (1 << (i % 8))]])
    for kind in ("zero", "one", "n", "n-1", "ff", "s+n", "n-s", "le", "trail", "berlen", "di:nonull", "di:sha1", "di:sha512", "di:none", "di:short", "di:params", "ps:short", "ps:ff", "ps:bt2", "ps:bt0", "ps:lead"):
        yield dict(sig=kind)
        if kind not in ("zero", "one", "n", "ff"):
            yield dict(sig=kind, key="other")
    for key in ("other", "rsa3072", "ec"):
        yield dict(key=key)
        yield dict(key=key, tlv=[["val", "SIGNTYPE", "01"]])
        yield dict(key=key, tlv=[["val", "SIGNTYPE", "02"]])
    for l in (0, 1, 8, 64, 128, 248, 255, 256, 257, 264, 384, 512, 1024, 3000):
        yield dict(siglen=l, hdr={"sign_len": l})
        yield dict(siglen=l)
    for p in (1, 4, 8, 16):
        yield dict(sigpre=p, hdr={"sign_len": 256 + p})
    for o in range(0, so, 3):
        yield dict(post=[["xor", o, "%02x" % (1 << (o % 8))]])


def _hash_cases(k):
    e = [x for b in T_FW[k] for x in hash_entries(base(b))]
    for i in range(len(e)):
        for f, ix in HW.items():
            cur = e[i][0][ix]
            for v in edge(4, cur, None, ADDR[::3] if f == "paddr" else ())[:: 1 if f in ("paddr", "memsz", "filesz", "type") else 6]:
                yield dict(hash=[["set", i, f, v]])
        for b in (0, 1, 15, 31):
            yield dict(hash=[["xor", i, b, 1 << (b % 8)]])
        yield dict(hash=[["del", i]])
        for j in range(len(e) + 1):
            yield dict(hash=[["dup", i, j]])
        yield dict(hash=[["dup", i, 0], ["xor", 0, 3, 0x40]])
        yield dict(hash=[["dup", i, len(e)], ["xor", len(e), 3, 0x40]])
        yield dict(hash=[["dup", i, 0], ["set", 0, "type", 0]])
        yield dict(hash=[["dup", i, 0], ["set", 0, "memsz", 1]])
    yield dict(hash=[["rev"]])
    yield dict(hash=[["new", 0, [1, 0, 0, 0, 0, 0, 5, 4], ""]])


def _fw_cases(k, keep):
    """signer-side edits: the firmware is changed first, then hashed and signed"""
    for i, b in enumerate(T_FW[k]):
        m = base(b)
        g = [x for x in _structured(b, m) if x[0][0] != "set" or x[0][1][0] in "ep"] + list(_pairs(b, m))[:700]
        for ops in _thin(iter(g), keep, "Tf%s%d" % (k, i)):
            s = spec(k)
            s["fw"][i] = {"b": b, "ops": ops}
            yield s


def _post_cases(k, keep, pairs):
    """normal-world edits: the signed container is kept, the unsigned ELF bytes change"""
    for i, b in enumerate(T_FW[k]):
        m = base(b)
        g = list(_structured(b, m))
        g = [x for x in g if x[0][0] in ("set", "put")]
        if pairs:
            g += list(_thin(_pairs(b, m), pairs, "Tpp%s%d" % (k, i)))
        off = build_signed(spec(k)).f["i%d.e.mag" % i][0]
        for ops in _thin(iter(g), keep, "Tp%s%d" % (k, i)):
            o2 = []
            for op in ops:
                if op[0] in ("set", "put"):
                    o2.append([op[0], "i%d.%s" % (i, op[1]) if isinstance(op[1], str) else op[1] + off] + op[2:])
                elif op[0] == "xor":
                    o2.append(["xor", op[1] + off, op[2]])
            if o2:
                yield spec(k, post=o2)


def _cut_cases(k):
    s0 = build_signed(spec(k))
    tot = len(s0.d)
    cuts = sorted({c + d for n, (o, w) in s0.f.items() if not n.startswith("i0.r") for c in (o, o + w) for d in (-1, 0, 1) if 0 <= c + d < tot})
    for c in cuts:
        yield dict(post=[["trunc", c]])
    for n in (1, 4, 7, 8, 16, 4096):
        yield dict(post=[["zeros", n]])


SEQ = {"L": ["load", 0, 0], "B": ["load", 0, 1], "S": ["start", 0], "P": ["stop", 0], "G": ["get_rsc", 0], "R": ["release", 0]}


def tee_cases():
    seen, n = set(), 0

    def out(kind, imgs, script, **kw):
        nonlocal n
        d = {"img": imgs, "script": script, **kw}
        try:
            data = build_tee(d)
        except (KeyError, IndexError, TypeError):
            return None
        sums = [hashlib.sha256(x).hexdigest() for x in data]
        key = json.dumps([sums, script, kw])
        if key in seen:
            return None
        seen.add(key)
        d = {"id": "T%05d" % n, "kind": kind, **d, "sha256": sums}
        n += 1
        return d

    def go(kind, gen, script=RUN, **kw):
        for s in gen:
            d = out(kind, [s], script, **kw)
            if d:
                yield d

    for k in T_FW:
        yield from go("base", [spec(k)])
    for k, frac in (("A", 1000), ("D", 500), ("C", 150), ("E", 300)):
        yield from go("tlv", _thin((spec(k, **x) for x in _tlv_cases(k)), frac, "Tt" + k))
    for k, frac in (("A", 1000), ("D", 200)):
        yield from go("header", _thin((spec(k, **x) for x in _hdr_cases(k)), frac, "Th" + k))
    for k, frac in (("A", 1000), ("E", 120)):
        yield from go("signature", _thin((spec(k, **x) for x in _sig_cases(k)), frac, "Ts" + k))
    for k, frac in (("A", 1000), ("C", 350), ("D", 350), ("F", 200)):
        yield from go("hash", _thin((spec(k, **x) for x in _hash_cases(k)), frac, "Tx" + k))
    for k, frac in (("A", 260), ("C", 70), ("D", 70), ("F", 60), ("H", 90)):
        yield from go("signer", _fw_cases(k, frac))
    for k, frac, pr in (("A", 420, 150), ("C", 90, 20), ("D", 70, 20), ("E", 40, 10), ("F", 70, 15), ("G", 110, 40), ("K", 60, 15), ("N", 40, 10), ("I", 80, 15)):
        yield from go("unsigned-elf", _post_cases(k, frac, pr))
    for k in ("A", "D"):
        yield from go("cut", (spec(k, **x) for x in _cut_cases(k)))
    for k in ("A", "C", "D"):
        s0 = build_signed(spec(k))
        for i in range({"A": 500}.get(k, 250)):
            r = Rng("Tr", k, i)
            q = r.below(4)
            if q < 2:
                ops = [["flip", r.below(8 * len(s0.d))] for _ in range(1 + r.below(3))]
            elif q == 2:
                lo = s0.f["i0.e.mag"][0]
                ops = [["flip", 8 * lo + r.below(8 * (len(s0.d) - lo))] for _ in range(1 + r.below(4))]
            else:
                o = r.pick(sorted(BASES)); b = base(o)
                ops = [["splice", o, r.below(len(b.d)), r.below(len(s0.d)), 4 + r.below(48)]]
            d = out("random", [spec(k, post=ops)], RUN)
            if d:
                yield d
    # segment data edited after signing, one byte each
    for k in ("A", "C"):
        s0 = build_signed(spec(k))
        for f in [x for x in s0.f if ".seg" in x]:
            o, w = s0.f[f]
            for j in sorted({0, w // 2, w - 1}):
                if 0 <= j < w:
                    d = out("segment-data", [spec(k, post=[["xor", o + j, "80"]])], RUN)
                    if d:
                        yield d
    # command sequences over a good image and a tampered one
    bad = spec("A", post=[["xor", build_signed(spec("A")).f["i0.seg1.data"][0], "01"]])
    words = [""]
    for ln in range(1, 5):
        words = [w + c for w in words if len(w) == ln - 1 for c in "LBSPGR"]
        for w in words:
            if ln == 4 and Rng("seq", w).below(1000) >= 620:
                continue
            d = out("sequence", [spec("A"), bad], [["open", 0]] + [SEQ[c] for c in w])
            if d:
                yield d
    for w in ("LLSSPPRR", "LSPLSPLSP", "BLSPR", "LRLRLSPR", "LGSGPGRG", "BBBLSG", "LSRPRL", "LSBPBLS", "LSPGLGRG", "LBRBLS"):
        d = out("sequence", [spec("C"), bad], [["open", 0]] + [SEQ[c] for c in w])
        if d:
            yield d
    # two good images: the second load is ignored while the first is loaded
    for a in T_FW:
        for b in ("A", "B", "C", "E"):
            for w in ("LBGSPBGSP", "BLRLGS", "LRBG"):
                d = out("two-images", [spec(a), spec(b)], [["open", 0]] + [SEQ[c] for c in w])
                if d:
                    yield d
    # sessions, processor ids, parameter types
    S = [["open", 0], ["open", 1], ["close"], ["load", 0, 0], ["load", 1, 0], ["start", 0], ["start", 1], ["stop", 1], ["release", 1], ["get_rsc", 1], ["coredump", 0]]
    for i in range(300):
        r = Rng("sess", i)
        pre = [["open", 0]] if i % 6 else []
        d = out("sessions", [spec("A")], pre + [r.pick(S) for _ in range(3 + r.below(7))])
        if d:
            yield d
    # the second image makes the TA panic (wild e_phoff); a panic drops the instance and its sessions
    dead = spec("A", post=[["set", "i0.e.phoff", 0x7FFF0000]])
    for w in ("BOLGS", "LBGSPB", "LRBOLSP", "LSPBOLSPG", "BOBOLS", "LSB", "LGBRBOG", "LPBSOL", "BGSPR", "LRBGOGLG"):
        d = out("ta-panic", [spec("A"), dead], [["open", 0]] + [["open", 0] if c == "O" else SEQ[c] for c in w])
        if d:
            yield d
    good = [["open", 0], ["load", 0, 0]]
    for cmd in (0, 1, 2, 3, 4, 5, 6, 7, 0x80000000):
        for pt in (0, 1, 2, 3, 5, 6, 7, 0x51, 0x15, 0x61, 0x71, 0x11, 0x221, 0x2221, 0x551, 0x10051, 0x1051):
            v = [0, 0, 0, 0, 0, 0, 0, 0]
            for pre in ([["open", 0]], good, good + [["start", 0]]):
                d = out("param-types", [spec("B")], pre + [["raw", cmd, pt] + v, ["get_rsc", 0]])
                if d:
                    yield d
    for sz in (0, 1, 19, 20, 21, 275, 276, 277, 0x7FFFFFFF):
        d = out("load-size", [spec("A")], [["open", 0], ["load", 0, 0, sz if sz < 1 << 20 else 1 << 20], ["get_rsc", 0]])
        if d:
            yield d
    for nul in (0, 1):
        d = out("load-size", [spec("A")], [["open", 0], ["load", 0, 0, 0 if not nul else 64, nul], ["get_rsc", 0]])
        if d:
            yield d
    for off in (1, 2, 3, 4, 5, 8, 12, 16):
        for k in ("A", "D", "I"):
            d = out("misaligned", [spec(k)], RUN, align=off)
            if d:
                yield d
    # the image changes in shared memory between two commands
    for pk in ([0, 0, "00"], [0, 4, "ff"]):
        d = out("poke", [spec("A")], [["open", 0], ["load", 0, 0], ["poke"] + pk, ["load", 0, 0], ["start", 0], ["stop", 0], ["load", 0, 0], ["get_rsc", 0]])
        if d:
            yield d


    r0 = base("rpmsg"); ss = r0.get("s4.size"); sh = r0.get("s4.name"); rt = r0.get("s3.name")
    M = [spec("A", post=[["set", "i0.s4.size", sh + n], ["set", "i0.s3.name", 0]]) for n in (1, 2, 3)]           # ".shstrtab" cut to "." matches as a prefix
    M += [spec("A", post=[["set", "i0.s4.size", rt + n], ["set", "i0.s4.name", 0]]) for n in (1, 2, 10, 15, 16)]  # ".resource_table" itself cut
    M += [spec("A", post=[["set", "i0.e.shnum", n]]) for n in (0, 1, 4)] + [spec("A", post=[["set", "i0.s3.size", n]]) for n in (0, 15, 16, 24)]
    M += [spec("C", hash=[["del", 4]]), spec("C", hash=[["del", 3]]), spec("D", post=[["set", "i1.e.class", 2]]), spec("D", post=[["xor", build_signed(spec("D")).f["i1.e.mag"][0], "ff"]]),
          spec("D", post=[["set", "i1.e.phentsize", 0]]), spec("D", post=[["set", "i1.e.data", 2]]), spec("A", post=[["set", "i0.e.data", 2]]), spec("A", post=[["set", "i0.e.machine", 62]])]
    M += [dict(fw=[{"b": b}]) for b in ("many28", "many29")]
    M += [spec("A", tlv=[["add", "X", 0x10001, "02" * 8, 0], ["len", "X", l]]) for l in (M32 - 6, M32, 16, 24, 0x1000)]
    M += [dict(fw=[{"b": "rpmsg"}, {"b": "rpmsg"}]), dict(fw=[{"b": "min"}, {"b": "min"}]), dict(fw=[{"b": "min"}] * 5), dict(fw=[{"b": "min"}] * 3, tlv=[["val", "NUM_IMG", "02"]])]
    M += [dict(fw=[{"b": "rpmsg", "ops": [["set", "p0.memsz", x]]}]) for x in (0, 1, 63, 64, 65, 0x10000, 0x10001)]
    M += [dict(fw=[{"b": "rpmsg", "ops": [["set", "p1.paddr", x]]}]) for x in (0x10048000, 0x10047FFC, 0x1004F000, 0x10042000, 0x1003FF00)]
    yield from go("manual", M)


# --------------------------------------------------------------------------- command line
def main(a):
    if len(a) < 2:
        print(__doc__); return 2
    cases = {"kernel": kernel_cases, "tee": tee_cases}[a[1]]
    if a[0] == "list":
        for c in cases():
            print(json.dumps(c, separators=(",", ":")))
    elif a[0] == "sums":
        for c in cases():
            print(c["id"], c["sha256"] if isinstance(c["sha256"], str) else " ".join(c["sha256"]))
    elif a[0] == "emit":
        for c in cases():
            if c["id"] == a[2]:
                d = a[3] if len(a) > 3 else "."
                data = [build_kernel(c)] if a[1] == "kernel" else build_tee(c)
                for i, x in enumerate(data):
                    p = os.path.join(d, "%s_%d.bin" % (c["id"], i)); open(p, "wb").write(x); print(p, len(x))
                return 0
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
