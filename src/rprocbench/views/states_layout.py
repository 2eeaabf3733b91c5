# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the arcs of a state diagram run: plain numbers, the same for the picture and the widget."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot

from .states import GLYPHS, Step, Told
from .states_tables import Machine, Node
from .wording import shorten

BOX = (128, 40)
LINE = 17
LETTER = 8.2
INSIDE = 2  # what it costs to stand on the hollow side of an arc
BOW = 34
LEFT = 300
LONGEST = 30
Point = tuple[float, float]
Curve = tuple[Point, Point, Point]
Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Label:
    """One cause on an arc: `text` says it all, `hits` are the events of the run that did it."""

    text: str
    kind: str
    hits: tuple[int, ...]
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Arc:
    """An arc from `source` to `target`, which is empty where the machine stays or refuses."""

    kind: str
    source: str
    target: str
    path: str
    head: str
    labels: tuple[Label, ...]

    @property
    def hits(self) -> tuple[int, ...]:
        """Every event of the run that went this way."""
        return tuple(sorted(hit for label in self.labels for hit in label.hits))


@dataclass
class Room:
    """What is in the way of a label: states, other labels, and points of all lines."""

    boxes: list[Rectangle]
    labels: list[Rectangle]
    points: list[Point]

    def cost(self, labels: Iterable[Label]) -> int:
        """How much these labels would cover; states and words count more than lines."""
        total = 0
        for label in labels:
            left, top, right, bottom = _rectangle(label)
            for a, b, c, d in (*self.boxes, *self.labels):
                total += 50 * (left < c and a < right and top < d and b < bottom)
            total += sum(left < x < right and top < y < bottom for x, y in self.points)
        return total


def _box(node: Node) -> Rectangle:
    wide, high = BOX[0] / 2 + 3, BOX[1] / 2 + 3
    return node.x - wide, node.y - high, node.x + wide, node.y + high


def _rectangle(label: Label) -> Rectangle:
    """The room that a label takes, a little too much rather than too little."""
    width = LETTER * len(label.text)
    left = label.x - {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return left, label.y - LINE + 4, left + width, label.y + 4


def arcs(told: Told) -> list[Arc]:
    """All that the machine may do, and what the run made of it."""
    machine = told.machine
    nodes = {node.name: node for node in machine.nodes}
    result = []
    for node in machine.nodes:
        if stay := _stay(told, node):
            result.append(stay)
        if refusal := _refusal(told, node):
            result.append(refusal)
    pairs = _pairs(told, nodes)
    curves = {pair: _curve_of(nodes, *pair, both=pair[::-1] in pairs) for pair in pairs}
    room = Room(
        [_box(node) for node in machine.nodes],
        [_rectangle(label) for arc in result for label in arc.labels],
        [_at(curve, step / 24) for curve, _bow in curves.values() for step in range(25)],
    )
    return [_move(told, pair, curves[pair], room) for pair in pairs] + result


def _pairs(told: Told, nodes: dict[str, Node]) -> list[tuple[str, str]]:
    order = list(nodes)
    taken = {(s.source, s.target) for s in told.steps if s.outcome in {"moved", "unforeseen"}}
    known = {pair for pair in told.machine.moves | taken if set(pair) <= set(nodes)}
    return sorted(known, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))


def _causes(machine: Machine, source: str, target: str) -> list[str]:
    """Who may ask for one step, in the table's order."""
    found = [
        cause for cause, entries in machine.ways.items() for state, way in entries.items()
        if (source, target) in zip((state, *way), way, strict=False)
    ]  # fmt: skip
    if machine.before.get(source) == target:
        found.append("found running")
    return list(dict.fromkeys(found))


def _curve_of(
    nodes: dict[str, Node], source: str, target: str, *, both: bool
) -> "tuple[Curve, float]":
    """The line between two states, and how far it bows: around what lies between, or not alone."""
    start, end = nodes[source], nodes[target]
    row = [node for node in nodes.values() if node.y == start.y and start.y == end.y]
    between = any(min(start.x, end.x) < node.x < max(start.x, end.x) for node in row)
    bow = BOW * 2.6 if between else BOW if both else 0
    return _curve((start.x, start.y), (end.x, end.y), bow), bow


