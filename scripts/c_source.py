# SPDX-License-Identifier: Apache-2.0
"""Shared by the check-* scripts: the files of the tree, C without comments, functions, and a common report format."""
import argparse
import os
import re
import subprocess
import sys

SKIPPED_FOLDERS = {".git", "build", "__pycache__", ".cache"}


def arguments(description):
    """A parser with --root, the tree to check (default: the one that contains the script)."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return parser


def files(root, *endings):
    """Paths of the tree, relative to `root`, sorted: files that git tracks or would add; without git, all files."""
    if os.path.exists(os.path.join(root, ".git")):  # a file in a worktree
        command = ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, check=False)
        if listed.returncode == 0:
            names = {os.fsdecode(name) for name in listed.stdout.split(b"\0") if name}
            names = {name for name in names if os.path.isfile(os.path.join(root, name))}
            return sorted(name for name in names if not endings or name.endswith(endings))
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(name for name in found if not endings or name.endswith(endings))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def without_comments(text, keep_strings=False):
    """The same text with comments and (unless kept) the contents of literals blanked; line numbers stay."""

    def blank(match):
        token = match.group(0)
        if token[0] == "/":
            return "".join(c if c == "\n" else " " for c in token)
        return token if keep_strings else token[0] + " " * (len(token) - 2) + token[-1]

    return TOKEN.sub(blank, text)


def without_preprocessor(text):
    """Preprocessor lines and their continuations blanked."""
    lines, inside = [], False
    for line in text.split("\n"):
        inside = inside or line.lstrip().startswith("#")
        lines.append("" if inside else line)
        inside = inside and line.endswith("\\")
    return "\n".join(lines)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def functions(text):
    """(name, line of the name, lines between the braces, deepest block) of every function that is defined."""
    code = without_preprocessor(without_comments(text))
    code = re.sub(r'extern\s+"\s*"\s*\{', lambda m: m.group(0)[:-1] + " ", code)
    depth, deepest, start, head, found = 0, 0, None, 0, []
    for match in re.finditer(r"[{};]", code):
        token, at = match.group(0), match.start()
        if token == "{":
            if depth == 0:
                before = code[head:at]
                name = re.search(r"(\w+)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*$", before)
                start = (name.group(1), head + name.start(1), at) if name and "=" not in before else None
                deepest = 0
            depth += 1
            deepest = max(deepest, depth - 1)
        elif token == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                if start:
                    lines = max(0, line_of(code, at) - line_of(code, start[2]) - 1)
                    found.append((start[0], line_of(code, start[1]), lines, deepest))
                    start = None
                head = at + 1
        elif depth == 0:
            head = at + 1
    return found


def finish(problems, summary):
    """Prints one line per problem, then the summary; returns the exit status, which is nonzero if there are
    problems."""
    for problem in problems:
        print(problem)
    print(f"{summary}: {len(problems)} problems" if problems else f"{summary}: ok")
    sys.exit(1 if problems else 0)
