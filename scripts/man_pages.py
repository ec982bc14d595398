# SPDX-License-Identifier: Apache-2.0
"""Makes the pages of section 3 from the comments in the public headers: one for each function, and one for each header
with its types and constants. The build runs scripts/make-man-pages; the pages are not in the tree."""
import re

import api_docs

BULLET = re.compile(r"^- ")


def escape(text):
    """Text as roff shows it unchanged."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def page_of_header(name):
    """libregistry/sys/hooks -> libregistry_sys_hooks."""
    return name.replace("/", "_")


def marked(text, names):
    """Escaped text with functions and code in bold."""
    text = escape(re.sub(r"`([^`]*)`", r"\1", text))
    return re.sub(r"\b(lreg_\w+)\(\)", lambda match: f"\\fB{match.group(1)}\\fP(3)" if match.group(1) in names
                  else match.group(0), text)


def paragraphs(text, names):
    """Prose, lists, and code that is indented by four blanks."""
    out, is_code = [], False
    for line in text.split("\n"):
        starts_code = line.startswith("    ") or (is_code and not line and bool(out))
        if starts_code != is_code:
            out.append(".PP\n.nf\n.RS 4" if starts_code else ".RE\n.fi\n.PP")
            is_code = starts_code
        if is_code:
            out.append(escape(line[4:]))
        elif not line:
            out.append(".PP")
        elif BULLET.match(line):
            out.append(".IP \\(bu 2\n" + marked(line[2:], names))
        else:
            out.append(marked(line.strip(), names))
    if is_code:
        out.append(".RE\n.fi")
    return "\n".join(out)


def code(text):
    return ".nf\n" + escape(text) + "\n.fi"


def sentence(text):
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def first_sentence(text):
    return re.split(r"(?<=[.:;])\s", " ".join(text.split()), maxsplit=1)[0].rstrip(".:;")


def head(name, version, what):
    return [f'.TH {name} 3 "" "libregistry {version}" "libregistry"', ".SH NAME", f"{name} \\- {escape(what)}"]


def tail(comment, names):
    out = []
    if comment.parameters:
        out.append(".SH PARAMETERS")
        for parameter, meaning in comment.parameters:
            out.append(f".TP\n.I {parameter}\n{marked(sentence(meaning), names)}")
    if comment.result:
        out.append(f".SH RETURN VALUE\n{marked(sentence(comment.result), names)}")
    if comment.footer:
        out.append(".SH NOTES")
        for part in re.split(r"\s(?=(?:Blocks|Threads|Since):)", comment.footer):
            out.append(f"{marked(part, names)}\n.br")
    return out


def see_also(own, text, header, names):
    others = sorted({name for name in re.findall(r"\b(lreg_\w+)\(\)", text) if name in names and name != own})
    pages = [page_of_header(header), *others] if header != own else others
    return ".SH SEE ALSO\n" + ",\n".join(f".BR {page} (3)" for page in pages)


def function_page(header, prototype, comment, version, names):
    name = api_docs.function_name(prototype)
    lines = prototype.split("\n")
    lines = lines[:1] + [re.sub(r"^ {12}", "", line) for line in lines[1:]]  # the columns of LREG_EXPORT
    out = head(name, version, first_sentence(comment.text) or "a function of libregistry")
    out += [".SH SYNOPSIS", code("#include <libregistry.h>\n\n" + "\n".join(lines))]
    if header.name.startswith("libregistry/sys/"):
        out[-1] = out[-1].replace("#include <libregistry.h>", escape(f"#include <{header.name}.h>"))
    if comment.text:
        out += [".SH DESCRIPTION", paragraphs(comment.text, names)]
    out += tail(comment, names)
    parts = [comment.text, comment.result, *(meaning for _, meaning in comment.parameters)]
    out.append(see_also(name, " ".join(parts), header.name, names))
    return "\n".join(out) + "\n"


def header_page(header, headers, version, names):
    out = head(page_of_header(header.name), version, api_docs.summary(header))
    out += [".SH SYNOPSIS", code(f"#include <{header.name}.h>"), ".SH DESCRIPTION", paragraphs(header.overview, names)]
    for declaration, comment in header.types:
        out += [f".SS {api_docs.type_name(declaration)}", code(declaration), ".PP", paragraphs(comment.text, names)]
    if header.groups:
        out.append(".SH CONSTANTS")
        for comment, constants in header.groups:
            if comment and comment.text:
                out += [".PP", paragraphs(comment.text, names)]
            for constant, value, note in constants:
                out.append(f".TP\n.B {constant}\n{marked(note, names)}\n({escape(value)})")
    if header.functions:
        out.append(".SH FUNCTIONS")
        for prototype, _ in header.functions:
            out.append(f".BR {api_docs.function_name(prototype)} (3)\n.br")
    others = [f".BR {page_of_header(other.name)} (3)" for other in headers if other is not header]
    out.append(".SH SEE ALSO\n" + ",\n".join(others))
    return "\n".join(out) + "\n"


def render(root):
    """File name -> text of every page."""
    headers = [api_docs.Header(root, name) for name in api_docs.header_names(root)]
    names = {api_docs.function_name(prototype) for header in headers for prototype, _ in header.functions}
    version = next(value.strip('"') for header in headers for _, constants in header.groups
                   for name, value, _ in constants if name == "LREG_VERSION_STRING")
    pages = {}
    for header in headers:
        pages[f"{page_of_header(header.name)}.3"] = header_page(header, headers, version, names)
        for prototype, comment in header.functions:
            name = api_docs.function_name(prototype)
            pages[f"{name}.3"] = function_page(header, prototype, comment, version, names)
    return pages
