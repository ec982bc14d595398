# SPDX-License-Identifier: Apache-2.0
"""Makes bindings/abi.json from the public headers: scripts/make-abi-description writes it,
scripts/check-abi-description compares. bindings/README.md describes its content.

Names and types come from the declarations, ownership and threads from the wording of their comments (docs/abi.md
defines it), sizes, offsets and values from a C compiler.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile

import abi_types
import api_docs
import c_source

PATH = "bindings/abi.json"
FORMAT = 1
LINE_LENGTH = 120
ERROR_OUT = "*mut *mut lreg_error"
PARAMETERS_MAX = 5  # before `err`
THREADS = re.compile(r"Threads: (any, at once|any, one at a time per handle|only from inside the callback)")
# Lines of a header that are not declarations but belong there.
SCAFFOLD = re.compile(
    r"^\s*(#\s*(if|ifdef|ifndef|elif|else|endif|include)\b.*|#define (\w+_H|LREG_EXPORT|LREG_DEPRECATED)\b.*|"
    r'extern "C" \{|\}|)$'
)


class Builder:
    """Collects the parts; `problems` has a line for each declaration outside the neutral subset."""

    def __init__(self, root):
        self.root, self.problems, self.known = root, [], {}
        self.headers = [api_docs.Header(root, name) for name in api_docs.header_names(root)]
        self.typedefs, self.handles, self.callbacks, self.structs = [], [], [], []
        self.constants, self.functions = [], []

    def problem(self, header, declaration, text):
        line = c_source.line_of(header.source, header.source.find(declaration))
        self.problems.append(f"include/{header.name}.h:{line}: {text}")

    def read(self):
        for header in self.headers:
            self.leftovers(header)
            for declaration, _ in header.types:
                self.name_type(header, declaration)
        for header in self.headers:
            for declaration, comment in header.types:
                self.guarded(header, declaration, self.add_type, declaration, comment)
            for prototype, comment in header.functions:
                self.guarded(header, prototype, self.add_function, header, prototype, comment)
            for _, group in header.groups:
                self.constants += [{"name": name, "note": note, "header": header.name} for name, _, note in group]
        for handle in self.handles:
            self.end_of(handle)
        for callback in self.callbacks:
            self.check_telling(callback)
        for function in self.functions:
            self.check_buffers(function["name"], function)
        for struct in self.structs:
            for member in struct["members"]:
                if member["type"] == "callback":
                    self.check_buffers(f'{struct["name"]}.{member["name"]}', member["callback"])

    def guarded(self, header, declaration, call, *arguments):
        try:
            call(*arguments)
        except abi_types.Problem as problem:
            self.problem(header, declaration, str(problem))

    def leftovers(self, header):
        """Every line of a header must be accounted for."""
        rest = c_source.without_comments(header.source, True)
        declared = [declaration for declaration, _ in header.types]
        declared += ["LREG_EXPORT " + prototype for prototype, _ in header.functions]
        for declaration in declared:
            rest = rest.replace(c_source.without_comments(declaration, True), "\n" * declaration.count("\n"), 1)
        constants = {name for _, group in header.groups for name, _, _ in group}
        for number, line in enumerate(rest.split("\n"), 1):
            define = re.match(r"#define (\w+) ", line)
            if not SCAFFOLD.match(line) and not (define and define.group(1) in constants):
                self.problems.append(f'include/{header.name}.h:{number}: "{line.strip()}" is not understood')

    def name_type(self, header, declaration):
        name = api_docs.type_name(declaration)
        if re.match(r"typedef struct \w+ \{", declaration):
            kind = "struct"
        elif re.fullmatch(r"typedef struct (\w+) \1;", declaration):
            kind = "handle"
        else:
            kind = "callback" if "(*" in declaration else "scalar"
        if name in self.known:
            self.problem(header, declaration, f"{name} is declared twice")
        self.known[name] = kind

    def add_type(self, declaration, comment):
        name = api_docs.type_name(declaration)
        facts = {"name": name} | since_and_threads(comment)
        if self.known[name] == "handle":
            self.handles.append(facts)
        elif self.known[name] == "struct":
            body = declaration[declaration.index("{") + 1:declaration.rindex("}")]
            members = [self.member(*pair) for pair in members_of(body)]
            if not members or members[0] != {"name": "size", "type": "u32"}:
                raise abi_types.Problem("a struct begins with uint32_t size")
            self.structs.append(facts | {"members": members})
        else:
            read = abi_types.variable(declaration.removeprefix("typedef ").rstrip(";"), self.known)
            if read["type"] == "callback":
                self.callbacks.append(facts | self.call(read["callback"], comment))
            else:
                self.typedefs.append(facts | {"type": read["type"]})

    def member(self, text, note):
        read = abi_types.variable(text, self.known)
        if read["type"] == "callback":
            read = {"name": read["name"], "type": "callback", "optional": note.startswith("Optional"),
                    "callback": self.call(read["callback"], None)}
        return read

    def call(self, call, comment):
        """Result and parameters with what their comment says about them. The parameters of a callback member have no
        comment."""
        read = {"result": call["result"], "parameters": []}
        said, before = dict(comment.parameters) if comment else {}, ""
        for parameter in call["parameters"]:
            words = said.get(parameter["name"], "")
            before = before if words == "likewise" else words
            facts = self.parameter(parameter) | (contract(parameter, before) if comment else {})
            read["parameters"].append(facts)
        return read

    def parameter(self, read):
        if read["type"] == "callback":
            return {"name": read["name"], "type": "callback", "callback": self.call(read["callback"], None)}
        if read["type"].startswith("*") and (read["name"] == "err" or re.match(r"out(_|$)", read["name"])):
            return read | {"direction": "out"}
        return read

    def add_function(self, header, prototype, comment):
        read = abi_types.function(prototype, self.known)
        types = [parameter["type"] for parameter in read["parameters"]]
        if read["result"] == "lreg_status" and types[-1:] != [ERROR_OUT] and types != ["*const lreg_error"]:
            raise abi_types.Problem("a function that can fail takes lreg_error **err, last")
        count = len(types) - (types[-1:] == [ERROR_OUT])
        if count > PARAMETERS_MAX:
            raise abi_types.Problem(f"{count} parameters before err, at most {PARAMETERS_MAX}: use settings or options")
        words = f"{comment.text} {comment.result} {comment.footer}"
        for word in ("Blocks:", "Threads:", "Since:"):
            if word not in words:
                raise abi_types.Problem(f'the comment of {read["name"]} does not say "{word}"')
        facts = {"name": read["name"], "header": header.name} | since_and_threads(comment)
        facts |= {"blocks": re.search(r"\bBlocks: (?!no\.)", comment.footer) is not None}
        facts |= self.call(read, comment)
        if read["result"].startswith("*"):
            facts["returns"] = {"nullable": may_be_null(comment.result)} | ownership(comment.result)
        self.functions.append(facts)

    def check_telling(self, callback):
        """What a callback is told is one struct, which can grow; its arguments cannot."""
        told = [parameter["type"] for parameter in callback["parameters"][1:]]
        if "*const char" in told:
            self.problems.append(f'{callback["name"]}: a callback is told one struct whose size is first, not texts')

    def check_buffers(self, name, call):
        """A buffer that is filled comes with its capacity, so that longer texts do not overflow earlier callers."""
        following = call["parameters"][1:] + [{"type": ""}]
        for parameter, after in zip(call["parameters"], following):
            if parameter["type"] == "*mut char" and after["type"] != "size":
                self.problems.append(f'{name}: the buffer {parameter["name"]} has no capacity behind it')

    def end_of(self, handle):
        """Every handle that a function gives out has one function that ends it. Others are lent to callbacks."""
        name = handle["name"]
        ends = [
            function["name"] for function in self.functions
            if function["result"] == "void" and re.search(r"_(free|close)$", function["name"])
            and [parameter["type"] for parameter in function["parameters"]] == [f"*mut {name}"]
        ]
        if not ends and not self.is_given_out(name):
            handle["ended_by"] = ""
            return
        if len(ends) != 1:
            self.problems.append(f"the handle {name} is ended by {' and '.join(ends) or 'nothing'}")
        handle["ended_by"] = ends[0] if ends else ""

    def is_given_out(self, name):
        types = [parameter["type"] for function in self.functions for parameter in function["parameters"]]
        return f"*mut *mut {name}" in types

    def measure(self):
        """Sizes, offsets and values, computed by a C program."""
        lines = [f"#include <{header.name}.h>" for header in self.headers] + [MEASURE]
        for struct in self.structs:
            lines.append(f'SIZE({struct["name"]})')
            lines += [f'AT({struct["name"]}, {member["name"]})' for member in struct["members"]]
        lines += [f'VALUE({constant["name"]})' for constant in self.constants]
        answers = iter(run_c("\n".join(lines) + "\nreturn 0;\n}\n", os.path.join(self.root, "include")))
        if next(answers) != "8 8":
            raise SystemExit(f"{PATH} is made on a machine whose pointers have 8 bytes")
        for struct in self.structs:
            struct["size"], struct["alignment"] = map(int, next(answers).split())
            for member in struct["members"]:
                member["offset"], member["size"] = map(int, next(answers).split())
            struct["members"] = [
                {"name": member.pop("name"), "offset": member.pop("offset"), "size": member.pop("size")} | member
                for member in struct["members"]
            ]
        for constant in self.constants:
            kind, _, value = next(answers).partition(" ")
            if kind == "other":
                self.problems.append(f'{constant["name"]} is no integer and no text')
            constant |= {"type": kind, "value": int(value) if kind == "integer" else value}


MEASURE = r"""
#include <stdio.h>
#define SIZE(type) printf("%zu %zu\n", sizeof(type), _Alignof(type));
#define AT(type, member) printf("%zu %zu\n", offsetof(type, member), sizeof(((type *)0)->member));
#define KIND(value) _Generic((value), char *: "text", int: "integer", long: "integer", default: "other")
#define TEXT(value) _Generic((value), char *: (value), default: "")
#define NUMBER(value) (long long)_Generic((value), char *: 0, default: (value))
#define VALUE(value) if (KIND(value)[0] == 't') printf("text %s\n", TEXT(value)); \
    else printf("%s %lld\n", KIND(value), NUMBER(value));
