# SPDX-License-Identifier: GPL-2.0-or-later
"""The workbench as an object, and its page: inputs, faults, choices, what is said of mistakes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rprocbench
from rprocbench.base.errors import Errno, InputError, TeeResult
from rprocbench.base.run import At
from rprocbench.base.trace import Changed, Entered, Lane
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.cli import main
from rprocbench.formats.keys import RsaPrivateKey, generate_key
from rprocbench.views.bytes_view import file_bytes
from rprocbench.views.cursor_parts import BYTES_SCRIPTS, TABLE_SCRIPTS
from rprocbench.views.terminal import Terminal
from rprocbench.views.workbench import StaticWorkbench, workbench
from rprocbench.views.workbench_input import Desk, codes_for, input_of
from rprocbench.views.workbench_views import place_at, run_page, run_views, start_of
from tests.views.workbench_stage import clean, hostile_run, refused, step_of

BAD = (b"", b"hello", b"{}", b"{", "/no/such/file", 7, b"STM2" + bytes(100), b"\x1f\x8b123", ".")


def wake(new_page: Callable[..., Any], path: Path, text: str, **options: Any) -> Any:
    path.write_text(text, encoding="utf-8")
    page = new_page(viewport={"width": 1400, "height": 1000}, **options)
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-live]")
    return page


def test_the_front_hall_knows_it() -> None:
    assert rprocbench.workbench is workbench
    assert len(rprocbench.__all__) == len(rprocbench.HOMES) == 15


def test_it_takes_bytes_a_path_a_saved_run_and_a_run(tmp_path: Path) -> None:
    image, saved = tmp_path / "fw.sign", tmp_path / "run.json"
    image.write_bytes(demo_image())
    clean().save(saved)
    for thing in (None, demo_image(), image, str(image), saved, saved.read_bytes(), clean()):
        desk = Desk()
        desk.take(input_of(thing))
        assert desk.recording
        assert desk.recording.trace == clean().trace


@pytest.mark.parametrize("thing", BAD, ids=repr)
def test_what_cannot_be_used_is_one_line(thing: object) -> None:
    with pytest.raises(InputError) as caught:
        input_of(thing)
    assert "\n" not in str(caught.value)
    static = StaticWorkbench(Desk(), str(caught.value))
    assert caught.value.why in static.text()
    assert "tmp" not in static.text()


def test_broken_images_are_booted_and_refused_not_raised() -> None:
    for image in (b"\x7fELF", demo_image()[:40], demo_image()[:-8], b"\x68\xa4\x43\x35"):
        desk = Desk()
        desk.take(input_of(image))
        assert desk.recording
        assert desk.recording.verdict == "refused"
        assert "Timeline" in StaticWorkbench(desk).text()


def test_the_place_at_the_cursor() -> None:
    trace = clean().trace
    for index, event in enumerate(trace):
        place = place_at(trace, index) if index % 13 == 0 else None
        if place and isinstance(event, Entered):
            assert (place.function, place.nth) == (event.function, event.nth)
    assert place_at(trace, -1) is None
    changes = (
        index
        for index, event in enumerate(trace)
        if isinstance(event, Changed) and (event.owner, event.after) == ("remoteproc PTA", "ON")
    )
    inside = place_at(trace, next(changes))  # in the call that starts the core
    assert inside
    assert (str(inside), inside.lane) == ("rproc_pta_start", Lane.OPTEE)


def test_the_errors_that_fit_a_world() -> None:
    assert set(map(type, codes_for(Lane.OPTEE).values())) == {TeeResult}
    assert set(map(type, codes_for(Lane.LINUX).values())) == {Errno}
    assert "SUCCESS" not in codes_for(Lane.OPTEE)


def test_it_reads_in_a_terminal() -> None:
    text = StaticWorkbench(take(clean())).text(Terminal(120))
    for heading in ("Timeline", "State transitions", "Memory", "Signature chain", "Bytes"):
        assert f"{heading}\n" in text
    assert "\x1b" not in StaticWorkbench(take(hostile_run())).text()


def take(recording: Any) -> Desk:
    desk = Desk()
    desk.take(recording)
    return desk


def test_a_page_is_the_same_every_time_and_fetches_nothing() -> None:
    page = run_page(clean())
    assert page == run_page(clean())
    outside = re.sub(r'"data:[^"]*"|xmlns="[^"]*"|http://www\.w3\.org/2000/svg', "", page)
    outside = re.sub(r"<script.*?</script>", "", outside, flags=re.DOTALL)
    assert not re.search(r"https?:|@import|url\((?!#)", outside)
    assert len(page) < 900_000


def test_the_views_of_a_page_share_one_cursor(new_page: Callable[..., Any], tmp_path: Path) -> None:
    page = wake(new_page, tmp_path / "run.html", run_page(clean()))
    stepper, memory = page.locator(".rb-stepper"), page.locator(".rb-memory")
    states = page.locator(".rb-states")
    start, stop = str(start_of(clean())), str(step_of("STOP_FW"))
    assert [v.get_attribute("data-cursor") for v in (stepper, states, memory)] == [start] * 3
    page.get_by_role("button", name="STOP_FW: STARTED → OFF").click()
    assert [v.get_attribute("data-cursor") for v in (stepper, states, memory)] == [stop] * 3
    stepper.locator(".rb-first").click()
    assert [v.get_attribute("data-cursor") for v in (states, memory)] == ["-1"] * 2
    stepper.locator(".rb-last").click()
    assert states.get_attribute("data-cursor") == str(len(clean().trace) - 1)
    assert page.locator("[data-static]").count() == 0


def test_a_thing_in_memory_points_at_the_bytes(
    new_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = wake(new_page, tmp_path / "run.html", run_page(clean()))
    page.locator("[data-name='PT_LOAD 1: .text']").click()
    text = next(r for r in file_bytes(demo_image()).regions if r.path.endswith("content[.text]"))
    wanted = f"selected: {text.start:#x} to {text.end - 1:#x}"
    said = page.locator(".rb-bytes").get_by_text(wanted)
    said.wait_for()


def test_a_step_of_all_views_is_quick(new_page: Callable[..., Any], tmp_path: Path) -> None:
    page = wake(new_page, tmp_path / "run.html", run_page(clean()))
    page.locator(".rb-stepper .rb-first").click()
    middle = page.evaluate(
        """() => {
          const times = [];
          for (let i = 0; i < 160; i++) {
            const button = document.querySelector(`.rb-stepper .rb-${i < 80 ? "forward" : "back"}`);
            const start = performance.now();
            button.click();
            document.body.offsetHeight;
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[80];
        }"""
    )
    assert middle < 20


def test_a_page_reads_without_javascript(new_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "run.html"
    path.write_text(run_page(clean()), encoding="utf-8")
    page = new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    assert page.locator("img").count() >= 5
    for image in page.locator("img").all():
        assert image.get_attribute("alt")
    assert "rproc_fw_boot" in page.locator("main").inner_text()


def test_hostile_strings_stay_text(new_page: Callable[..., Any], tmp_path: Path) -> None:
    text = run_page(hostile_run())
    assert "<img src=x" not in text
    for payload in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL):
        assert "<" not in payload
        json.loads(payload)
    page = wake(new_page, tmp_path / "run.html", text)
    for _ in range(6):
        page.locator(".rb-stepper .rb-forward").click(force=True)
    page.locator(".rb-stepper .rb-last").click(force=True)
    assert page.locator("img").count() == 0
    assert page.locator("script:not([type])").count() == 0


def test_the_page_names_the_scripts_of_the_widgets() -> None:
    pytest.importorskip("anywidget", reason="needs the lab extra")
    from rprocbench.views import bytes_widget, resource_table_widget

    assert bytes_widget.SCRIPTS == BYTES_SCRIPTS
    assert resource_table_widget.SCRIPTS == TABLE_SCRIPTS


def test_the_verb_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, page = tmp_path / "fw.sign", tmp_path / "run.html"
    image.write_bytes(demo_image())
    assert main(["report", str(image), "--out", str(page), "--fault", "rproc_tee_start=EIO"]) == 0
    assert "REFUSED" in capsys.readouterr().out
    assert page.read_text() == run_page(refused_as("fw.sign"))
    elf = tmp_path / "fw.elf"
    elf.write_bytes(demo_elf())
    assert main(["report", str(elf), "--out", str(page), "--design", "mainline"]) == 0
    saved = tmp_path / "run.json"
    clean().save(saved)
    assert main(["report", str(saved), "--out", str(page)]) == 0
    assert page.read_text() == run_page(clean())


def refused_as(name: str) -> Any:
    desk = Desk(name=name)
    desk.fail(At("rproc_tee_start"), Errno.EIO)
    return desk.boot()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nothing"], 1, "there is no file"),
        (["IMAGE", "--design", "x"], 2, "no design 'x'"),
        (["IMAGE", "--fault", "x"], 2, "is not FUNCTION"),
        (["IMAGE", "--key", "IMAGE"], 1, "BAD_KEY"),
        (["RUN", "--design", "v22"], 2, "a saved run has its design"),
        (["TEXT"], 1, "text file"),
    ],
)
def test_the_verb_says_what_is_wrong_in_a_line(
    words: list[str], status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"IMAGE": demo_image(), "TEXT": b"hello", "RUN": b""}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    clean().save(tmp_path / "RUN")
    args = [str(tmp_path / word) if word in files else word for word in words]
    try:
        found = main(["report", *args, "--out", str(tmp_path / "o.html")])
    except SystemExit as end:
        found = int(str(end.code))
    assert found == status
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "o.html").exists()


def test_another_key_is_used_for_boot_and_chain() -> None:
    other = generate_key()
    assert isinstance(other, RsaPrivateKey)
    desk = Desk(key=other.public)
    desk.boot()
    assert desk.recording
    assert desk.recording.code == "SIGNATURE_INVALID"
    chain = next(s.thing for s in run_views(desk.recording, desk.key).sections
                 if s.heading == "Signature chain")  # fmt: skip
    assert not getattr(chain, "holds", True)
    assert refused().code == "EIO"