def _move(told: Told, pair: tuple[str, str], line: "tuple[Curve, float]", room: Room) -> Arc:
    source, target = pair
    steps = [s for s in told.steps if (s.source, s.target) == pair
             and s.outcome in {"moved", "unforeseen"}]  # fmt: skip
    causes = dict.fromkeys([*_causes(told.machine, source, target), *(s.cause for s in steps)])
    kind = "moved" if steps else "legal"
    if any(step.outcome == "unforeseen" for step in steps):
        kind = "unforeseen"
    texts = [(cause, [s for s in steps if s.cause == cause]) for cause in causes]
    labels = _beside([(_told(cause, hits), hits) for cause, hits in texts], *line, room)
    return Arc(kind, source, target, _path(line[0]), _head(line[0]), labels)


def _told(cause: str, hits: list[Step]) -> str:
    kind = hits[0].outcome if hits else "legal"
    count = f" ×{len(hits)}" if hits else ""
    return f"{GLYPHS[kind]} {shorten(cause, LONGEST)}{count}"


def _stay(told: Told, node: Node) -> Arc | None:
    machine = told.machine
    found = []
    for cause, entries in machine.ways.items():
        hits = [s for s in told.steps if s.source == node.name and s.cause == cause
                and s.outcome == "stayed"]  # fmt: skip
        if hits or (machine.loops and entries.get(node.name) == ()):
            found.append((_told(cause, hits), hits))
    if not found:
        return None
    up = -node.refuses
    x, y = node.x, node.y + up * BOX[1] / 2
    path = f"M{x - 22} {y} C{x - 26} {y + up * 30} {x + 26} {y + up * 30} {x + 22} {y + up * 3}"
    head = _triangle((x + 22, y + up * 5), (-0.12, -up))
    first = y + up * 30 + (4 if up < 0 else 12) - (LINE * (len(found) - 1) if up < 0 else 0)
    labels = _stack(found, (x, first), "middle")
    kind = "stayed" if any(hits for _text, hits in found) else "legal"
    return Arc(kind, node.name, "", path, head, labels)


def _refusal(told: Told, node: Node) -> Arc | None:
    """A stub that ends in a cross, and beside it or below it who was refused, and how."""
    groups: dict[tuple[str, str], list[Step]] = {}
    for step in told.steps:
        if step.source == node.name and step.outcome in {"refused", "failed"}:
            groups.setdefault((step.cause, step.code), []).append(step)
    if not groups:
        return None
    found = []
    for (cause, code), hits in groups.items():
        count = f" ×{len(hits)}" if len(hits) > 1 else ""
        found += [(f"✗ {shorten(cause, LONGEST)}{count}", hits), (shorten(code, LONGEST), hits)]
    left, down = node.x < LEFT, node.refuses
    x = node.x - 40 if left else node.x + BOX[0] / 2 - 14
    y = node.y + down * BOX[1] / 2
    tip = y + down * 18
    cross = f"M{x - 5} {tip - 5} L{x + 5} {tip + 5} M{x - 5} {tip + 5} L{x + 5} {tip - 5}"
    first = tip + (20 if left else 4) if down > 0 else tip + 4 - LINE * (len(found) - 1)
    labels = _stack(found, (node.x - 8 if left else x + 12, first), "end" if left else "start")
    return Arc("refused", node.name, "", f"M{x} {y} L{x} {tip}", cross, labels)


def _beside(
    found: list[tuple[str, list[Step]]], curve: Curve, bow: float, room: Room
) -> tuple[Label, ...]:
    """Beside an arc, where least is in the way; then nothing else may stand there."""
    (ax, ay), (cx, cy) = curve[0], curve[2]
    length = hypot(cx - ax, cy - ay) or 1
    outside = ((cy - ay) / length, -(cx - ax) / length)
    sides = [(outside, 0), ((-outside[0], -outside[1]), INSIDE if bow else 0)]
    tries = [
        (room.cost(labels) + penalty, labels)
        for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8) for side, penalty in sides
        for labels in [_labels(found, _at(curve, share), side)]
    ]  # fmt: skip
    best = min(tries, key=lambda one: one[0])[1]
    room.labels += [_rectangle(label) for label in best]
    return best


