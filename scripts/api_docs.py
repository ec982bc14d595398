# SPDX-License-Identifier: Apache-2.0
"""Makes docs/api/: scripts/make-api-docs writes it, scripts/check-api-docs compares.

Contracts come from the comments in the public headers, error codes from the sources.
"""
import os
import re

import c_source

FOLDER = "docs/api"
NOTICE = "<!-- Made by scripts/make-api-docs of the comments in include/. -->\n"
CODES_NOTICE = "<!-- Made by scripts/make-api-docs of the sources. -->\n"
FOOTER = re.compile(r"(?:(?<=\s)|^)(Blocks|Threads):\s")


def plain(comment):
    """The text of a comment, without its stars."""
    inner = re.sub(r"^/\*\*?<?", "", comment.strip())
    inner = re.sub(r"\*/$", "", inner)
    return "\n".join(re.sub(r"^\s*\* ?", "", line).rstrip() for line in inner.split("\n")).strip("\n")


class Comment:
    """A contract, split by its tags."""

    def __init__(self, comment):
        text = plain(comment)
        text = re.sub(r"^@file\n?", "", text.strip())
        footer = FOOTER.search(text)
        self.footer = " ".join(text[footer.start():].split()) if footer else ""
        parts = re.split(r"@(param|return)\b", text[: footer.start()] if footer else text)
        self.text = parts[0].strip("\n ")
        self.parameters, self.result = [], ""
        for tag, body in zip(parts[1::2], parts[2::2]):
            words = " ".join(body.split())
            if tag == "param":
                name, _, meaning = words.partition(" ")
                self.parameters.append((name, meaning))
            else:
                self.result = words
        # In a short comment the sentence before the footer ends with a full stop.
        self.result = self.result.rstrip(". ")
        self.parameters = [(name, meaning.rstrip(". ")) for name, meaning in self.parameters]


def header_names(root):
    """Names such as libregistry/error: the header that includes all others first, the second tier last."""
    found = [path[len("include/"):-len(".h")] for path in c_source.files(root, ".h") if path.startswith("include/")]
    return sorted(found, key=lambda name: (name.count("/"), name))


class Header:
    """The declarations of one header, in their order."""

    def __init__(self, root, name):
        self.name = name
        with open(os.path.join(root, "include", name + ".h"), encoding="utf-8") as file:
            self.source = file.read()
        self.overview = ""
        self.types, self.groups, self.functions = [], [], []
        self.read()

    def read(self):
        token = re.compile(
            r"(?P<comment>/\*(?!\*?<).*?\*/)"
            r"|(?P<define>^#define (?!\w+_H$|LREG_EXPORT\b)(?P<name>LREG_\w+) (?P<value>\S+)[ ]*"
            r"(?:/\*\*<(?P<note>.*?)\*/)?)"
            r"|(?P<type>^typedef (?:struct \w+ \{.*?^\} \w+;|[^;]*;))"
            r"|(?P<function>^LREG_EXPORT (?P<prototype>[^;]*;))",
            re.M | re.S,
        )
        pending, last_end = "", 0
        for match in token.finditer(self.source):
            kind = match.lastgroup if match.lastgroup in ("comment", "type") else None
            if match.group("comment"):
                pending = match.group("comment")
                if "@file" in pending:
                    self.overview, pending = Comment(pending).text, ""
            elif match.group("define"):
                self.add_define(match, pending, self.source[last_end: match.start()])
                pending = ""
            elif kind == "type" or match.group("type"):
                self.types.append((match.group("type"), Comment(pending)))
                pending = ""
            else:
                self.functions.append((match.group("prototype"), Comment(pending)))
                pending = ""
            last_end = match.end()

    def add_define(self, match, pending, between):
        """Constants without a blank line between them are one group."""
        if pending or not self.groups or between.strip("\n") or between.count("\n") > 1:
            self.groups.append((Comment(pending) if pending else None, []))
        note = " ".join(plain("/**<" + (match.group("note") or "") + "*/").split())
        self.groups[-1][1].append((match.group("name"), match.group("value"), note))


def escape(text):
    """Escapes text for Markdown, except what is between backticks."""
    parts = re.split(r"(`[^`]*`)", text)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"([*\[\]])", r"\\\1", parts[i]).replace("<", "&lt;").replace("|", "\\|")
    return "".join(parts)


def linked(text, places):
    """Escaped text in which function names link to their contracts."""

    def link(match):
        place = places.get(match.group(1))
        return f"[`{match.group(1)}()`]({place})" if place else match.group(0)

    parts = re.split(r"(`[^`]*`)", escape(text))
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"\b(lreg_\w+)\(\)", link, parts[i])
    return "".join(parts)


def prose(text, places):
    """Paragraphs unchanged; text indented by four blanks stays code."""
    lines = []
    for line in text.split("\n"):
        lines.append(line if line.startswith("    ") else linked(line, places))
    return "\n".join(lines)


def function_name(prototype):
    return re.search(r"(lreg_\w+)\s*\(", prototype).group(1)


