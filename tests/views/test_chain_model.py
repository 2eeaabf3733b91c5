# SPDX-License-Identifier: GPL-2.0-or-later
"""The chain against the recorded verdicts of the real TA, and byte for byte."""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.errors import TeeResult
from rprocbench.bench.chain import Chain, Link, Verdict, chain
from rprocbench.bench.chain_edits import edited, tamper
from rprocbench.bench.chain_rsa import opened
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signed_image_build import build_signed, standard_tlvs
from tests.formats import recorded
from tests.formats.test_describe import hostile_headers, hostile_images, hostile_tlvs
from tests.tee.machine import GOOD, KEY, signing_key

from .chain_cases import FUZZ, GOLDEN, MULTI, NEGATIVE, damaged, flipped, fuzzed, golden_key, good

OUTSIDE = {"ACCESS_DENIED", "OUT_OF_MEMORY"}  # no link's: where memory is, and how much


def broken(view: Chain) -> Link:
    assert view.broken
    return view.broken


def agrees(view: Chain) -> bool:
    """Whether the first broken link ends in what the TA answers."""
    answer = view.answer.code.name
    if view.broken is None:
        return answer == "SUCCESS" or answer in OUTSIDE
    return answer == view.broken.code


@pytest.mark.parametrize("record", NEGATIVE, ids=[record["name"] for record in NEGATIVE])
def test_the_chain_says_what_the_real_ta_said(record: dict[str, str]) -> None:
    view = chain(bytes.fromhex(record["image"]), KEY)
    assert agrees(view)
    if not record["buffer_align_offset"]:
        assert view.answer.code.name == record["result"]


def test_the_chain_says_what_the_real_ta_said_of_fuzzed_images() -> None:
    wrong = [
        index for index in range(0, len(FUZZ), 3) if not agrees(chain(fuzzed(FUZZ[index]), KEY))
    ]
    assert wrong == []


@pytest.mark.parametrize("image", [GOOD, MULTI], ids=["one", "two"])
def test_the_chain_agrees_with_the_ta_on_random_damage(image: bytes) -> None:
    wrong = [seed for seed in range(150) if not agrees(chain(damaged(image, seed), KEY))]
    assert wrong == []


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_images_hold_under_their_key(name: str) -> None:
    view = chain(recorded.image(name), golden_key(name))
    if "ecc" in name:
        assert (broken(view).name, broken(view).code) == ("signature", "NOT_SUPPORTED")
    elif name == "multi_2rsc_rsa2048":
        assert broken(view).name == "table:1"
    elif name == "multi_dup_rsa2048":
        assert agrees(view)
    else:
        assert view.broken is None
    assert agrees(view)


def test_a_right_payload_under_another_key() -> None:
    other = recorded.key("rsa2048_other").public
    view = chain(GOOD, other)  # type: ignore[arg-type]  # it is an RSA key
    assert [link.verdict for link in view.links if link.kind == "segment"] == [Verdict.PASS] * 3
    assert broken(view).name == "signature"
    digest = view.link("digest")
    assert digest
    assert digest.verdict is Verdict.UNDECIDED
    assert view.answer.code is TeeResult.SIGNATURE_INVALID
    assert "another key" in broken(view).why


@pytest.mark.parametrize(
    ("offset", "name", "code"),
    [
        (0, "header", "BAD_PARAMETERS"),
        (28, "record:SIGNTYPE", "NOT_SUPPORTED"),
        (92, "digest", "SIGNATURE_INVALID"),  # HASHTYPE: signed, though nobody reads it
        (140, "digest", "SIGNATURE_INVALID"),  # a hash in a row
        (400, "signature", "SIGNATURE_INVALID"),
        (556, "elf", "BAD_FORMAT"),
    ],
)
def test_the_first_broken_link_is_named(offset: int, name: str, code: str) -> None:
    view = chain(flipped(offset, mask=2), KEY)
    assert (broken(view).name, view.answer.code.name) == (name, code)
    assert agrees(view)


def test_a_changed_segment_breaks_its_row_and_no_other() -> None:
    segments = [link for link in good().links if link.kind == "segment"]
    for segment in segments:
        view = chain(flipped(segment.spans[0].end - 1), KEY)
        assert [link.name for link in view.links if link.fails] == [segment.name]
        assert view.answer.code is TeeResult.SECURITY


