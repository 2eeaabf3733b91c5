# SPDX-License-Identifier: GPL-2.0-or-later
"""Expressions of C as a tree: a tokenizer and a parser with precedence."""

import re
from dataclasses import dataclass
from typing import Any

from .values import ExpressionError

MAX_LENGTH = 1000
MAX_DEPTH = 40

TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]*(?![\w.])"
    r"|(?P<text>'(?:\\.[0-7]*|[^'\\])')"
    r"|(?P<name>[$]?[A-Za-z_][\w$]*(?:\.(?:isra|constprop|part|cold)\.\d+)*(?:::[A-Za-z_]\w*)?)"
    r"|(?P<sign>->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>()\[\].,@=]))"
)
BINARY = [
    ("=",), ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="),
    ("<<", ">>"), ("@",), ("+", "-"), ("*", "/", "%"),
]  # fmt: skip
ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "\\": 92, "'": 39, '"': 34}
WORDS = ("struct", "union", "enum", "unsigned", "signed", "const", "volatile")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression: what it is, its name or number, its parts."""

    kind: str
    value: Any = None
    parts: tuple["Node", ...] = ()


def tokenize(text: str) -> list[tuple[str, str]]:
    """The words of an expression. Raises `ExpressionError`."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression of more than {MAX_LENGTH} characters")
    tokens, at = [], 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(f"{text[at:].strip()[:20]!r} is not understood")
        assert found.lastgroup
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def number(text: str) -> int:
    """The value of a number: 10, 0x10, 0b10, or 010 as C has it. Raises `ExpressionError`."""
    try:
        return int(text, 8) if text.isdigit() and text.startswith("0") else int(text, 0)
    except ValueError:
        raise ExpressionError(f"{text} is no number") from None


def character(text: str) -> int:
    """The value of a character constant."""
    inner = text[1:-1]
    if not inner.startswith("\\"):
        return ord(inner)
    if inner[1] in "01234567":
        return int(inner[1:], 8) & 0xFF
    return ESCAPES.get(inner[1], ord(inner[1]))


class Parser:
    """One expression. `is_type(name)` tells casts from parentheses."""

    def __init__(self, text: str, is_type: Any) -> None:
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0
        self.is_type = is_type

    def parse(self) -> Node:
        """The whole expression. Raises `ExpressionError`."""
        if not self.tokens:
            raise ExpressionError("an expression is missing")
        node = self._binary(0)
        if self.at < len(self.tokens):
            raise ExpressionError(f"{self.tokens[self.at][1]!r} comes unexpectedly")
        return node

    def _peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at][1] if at < len(self.tokens) else ""

    def _take(self, sign: str) -> bool:
        if self._peek() == sign:
            self.at += 1
            return True
        return False

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise ExpressionError(f"{sign!r} is missing")

    def _binary(self, level: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH * len(BINARY):
            raise ExpressionError("an expression is nested too deeply")
        if level == len(BINARY):
            node = self._unary()
        else:
            node = self._binary(level + 1)
            while self._peek() in BINARY[level]:
                sign = self._peek()
                self.at += 1
                right = self._binary(level if sign == "=" else level + 1)
                node = Node("binary", sign, (node, right))
        self.depth -= 1
        return node

    def _unary(self) -> Node:
        for sign in ("*", "&", "-", "+", "~", "!"):
            if self._take(sign):
                return Node("unary", sign, (self._nested(),))
        if self._peek() == "sizeof":
            self.at += 1
            return self._sizeof()
        if self._peek() == "(" and (cast := self._cast()):
            return cast
        return self._postfix(self._primary())

    def _nested(self) -> Node:
        self.depth += len(BINARY)
        if self.depth > MAX_DEPTH * len(BINARY):
            raise ExpressionError("an expression is nested too deeply")
        node = self._unary()
        self.depth -= len(BINARY)
        return node

    def _sizeof(self) -> Node:
        if self._peek() == "(":
            before = self.at
            self.at += 1
            name = self._type_name()
            if name and self._take(")"):
                return Node("sizeof type", name)
            self.at = before
        return Node("sizeof", None, (self._nested(),))

    def _cast(self) -> Node | None:
        before = self.at
        self.at += 1
        name = self._type_name()
        if name and self._take(")"):
            return Node("cast", name, (self._nested(),))
        self.at = before
        return None

    def _type_name(self) -> str:
        """A type's name with its stars, if one stands here."""
        words: list[str] = []
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "name":
            word = self._peek()
            is_part = word in WORDS or (words and words[-1] in ("struct", "union", "enum"))
            if not is_part and not self.is_type(" ".join([*words, word])):
                break
            words.append(word)
            self.at += 1
        stars = ""
        while words and self._take("*"):
            stars += "*"
        return " ".join(words) + stars

    def _primary(self) -> Node:
        if self.at >= len(self.tokens):
            raise ExpressionError("the expression ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return Node("number", number(text))
        if kind == "text":
            return Node("number", character(text))
        if kind == "name":
            return Node("register" if text.startswith("$") else "name", text.lstrip("$"))
        if text == "(":
            node = self._binary(0)
            self._need(")")
            return node
        raise ExpressionError(f"{text!r} comes unexpectedly")

    def _postfix(self, node: Node) -> Node:
        while True:
            if self._take("["):
                node = Node("index", None, (node, self._binary(0)))
                self._need("]")
            elif self._peek() in (".", "->"):
                sign = self._peek()
                self.at += 1
                kind, name = self.tokens[self.at] if self._peek() else ("", "")
                if kind != "name":
                    raise ExpressionError(f"a member's name is missing after {sign!r}")
                self.at += 1
                node = Node("arrow" if sign == "->" else "member", name, (node,))
            elif self._peek() == "(":
                raise ExpressionError("functions of the firmware are not called here")
            else:
                return node
