# SPDX-License-Identifier: GPL-2.0-or-later
"""Contrast, computed: text 4.5 to 1 and graphics 3 to 1, in both themes, on every ground."""

import re
from pathlib import Path

import pytest

from rprocbench.views import render

CSS = Path(render.__file__).parent
PAIR = re.compile(r"--rb-([\w-]+):[^;]*?light-dark\((#\w{6}), (#\w{6})\)")
GROUNDS = ("bg", "raised", "lit", "error-bg")
LAB = (("#ffffff",), ("#111111", "#212121"))  # JupyterLab's own grounds in either theme


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def page(theme: int) -> dict[str, str]:
    pairs = PAIR.findall((CSS / "base.css").read_text(encoding="utf-8"))
    return {name: (light, dark)[theme] for name, light, dark in pairs}


def pictures(theme: int) -> dict[str, str]:
    text = (CSS / "svg.css").read_text(encoding="utf-8")
    light, dark = re.findall(r"svg \{(.*?)\}", text, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", light))
    return colours | dict(re.findall(r"--([\w-]+): (#\w{6})", dark)) if theme else colours


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["text", "dim", "linux", "optee", "m4", "hardware", "error"])
def test_text_can_be_read_on_every_ground(theme: int, ink: str) -> None:
    colours = page(theme)
    for ground in (*(colours[name] for name in GROUNDS), *LAB[theme]):
        assert contrast(colours[ink], ground) >= 4.5, (ink, ground)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_and_focus_can_be_seen(theme: int) -> None:
    colours = page(theme)
    for name in ("edge", "focus"):
        for ground in (colours["bg"], colours["raised"], *LAB[theme]):
            assert contrast(colours[name], ground) >= 3, (name, ground)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_pictures_can_be_read(theme: int) -> None:
    colours = pictures(theme)
    fills = ("blue", "green", "orange", "pink", "sky", "plain")
    for ground in ("ground", "empty", *fills):
        assert contrast(colours["ink"], colours[ground]) >= 4.5, ground
    for ink in ("dim", "bad"):
        assert contrast(colours[ink], colours["ground"]) >= 4.5, ink
    assert contrast(colours["edge"], colours["empty"]) >= 3
