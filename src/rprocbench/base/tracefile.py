# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces as JSON: what is written is read back equal, and a strange file is refused by name.

An event is an object with its kind under `event` and its fields beside it; bytes are
`{"hex": "..."}`, tuples are lists.
"""

from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from .errors import Cite, InputCode, InputError, Span
from .trace import EVENTS, Event, Lane, Trace, Value

SHAPES: dict[str, type[Cite | Span]] = {"cite": Cite, "span": Span}


def encode(value: Any) -> Any:
    """A frozen value as JSON data."""
    match value:
        case bytes():
            return {"hex": value.hex()}
        case tuple():
            return [encode(item) for item in value]
        case Cite():
            return {"tree": value.tree, "path": value.path, "symbol": value.symbol}
        case Span():
            return {"buffer": value.buffer, "start": value.start, "end": value.end}
        case Lane():
            return value.value
        case _:
            return value


def decode(value: Any) -> Value:
    """JSON data as a frozen value. Raises `ValueError` for what `encode` cannot have written."""
    match value:
        case {"hex": str(digits)}:
            return bytes.fromhex(digits)
        case list():
            return tuple(decode(item) for item in value)
        case None | bool() | int() | str():
            return value
    raise ValueError(f"a {type(value).__name__} is not a value")


def encode_event(event: Event) -> dict[str, Any]:
    """One event as JSON data."""
    shown = {f.name: encode(getattr(event, f.name)) for f in fields(event)}
    return {"event": type(event).__name__} | shown


@cache
def _hints(kind: str) -> dict[str, Any]:
    return get_type_hints(EVENTS[kind])


def decode_event(data: Any) -> Event:
    """JSON data as one event. Raises `KeyError`, `TypeError` or `ValueError` if it is not one."""
    kind = EVENTS[data["event"]]
    hints = _hints(data["event"])
    values: dict[str, Any] = {}
    for name, raw in data.items():
        if name == "event":
            continue
        hint = hints[name]
        if name in SHAPES and raw is not None:
            values[name] = SHAPES[name](**raw)
        elif hint is Lane:
            values[name] = Lane(raw)
        else:
            values[name] = decode(raw)
            if hint in (int, str, bytes, bool) and type(values[name]) is not hint:
                raise TypeError(f"{name} must be {hint.__name__}")
            if hint == tuple[int, ...] and not _are_numbers(values[name]):
                raise TypeError(f"{name} must be numbers")
    return kind(**values)


def _are_numbers(value: Value) -> bool:
    return isinstance(value, tuple) and all(type(item) is int for item in value)


def decode_trace(data: Any) -> Trace:
    """JSON data as a trace. Raises `InputError` BAD_FILE, naming the first event that is none."""
    if not isinstance(data, list):
        raise InputError(InputCode.BAD_FILE, "a trace is a list of events")
    trace: Trace = []
    for index, item in enumerate(data):
        try:
            trace.append(decode_event(item))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(InputCode.BAD_FILE, f"event {index} of the trace: {error}") from None
    return trace
