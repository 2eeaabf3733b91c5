# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of a signature chain: what vouches for what, and what nothing vouches for."""

from rprocbench.bench.chain import Chain, Link, Verdict

from .markup import Markup, tag
from .svg import box, drawing, words
from .wording import clean, shorten, size

WIDTH = 1080
LEFT, MIDDLE, RIGHT = 16, 392, 748
WIDE, CENTRE = 316, 296
HIGH, GAP = 52, 14
MOST = 12
SIGNED, KEY, HASHED, BROKEN, NOTHING = 1, 0, 2, 3, 5
MARKS = {
    Verdict.PASS: "✓ PASS", Verdict.FAIL: "✗ FAIL", Verdict.UNDECIDED: "? UNDECIDED",
    Verdict.NOT_COVERED: "○ NOT COVERED",
}  # fmt: skip


def chain_svg(view: Chain) -> str:
    """Signature over digest over records; rows over segments; what is left."""
    parts: list[Markup] = []
    y = _signed(view, 16.0, parts)
    y = _segments(view, y, parts)
    y = _nothing(view, y, parts)
    return drawing(WIDTH, y + 4, parts, f"Signature chain of {clean(view.name)}")


def _heading(text: str, y: float, parts: list[Markup]) -> float:
    parts.append(words(LEFT, y + 14, text, "strong"))
    return y + 24


def _card(place: tuple[float, float, float], kind: int, first: str, second: str) -> Markup:
    x, y, wide = place
    room = int(wide / 7.4)
    return Markup(
        box(x, y, wide, HIGH, kind)
        + words(x + 12, y + 21, shorten(clean(first), room), "label")
        + words(x + 12, y + 39, shorten(clean(second), room), "mono label")
    )


def _tie(x: float, end: float, y: float, verdict: Verdict) -> Markup:
    """A line between two cards, cut in two where the link is broken."""
    bad = verdict is Verdict.FAIL
    middle = (x + end) / 2
    pieces = [(x, middle - 6), (middle + 6, end)] if bad else [(x, end)]
    return Markup("".join(
        tag("line", x1=f"{a:.1f}", x2=f"{b:.1f}", y1=f"{y:.1f}", y2=f"{y:.1f}",
            class_="kbad" if bad else "tick", stroke_width=2)
        for a, b in pieces
    ))  # fmt: skip


def _mark(x: float, y: float, verdict: Verdict, parts: list[Markup]) -> None:
    style = "label bad" if verdict is Verdict.FAIL else "label strong"
    parts.append(words(x, y, MARKS[verdict], style, "middle"))


def _kind(link: Link | None, good: int) -> int:
    return BROKEN if link and link.fails else good


def _signed(view: Chain, y: float, parts: list[Markup]) -> float:
    header, digest, signature = (view.link(n) for n in ("header", "digest", "signature"))
    records = [link for link in view.links if link.kind == "record"]
    broken = next((link for link in [header, *records] if link and link.fails), None)
    y = _heading("Signed: header and records", y, parts)
    middle = y + HIGH / 2
    if header is None or digest is None or signature is None:
        why = header.why if header else "no header"
        parts.append(_card((LEFT, y, WIDTH - 2 * LEFT), BROKEN, "✗ FAIL: no header", why))
        return y + HIGH + GAP
    parts += [
        _tie(LEFT + WIDE, MIDDLE, middle, Verdict.PASS),
        _tie(MIDDLE + CENTRE, RIGHT, middle, digest.verdict),
        _card((LEFT, y, WIDE), _kind(broken, SIGNED), f"Header, {len(records)} records",
              str(digest.spans[0])),
        _card((MIDDLE, y, CENTRE), _kind(digest, SIGNED), "Digest (SHA-256)",
              f"{digest.value[:32]}…"),
        _card((RIGHT, y, WIDE), _kind(signature, KEY), f"Signature, opened: RSA-{view.key.bits}",
              f"key {view.key.fingerprint[:24]}…"),
    ]  # fmt: skip
    below = y + HIGH + 18
    first = Verdict.FAIL if broken else Verdict.PASS
    for x, wide, verdict in (
        (LEFT, WIDE, first), (MIDDLE, CENTRE, digest.verdict), (RIGHT, WIDE, signature.verdict)
    ):  # fmt: skip
        _mark(x + wide / 2, below, verdict, parts)
    return below + GAP


def _segments(view: Chain, y: float, parts: list[Markup]) -> float:
    links = [link for link in view.links if link.kind in ("segment", "row", "walk")]
    if not links:
        return y
    y = _heading("Hashed: each row of the hash table, and its segment", y, parts)
    for link in links[:MOST]:
        middle = y + HIGH / 2
        row, _and, segment = link.title.partition(" and ")
        rows = [span for span in link.spans[1:2] if link.kind == "segment" and row[:2] != "No"]
        place = str(rows[0]) if rows else str(link.spans[0]) if link.kind == "row" else ""
        if link.kind == "walk":
            parts.append(
                _card((LEFT, y, WIDTH - 2 * LEFT), BROKEN, f"✗ FAIL: {link.title}", link.why)
            )
        elif link.kind == "row":
            parts.append(_card((LEFT, y, WIDE), SIGNED, row, place))
            _mark((LEFT + WIDE + WIDTH) / 2, middle + 4, link.verdict, parts)
        else:
            parts += [
                _tie(LEFT + WIDE, RIGHT, middle, link.verdict),
                _card((LEFT, y, WIDE), SIGNED if rows else BROKEN, row, place or "–"),
                _card((RIGHT, y, WIDE), _kind(link, HASHED), segment or link.title,
                      f"{link.spans[0]}"),
            ]  # fmt: skip
            _mark((LEFT + WIDE + RIGHT) / 2, middle - 8, link.verdict, parts)
            why = shorten(link.why, 50) if link.fails else f"{link.value[:16]}…"
            parts.append(words((LEFT + WIDE + RIGHT) / 2, middle + 19, why, "dim", "middle"))
        y += HIGH + GAP
    if len(links) > MOST:
        parts.append(words(LEFT, y + 8, f"… and {len(links) - MOST} more", "dim"))
        y += 20
    return y


def _nothing(view: Chain, y: float, parts: list[Markup]) -> float:
    free = [link for link in view.links if link.kind in ("elf", "table", "nothing")]
    if not free:
        return y
    y = _heading("Covered by nothing", y, parts)
    columns = 3
    wide = (WIDTH - 2 * LEFT - (columns - 1) * GAP) / columns
    for index, link in enumerate(free):
        x, mark = LEFT + index % columns * (wide + GAP), "✗ FAIL:" if link.fails else "○"
        total = sum(map(len, link.spans))
        said = link.why if link.fails else size(total) if total else "no byte says it"
        parts.append(_card((x, y, wide), _kind(link, NOTHING), f"{mark} {link.title}", said))
        if index % columns == columns - 1 or index == len(free) - 1:
            y += HIGH + GAP
    return y