def test_what_no_link_covers_can_be_changed_and_the_image_still_loads() -> None:
    free = good().link("nothing:rest")
    assert free
    edit = edited(good(), (free.spans[0].start, GOOD[free.spans[0].start] ^ 0xFF))
    assert edit.is_unnoticed
    assert edit.after.holds
    assert edit.owner == free.title


def test_a_program_header_that_is_passed_over_leaves_its_row_without_a_segment() -> None:
    (header,) = [link for link in good().links if link.name == "nothing:phdrs"]
    edit = edited(good(), (header.spans[0].start, 4))  # PT_NOTE
    assert edit.is_unnoticed  # W-02
    assert [link.title for link in edit.after.links if link.kind == "row"]


def test_edits_are_told_one_by_one() -> None:
    edits = list(tamper(good(), [(400, 1), (401, 2), (0, 0)]))
    assert [edit.breaks for edit in edits] == [("Signature and key",), (), ("Header",)]
    assert [edit.old for edit in edits] == [GOOD[400], GOOD[401], GOOD[0]]
    with pytest.raises(IndexError):
        edited(good(), (len(GOOD), 0))


def covered_once(view: Chain) -> None:
    """Each byte is signed, the signature, or another link's own."""
    image = SignedImage.parse(view.data)
    size = len(view.data)
    end = min(image.signed_span.end, size)
    spans = [(0, end), (end, min(end + image.header.sign_len, size))]
    for link in view.links:
        if link.kind in ("segment", "elf", "table"):
            spans.append((link.spans[0].start, link.spans[0].end))
        if link.kind == "nothing":
            spans += [(span.start, span.end) for span in link.spans]
    at = 0
    for start, stop in sorted(spans):
        assert start <= at
        at = max(at, stop)
    assert at == size
    free = sorted((s.start, s.end) for link in view.links if link.kind == "nothing"
                  for s in link.spans)  # fmt: skip
    assert all(one[1] <= other[0] for one, other in pairwise(free))


@pytest.mark.parametrize("name", GOLDEN)
def test_every_byte_of_golden_images_is_told(name: str) -> None:
    covered_once(chain(recorded.image(name), golden_key(name)))


@given(st.sampled_from([GOOD, MULTI]), st.integers(0, 2**20))
def test_every_byte_of_damaged_images_is_told(image: bytes, seed: int) -> None:
    data = damaged(image, seed)
    if data[15] or data[11]:  # lengths beyond 24 bits wrap, or end behind the file
        return
    covered_once(chain(data, KEY))


def test_each_byte_has_an_owner() -> None:
    assert all(good().link_at(offset) for offset in range(len(GOOD)))
    assert good().link_at(len(GOOD)) is None
    assert good().link_at(-1) is None


@given(st.binary(max_size=300))
def test_any_bytes_have_a_chain(data: bytes) -> None:
    view = chain(data, KEY)
    assert view.broken
    assert agrees(view)


@pytest.mark.parametrize("length", [0, 1, 19, 20, 60, 300, 301, 556, 557, 700, 1915])
def test_truncated_images_have_a_chain(length: int) -> None:
    view = chain(GOOD[:length], KEY)
    assert broken(view).name == "header"
    assert agrees(view)


def test_the_opened_signature_is_the_verifiers_verdict() -> None:
    digest = SignedImage.parse(GOOD).digest
    for signature in (GOOD[300:556], flipped(300)[300:556], bytes(256), b"\xff" * 256, b"short"):
        inside = opened(KEY, signature)
        assert (inside.digest == digest) == KEY.verify(digest, signature)
        assert bool(inside.why) == (not inside.digest)


@pytest.mark.parametrize("make", [hostile_headers, hostile_images, hostile_tlvs])
def test_hostile_files_take_seconds_at_most(make: Callable[[], bytes]) -> None:
    start = time.process_time()
    view = chain(make(), KEY)
    assert len(view.links) < 300
    assert time.process_time() - start < 15


def test_thousands_of_program_headers_are_not_a_problem() -> None:
    elf = hostile_headers()
    key = signing_key()
    image = build_signed(standard_tlvs(1, [elf], []), [elf], key.sign, key.signature_size)
    start = time.process_time()
    assert len(chain(image, KEY).links) < 300
    assert time.process_time() - start < 15


def test_a_chain_is_made_in_a_fraction_of_the_200_ms() -> None:
    chain(GOOD, KEY)
    start = time.process_time()
    for offset in range(5):
        edited(good(), (offset * 300, 0))
    assert (time.process_time() - start) / 5 < 0.1


def test_a_repr_is_short() -> None:
    assert len(repr(good())) < 400