def _labels(found: list[tuple[str, list[Step]]], at: Point, side: Point) -> tuple[Label, ...]:
    """Beside a point of an arc: `side` points away from it."""
    x, y = at[0] + side[0] * 9, at[1] + side[1] * 9
    anchor = "middle" if abs(side[0]) < 0.3 else "start" if side[0] > 0 else "end"
    above = LINE * (len(found) - 1)
    first = y + 4 - above * (1 if side[1] < -0.3 else 0 if side[1] > 0.3 else 0.5)
    return _stack(found, (x, first + (6 if side[1] > 0.5 else 0)), anchor)


def _stack(found: Iterable[tuple[str, list[Step]]], at: Point, anchor: str) -> tuple[Label, ...]:
    return tuple(
        Label(text, hits[0].outcome if hits else "legal", tuple(s.index for s in hits),
              round(at[0], 1), round(at[1] + LINE * number, 1), anchor)
        for number, (text, hits) in enumerate(found)
    )  # fmt: skip


def _curve(start: Point, end: Point, bow: float) -> Curve:
    """A curve between the edges of two boxes; it bows to the left of who goes along it."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = hypot(dx, dy) or 1
    side = (dy / length, -dx / length)
    control = (
        (start[0] + end[0]) / 2 + side[0] * bow * 2, (start[1] + end[1]) / 2 + side[1] * bow * 2
    )  # fmt: skip
    whole = (start, control, end)
    leaves = next((t / 200 for t in range(200) if not _inside(_at(whole, t / 200), start, 0)), 0.2)
    enters = next((t / 200 for t in range(199, 0, -1) if not _inside(_at(whole, t / 200), end, 5)),
                  0.8)  # fmt: skip
    return _part(whole, leaves, enters)


def _inside(point: Point, centre: Point, margin: float) -> bool:
    wide, high = BOX[0] / 2 + margin, BOX[1] / 2 + margin
    return abs(point[0] - centre[0]) < wide and abs(point[1] - centre[1]) < high


def _at(curve: Curve, t: float) -> Point:
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return (
        curve[0][0] * a + curve[1][0] * b + curve[2][0] * c,
        curve[0][1] * a + curve[1][1] * b + curve[2][1] * c,
    )


def _part(curve: Curve, first: float, last: float) -> Curve:
    """The part of a quadratic curve between two parameters."""
    start, end = _at(curve, first), _at(curve, last)
    (ax, ay), (bx, by), (cx, cy) = curve
    one, two = (1 - first) * (1 - last), first * last
    mixed = first * (1 - last) + last * (1 - first)
    return start, (ax * one + bx * mixed + cx * two, ay * one + by * mixed + cy * two), end


def _path(curve: Curve) -> str:
    (ax, ay), (bx, by), (cx, cy) = curve
    return f"M{ax:.1f} {ay:.1f} Q{bx:.1f} {by:.1f} {cx:.1f} {cy:.1f}"


def _head(curve: Curve) -> str:
    (bx, by), (cx, cy) = curve[1], curve[2]
    length = hypot(cx - bx, cy - by) or 1
    return _triangle((cx, cy), ((cx - bx) / length, (cy - by) / length))


def _triangle(tip: Point, way: Point) -> str:
    """An arrow's head, a little beyond where the line ends."""
    (x, y), (dx, dy) = tip, way
    left = (-7 * dx - 5 * dy, -7 * dy + 5 * dx)
    right = (-7 * dx + 5 * dy, -7 * dy - 5 * dx)
    points = ((4 * dx, 4 * dy), left, right)
    return "M" + " L".join(f"{x + px:.1f} {y + py:.1f}" for px, py in points) + " Z"
