# SPDX-License-Identifier: GPL-2.0-or-later
"""Types by the name that C gives them, for casts."""

from contextlib import suppress

from rprocbench.formats.dwarf_bytes import DwarfError
from rprocbench.formats.dwarf_names import At, Tag
from rprocbench.formats.dwarf_scopes import Scopes
from rprocbench.formats.dwarf_types import CType

WORDS = {
    "struct": Tag.STRUCTURE_TYPE, "union": Tag.UNION_TYPE, "enum": Tag.ENUMERATION_TYPE,
}  # fmt: skip
NAMED = (Tag.BASE_TYPE, Tag.TYPEDEF)
SAME = {  # what people write: what compilers do
    "unsigned": "unsigned int", "short": "short int", "long": "long int",
    "unsigned short": "short unsigned int", "unsigned long": "long unsigned int",
    "long long": "long long int", "unsigned long long": "long long unsigned int",
    "bool": "_Bool",
}  # fmt: skip
BACK = {there: here for here, there in SAME.items()}  # clang's names


def find_type(scopes: Scopes, name: str) -> CType | None:
    """The type called `name`, without qualifiers and stars; None if nobody knows it."""
    words = [word for word in name.split() if word not in ("const", "volatile")]
    if words and words[0] in WORDS:
        return search(scopes, " ".join(words[1:]), (WORDS[words[0]],))
    wanted = " ".join(words)
    for candidate in (wanted, SAME.get(wanted, ""), BACK.get(wanted, "")):
        if candidate and (found := search(scopes, candidate, NAMED)):
            return found
    return None


def search(scopes: Scopes, name: str, tags: tuple[Tag, ...]) -> CType | None:
    """A type that is more than declared."""
    for unit in scopes.dwarf.units_naming(name):
        with suppress(DwarfError):
            for entry in unit.root.children:
                if entry.tag in tags and entry.name == name and not entry.get(At.DECLARATION):
                    return CType(entry)
    return None
