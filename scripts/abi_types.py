# SPDX-License-Identifier: Apache-2.0
"""Parses the C declarations of the ABI into the types of bindings/README.md.

It accepts only the neutral subset: a declaration that other languages cannot call through a plain foreign function
interface is a Problem, and so is one that this parser does not understand.
"""
import re

SCALARS = {
    "int8_t": "i8", "int16_t": "i16", "int32_t": "i32", "int64_t": "i64",
    "uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "size_t": "size",
}
REASONS = {
    "enum": "an enumeration has no fixed width", "union": "a union", "float": "a floating-point number",
    "double": "a floating-point number", "...": "a variable number of arguments", "[": "an array", ":": "a bit field",
    "_Bool": "a boolean is lreg_bool", "bool": "a boolean is lreg_bool", "volatile": "volatile", "char": "a plain char",
    "struct": "a struct is named by its typedef",
} | {word: "an integer of no fixed width" for word in ("int", "long", "short", "unsigned", "signed")}
TOKEN = re.compile(r"\s*(\.\.\.|\w+|[^\w\s])")


class Problem(Exception):
    """A declaration outside the neutral subset."""


def outside(token):
    return Problem(REASONS.get(token, f'"{token}" is not understood'))


class Reader:
    """Parses one declaration; `known` has the kind of every name: "scalar", "callback", "struct" or "handle"."""

    def __init__(self, text, known):
        self.tokens, self.at, self.known = TOKEN.findall(text), 0, known

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted):
        """The next token; if `wanted` is given, it must be one of them."""
        token = self.peek()
        if not token or (wanted and token not in wanted):
            raise outside(token) if token else Problem("ends too early")
        self.at += 1
        return token

    def skip(self, token):
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def pointed(self):
        """A type up to its last star."""
        constant = self.skip("const")
        word = self.take()
        if word in ("void", "char"):
            kind = word
        elif word in SCALARS:
            word, kind = SCALARS[word], "scalar"
        elif word in self.known:
            kind = self.known[word]
        else:
            raise Problem(REASONS[word]) if word in REASONS else Problem(f"the type {word} is not known")
        constant = self.skip("const") or constant
        while self.skip("*"):
            word, kind = ("*const " if constant else "*mut ") + word, "pointer"
            constant = self.skip("const")
        return word, kind

    def parameters(self):
        """The text between parentheses."""
        self.take("(")
        if self.tokens[self.at:self.at + 2] == ["void", ")"]:
            self.at += 2
            return []
        found = [self.declaration()]
        while self.skip(","):
            found.append(self.declaration())
        self.take(")")
        return found

    def declaration(self, result=False):
        """A parameter, a member or a type definition; or, as a result, a function: name, type, and the parameters of a
        function."""
        kind_of_thing, kind = self.pointed()
        if self.skip("("):
            self.take("*")
            name = self.take()
            self.take(")")
            self.by_value(kind_of_thing, kind, True)
            call = {"result": kind_of_thing, "parameters": self.parameters()}
            return {"name": name, "type": "callback", "callback": call}
        if not re.match(r"[A-Za-z_]", self.peek()):
            raise outside(self.peek()) if self.peek() not in (",", ")", "") else Problem("a parameter has no name")
        name = self.take()
        if self.peek() in ("[", ":"):
            raise outside(self.peek())
        self.by_value(kind_of_thing, kind, result)
        return {"name": name, "type": kind_of_thing}

    def by_value(self, word, kind, result):
        if kind == "void" and not result:
            raise Problem("a value of type void")
        if kind in ("struct", "handle"):
            raise Problem(f"the struct {word} by value")
        if kind == "char":
            raise outside("char")

    def end(self):
        if self.peek():
            raise outside(self.peek())


def function(text, known):
    """Of a prototype: name, result, parameters."""
    reader = Reader(text.rstrip("; \n"), known)
    head = reader.declaration(result=True)
    if head["type"] == "callback":
        raise Problem("a function that returns a function: give it a typedef")
    read = {"name": head["name"], "result": head["type"], "parameters": reader.parameters()}
    reader.end()
    return read


def variable(text, known):
    """Of a member or a type definition: name, type, and the parameters of a function."""
    reader = Reader(text, known)
    read = reader.declaration()
    reader.end()
    return read