int main(void) {
printf("%zu %zu\n", sizeof(void *), sizeof(size_t));
"""


def run_c(source, include):
    """Lines that a C program prints."""
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), "cc")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "measure")
        command = [compiler, "-std=c17", "-w", "-x", "c", "-I", include, "-o", program, "-"]
        subprocess.run(command, input=source, text=True, check=True)
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()


def members_of(body):
    """(declaration, comment) of each member. The comment precedes the member, or follows it and begins with "<"."""
    found, pending = [], ""
    for match in re.finditer(r"(?P<comment>/\*.*?\*/)|(?P<member>[^/;]+);", body, re.S):
        text = " ".join(api_docs.plain(match.group("comment") or "").split())
        if match.group("member"):
            found.append((match.group("member").strip(), pending))
            pending = ""
        elif match.group("comment").startswith("/**<") and found:
            found[-1] = (found[-1][0], text)
        else:
            pending = text
    return found


def since_and_threads(comment):
    words = f"{comment.text} {comment.result} {comment.footer}"
    since, threads = re.search(r"Since: (\d+\.\d+)", words), THREADS.search(" ".join(words.split()))
    facts = {"since": since.group(1)} if since else {}
    return facts | ({"threads": threads.group(1)} if threads else {})


def contract(read, said):
    """What the comment on a parameter says about NULL and about ownership."""
    if read["type"] == ERROR_OUT and read["name"] == "err":
        return {"nullable": True, "ownership": "owned", "ended_by": "lreg_error_free"}
    if read["type"] == "callback":
        return {"nullable": may_be_null(said)}
    if not read["type"].startswith("*"):
        return {}
    facts = {"direction": "in_out"} if "filled in" in said else {}
    user = read["type"] == "*mut void" and read["name"] in ("user", "state")
    return facts | {"nullable": user or may_be_null(said)} | ownership(said)


def may_be_null(said):
    """A comment says where NULL may be passed; "NULL on failure" is about the result."""
    return re.search(r"\bmay be NULL\b|\bNULL( makes| takes|:|, the default)", said) is not None


def ownership(said):
    """The word for the owner of a value, and the function that ends it."""
    if "static storage" in said:
        return {"ownership": "static"}
    word = re.search(r"(?:^|[;,] )(owned|copied|taken|borrowed)\b", said)
    if not word:
        return {}
    facts = {"ownership": word.group(1)}
    if word.group(1) == "owned":
        ends = re.match(r", (lreg_\w+)\(\)", said[word.end():])
        if not ends:
            raise abi_types.Problem(f'"{said}": "owned" is followed by the function that ends it')
        facts["ended_by"] = ends.group(1)
    if word.group(1) == "borrowed":
        until = re.match(r" until ((?:lreg_\w+\(\)|, | or )+)", said[word.end():])
        facts["until"] = re.findall(r"lreg_\w+", until.group(1)) if until else ["return"]
    return facts


def statuses(constants):
    """The constants of the status type; the comment of each names its HTTP status."""
    found = []
    for constant in constants:
        http = re.search(r"\((\d{3})\)$", constant["note"])
        if http or constant["name"] == "LREG_OK":
            found.append({"name": constant["name"], "value": constant["value"],
                          "http": int(http.group(1)) if http else 200})
    return found


def describe(root):
    """Returns (text of bindings/abi.json, problems)."""
    builder = Builder(root)
    builder.read()
    if builder.problems:
        return "", builder.problems
    builder.measure()
    values = {constant["name"]: constant["value"] for constant in builder.constants}
    whole = {
        "format": FORMAT,
        "library": "libregistry",
        "version": values.get("LREG_VERSION_STRING", ""),
        "data_model": "LP64",
        "typedefs": builder.typedefs,
        "handles": builder.handles,
        "statuses": statuses(builder.constants),
        "constants": [{key: constant[key] for key in ("name", "type", "value", "header")}
                      for constant in builder.constants],
        "callbacks": builder.callbacks,
        "structs": builder.structs,
        "functions": builder.functions,
    }
    return laid_out(whole, "") + "\n", builder.problems


def laid_out(value, indent, before=0):
    """JSON in which everything that fits on one line is on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + before + len(line) < LINE_LENGTH or not isinstance(value, (dict, list)):
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        parts, ends = [laid_out(part, deeper, 1) for part in value], "[]"
    else:
        parts, ends = [], "{}"
        for key, part in value.items():
            name = json.dumps(key) + ": "
            parts.append(name + laid_out(part, deeper, len(name) + 1))
    return ends[0] + "\n" + ",\n".join(deeper + part for part in parts) + "\n" + indent + ends[1]
