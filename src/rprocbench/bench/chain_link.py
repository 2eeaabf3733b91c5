# SPDX-License-Identifier: GPL-2.0-or-later
"""What a link of the signature chain is: bytes, a formula, a value, a verdict, and the rule."""

from dataclasses import dataclass
from enum import StrEnum

from rprocbench.base.errors import Cite, Span


class Verdict(StrEnum):
    """What a link says about its bytes."""

    PASS = "PASS"  # noqa: S105  no password
    FAIL = "FAIL"
    NOT_COVERED = "NOT COVERED"  # nothing that is signed speaks of these bytes
    UNDECIDED = "UNDECIDED"  # there is nothing to hold it against, as another link is broken


class Stage(StrEnum):
    """The parts of the chain, in the order in which the TA comes to them."""

    HEADER = "Header"
    BEFORE = "Records read before the signature"
    DIGEST = "Digest"
    SIGNATURE = "Signature and key"
    ELF = "ELF header"
    SIGNED = "Signed records"
    SEGMENTS = "Hash rows and segments"
    NOTHING = "Covered by nothing"


TA = "ta/remoteproc/src"
CORE = f"{TA}/remoteproc_core.c"
PARSER = f"{TA}/elf_parser.c"
PTA = "core/pta/stm32mp/remoteproc_pta.c"


@dataclass(frozen=True, slots=True)
class Kind:
    """What links of one kind have in common: the rule, and where it is written."""

    rule: str
    cite: Cite


KINDS = {
    "header": Kind(
        "Magic and version must be these; no length may be 0; together they must give the size of "
        "the file exactly.",
        Cite("optee_os", CORE, "remoteproc_verify_header"),
    ),
    "area": Kind(
        "Records of type, length and value, each filled up to 8 bytes, one behind the other up to "
        "tlv_len. The padding is never looked at, but it is signed.",
        Cite("optee_os", CORE, "remoteproc_get_tlv"),
    ),
    "record": Kind(
        "The first record of a type counts. One that overruns the area is passed over; one "
        "without a value counts as absent.",
        Cite("optee_os", CORE, "remoteproc_get_tlv"),
    ),
    "digest": Kind(
        "The signature is over the SHA-256 of header and records, padding included.",
        Cite("optee_os", CORE, "remoteproc_verify_signature"),
    ),
    "signature": Kind(
        "RSASSA-PKCS1-v1_5 with SHA-256, under the key that is built into OP-TEE. What an image "
        "says about its key is ignored (W-24).",
        Cite("optee_os", PTA, "rproc_pta_verify_digest"),
    ),
    "key": Kind(
        "The modulus and the exponent of one RSA key are compiled into the core: there is no "
        "second one, and none can be revoked (W-12).",
        Cite("optee_os", "scripts/pem_to_pub_c.py"),
    ),
    "elf": Kind(
        "Image 0 must look like a 32-bit ELF file that can be walked. The bytes looked at are not "
        "signed, and later images are not asked (W-06).",
        Cite("optee_os", PARSER, "e32_parse_ehdr"),
    ),
    "walk": Kind(
        "Every program header must lie in its image, and so must its segment. Nothing signs them.",
        Cite("optee_os", PARSER, "e32_parser_load_elf_image"),
    ),
    "segment": Kind(
        "The first row with the segment's p_paddr decides (W-08): it must be PT_LOAD, with the "
        "same sizes. The bytes are copied first, and hashed where they were copied to (W-21).",
        Cite("optee_os", CORE, "remoteproc_load_segment"),
    ),
    "row": Kind(
        "Nothing checks that every row of the table was loaded (W-02).",
        Cite("optee_os", CORE, "remoteproc_load_elf"),
    ),
    "table": Kind(
        "The resource table is found through section headers that nothing signs, and need not lie "
        "in a hashed segment (W-05).",
        Cite("optee_os", PARSER, "e32_parser_find_rsc_table"),
    ),
    "nothing": Kind(
        "No signature and no hash speaks of these bytes: the normal world may change them.",
        Cite("optee_os", "scripts/sign_rproc_fw.py"),
    ),
}


@dataclass(frozen=True, slots=True)
class Command:
    """A line for a shell that reproduces a value, and what it prints (its beginning, at least)."""

    line: str
    prints: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `name` is unique in its chain; `spans` are its bytes, what it is about first.

    `code` is the TEE result that this link's failure ends in, "" for one that cannot fail.
    """

    kind: str
    name: str
    stage: Stage
    title: str
    spans: tuple[Span, ...]
    formula: str
    value: str
    verdict: Verdict
    why: str
    code: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def rule(self) -> str:
        """What the TA demands here, or does not."""
        return KINDS[self.kind].rule

    @property
    def cite(self) -> Cite:
        """Where the rule is written."""
        return KINDS[self.kind].cite

    @property
    def fails(self) -> bool:
        """Whether it is broken."""
        return self.verdict is Verdict.FAIL

    def holds(self, offset: int) -> bool:
        """Whether byte `offset` of the image is one of the link's own."""
        return bool(self.spans) and offset in self.spans[0]