def type_name(declaration):
    match = re.search(r"\(\*(lreg_\w+)\)", declaration) or re.search(r"(\w+);$", declaration.strip())
    return match.group(1)


def summary(header):
    """The first sentence about a header."""
    return re.split(r"(?<=\.)\s", " ".join(header.overview.split()), maxsplit=1)[0].rstrip(".")


def page_name(header):
    return header.replace("libregistry/", "").replace("/", "-") + ".md"


def contract(comment, places):
    out = []
    if comment.text:
        out.append(prose(comment.text, places) + "\n")
    if comment.parameters:
        out.append("\n".join(f"- `{name}`: {linked(meaning, places)}" for name, meaning in comment.parameters) + "\n")
    if comment.result:
        out.append(f"Returns {linked(comment.result, places)}.\n")
    if comment.footer:
        out.append(f"*{escape(comment.footer)}*\n")
    return out


def page(header, places):
    out = [NOTICE, f"# `<{header.name}.h>`\n", prose(header.overview, places) + "\n"]
    if header.types:
        out.append("## Types\n")
        for declaration, comment in header.types:
            out.append(f"### {type_name(declaration)}\n")
            out.append(f"```c\n{declaration}\n```\n")
            out += contract(comment, places)
    if header.groups:
        out.append("## Constants\n")
        for comment, constants in header.groups:
            if comment and comment.text:
                out.append(prose(comment.text, places) + "\n")
            out.append("| Constant | Value | Meaning |\n| --- | --- | --- |")
            out += [f"| `{name}` | {escape(value)} | {linked(note, places)} |" for name, value, note in constants]
            out.append("")
    if header.functions:
        out.append("## Functions\n")
        for prototype, comment in header.functions:
            out.append(f"### {function_name(prototype)}\n")
            lines = prototype.split("\n")
            # The columns of the header count LREG_EXPORT.
            lines = lines[:1] + [re.sub(r"^ {12}", "", line) for line in lines[1:]]
            out.append("```c\n" + "\n".join(lines) + "\n```\n")
            out += contract(comment, places)
    return "\n".join(out)


def index(headers, places):
    out = [
        NOTICE,
        "# Reference\n",
        "Every public function with its contract. `docs/abi.md` says what all of them have in common, `docs/errors.md` "
        "what each status means.\n",
        "| Header | What |\n| --- | --- |",
    ]
    for header in headers:
        out.append(f"| [`<{header.name}.h>`]({page_name(header.name)}) | {escape(summary(header))} |")
    out.append("| [codes](codes.md) | the words of `lreg_error_code()` |")
    out.append("\n## All functions\n")
    names = sorted(function_name(prototype) for header in headers for prototype, _ in header.functions)
    out.append("\n".join(f"- [`{name}()`]({places[name]})" for name in names) + "\n")
    return "\n".join(out)


LITERAL = r'"(?:[^"\\\n]|\\.)*"'
CODE = re.compile(rf'\b(LREG_[A-Z_]+),\s*"([a-z][a-z0-9_]*)",\s*({LITERAL}(?:\s*{LITERAL})*)(\s*PRI)?')


def codes(root):
    """(code, status) -> message, for every failure whose code and status are set together in the sources."""
    found = {}
    for path in c_source.files(root, ".c"):
        if not path.startswith("libregistry/"):
            continue
        for status, code, literals, cut in CODE.findall(c_source.without_comments(c_source.read(root, path), True)):
            message = "".join(literal[1:-1] for literal in re.findall(LITERAL, literals))
            message = re.sub(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z]", "…", message.replace("%%", "%"))
            message = message.replace('\\"', '"') + ("…" if cut else "")
            found.setdefault((code, status), message)
    return found


def codes_page(root, http):
    out = [
        CODES_NOTICE,
        "# Error codes\n",
        "The words that `lreg_error_code()` gives. A word keeps its meaning; new ones may come. The message is an "
        "example: its wording may change. `docs/errors.md` says what each status means.\n",
        "| Code | Status | HTTP | Such as |\n| --- | --- | --- | --- |",
    ]
    for (code, status), message in sorted(codes(root).items()):
        out.append(f"| `{code}` | {status} | {http.get(status, '')} | {escape(message)} |")
    return "\n".join(out) + "\n"


def render(root):
    """Path below the root -> text, of everything that docs/api/ should contain."""
    headers = [Header(root, name) for name in header_names(root)]
    places = {
        function_name(prototype): f"{page_name(header.name)}#{function_name(prototype)}"
        for header in headers
        for prototype, _ in header.functions
    }
    pages = {f"{FOLDER}/{page_name(header.name)}": page(header, places) for header in headers}
    pages[f"{FOLDER}/README.md"] = index(headers, places)
    http = {}
    for header in headers:
        for _, constants in header.groups:
            http.update({name: note[-4:-1] for name, _, note in constants if re.search(r"\(\d{3}\)$", note)})
    pages[f"{FOLDER}/codes.md"] = codes_page(root, http)
    return pages
