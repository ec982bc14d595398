# SPDX-License-Identifier: Apache-2.0
"""The instructions of README.md, for tests that follow them."""
import os
import re

SOURCE = os.environ.get("LREG_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def section(title):
    """The text below that heading, up to the next heading of any level outside a fenced block."""
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        text = re.split(rf"^#+ {re.escape(title)}\n", file.read(), maxsplit=1, flags=re.M)[1]
    lines, fenced = [], False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match(r"#+ ", line):
            break
        lines.append(line)
    return "\n".join(lines)


def prose(title):
    """The section without its blocks of code."""
    text = re.sub(r"^```.*?^```$", "", section(title), flags=re.M | re.S)
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


def commands(title):
    """The commands of a section, each with its continuation lines, without comments and empty lines."""
    text = re.sub(r"^```.*?^```$", "", section(title), flags=re.M | re.S)
    lines = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
    return [line for line in lines.replace("\\\n", "").split("\n") if line.strip() and not line.startswith("#")]


def at(title):
    """The line of a section that sets HOST and MOUNT for the clients' commands."""
    return next(line for line in commands(title) if line.startswith("HOST="))


def client_commands():
    """The commands that publish and get a file, and copy an image without a daemon."""
    found = [line for line in commands("Publish and install")
             if line.startswith("skopeo ") or (line.startswith("curl ") and "/my-files/" in line)]
    if len(found) != 3:
        raise AssertionError(f"the clients' commands of README are {found}")
    return found


def transcript(title):
    """The commands of the first block of the language console, each with the output that it says."""
    found = []
    for line in code(title, "console").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def code(title, language):
    """The first fenced block of that language in a section."""
    return re.search(rf"^```{re.escape(language)}\n(.*?)^```$", section(title) + "\n", flags=re.M | re.S).group(1)
