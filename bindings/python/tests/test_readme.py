# SPDX-License-Identifier: Apache-2.0
"""Runs the commands and examples of README.md, with an installed library and package outside of the source tree."""
import http.client
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import libregistry
import pytest
from conftest import PACKAGE, PATIENCE_S, SANITIZED, SOURCE

BUILD = os.environ.get("LREG_BUILD_DIR")
README = (PACKAGE / "README.md").read_text(encoding="utf-8")
pytestmark = [
    pytest.mark.skipif(SANITIZED, reason="a sanitized library is not installed"),
    pytest.mark.skipif(not BUILD, reason="LREG_BUILD_DIR does not say what to install"),
]


def commands(section, text=README, mark="##"):
    """The shell commands in a section, without its examples in Python."""
    text = text.split(f"\n{mark} {section}\n", 1)[1].split("\n## ", 1)[0]
    text = re.sub("```python.*?```", "", text, flags=re.DOTALL)
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines() if line.startswith("    ")]


def run(command, folder, environment, timeout=PATIENCE_S):
    done = subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder in which the commands of the section "Install" were run, and the environment for the other commands."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(PACKAGE, folder / "bindings" / "python", ignore=shutil.ignore_patterns("tests", "__pycache__"))
    lines = commands("Install")
    assert lines[0].startswith("cmake --preset release") and lines[1].endswith("--prefix /usr/local")
    assert lines[2] == "ldconfig"
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("PYTHONPATH", "LIBREGISTRY_LIBRARY", "LREG_LIB")}
    # Loaders search /usr/local/lib, but not this prefix.
    prefix = folder / "prefix"
    run(lines[1].replace("build/release", BUILD).replace("/usr/local", str(prefix)), folder, environment)
    for variable, value in (("PATH", os.path.dirname(sys.executable)),):
        environment[variable] = os.pathsep.join([value, environment[variable]])
    try:
        run("\n".join(lines[3:]), folder, environment)
    except AssertionError as error:
        if "ensurepip" in str(error) or "No module named pip" in str(error):
            pytest.skip("no python3-venv here")
        raise
    environment["LD_LIBRARY_PATH"] = os.path.dirname(next(prefix.rglob("libregistry.so.0.1")))
    environment["VIRTUAL_ENV"] = str(folder / "environment")
    environment["PATH"] = os.pathsep.join([str(folder / "environment" / "bin"), environment["PATH"]])
    yield folder, environment
    shutil.rmtree(folder)


def test_installed_package_is_used_with_the_installed_library(installed):
    folder, environment = installed
    program = "import libregistry, libregistry._library as l; print(libregistry.__file__, libregistry.version()); " \
              "print(open('/proc/self/maps').read())"
    said = run(f'python3 -c "{program}"', folder, environment)
    assert str(folder / "environment") in said.splitlines()[0]
    assert re.search(f"{re.escape(str(folder / 'prefix'))}/.*libregistry.so.0.1", said)
    assert str(SOURCE / "bindings") not in said
    assert run("pip show libregistry", folder, environment).splitlines()[1] == f"Version: {libregistry.__version__}"


def test_examples_do_what_they_say(installed):
    folder, environment = installed
    (folder / "examples").mkdir()
    (folder / "examples" / "README.md").write_text(README, encoding="utf-8")
    assert README.count("\n>>> ") > 15
    assert run("python3 -m doctest README.md", folder / "examples", environment) == ""


def test_installed_package_is_typed(installed):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("no mypy here")
    folder, environment = installed
    (folder / "host.py").write_text("import libregistry\nprint(libregistry.Instance().organization(7))\n")
    done = subprocess.run(["python3", "-m", "mypy", "--strict", "host.py"], cwd=folder, env=environment,
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.stdout.count("error:") == 1 and 'incompatible type "int"; expected "str"' in done.stdout, done.stdout


def test_section_of_the_main_readme_does_what_it_says(installed):
    folder, environment = installed
    main = (SOURCE / "README.md").read_text(encoding="utf-8")
    # The same commands as in the other file, which are run here.
    assert commands("In a Python program", main, "###") == commands("Install")[3:] + commands("Serve it: WSGI")[:1]
    data = folder / "main"
    with libregistry.Instance(data) as instance:
        instance.create_organization("My organization").create_registry("My files", ecosystem="files")
    (folder / "my-custom-app-1.0.0.ipa").write_bytes(b"content")
    program = main.split("\n### In a Python program\n", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    (folder / "program.py").write_text(program.replace("/var/lib/registry", str(data)), encoding="utf-8")
    assert run("python3 program.py", folder, environment) == "my-custom-app-1.0.0.ipa 7\n"


def server_of(line):
    return line.split("-m ")[1].split()[0]


@pytest.mark.parametrize("line", commands("Serve it: WSGI"), ids=server_of)
def test_server_is_started_as_it_says(installed, line):
    folder, environment = installed
    if importlib.util.find_spec(server_of(line)) is None:
        pytest.skip("no such server here")
    data = folder / "data"
    with libregistry.Instance(data) as instance:
        if not list(instance.organizations()):
            registry = instance.create_organization("O").create_registry("R", ecosystem="files", public=True)
            registry.publish(b"content", "a.txt")
    assert "/var/lib/registry" in line and "8080" in line
    # The kernel chooses the port, and the server prints it.
    line = line.replace("/var/lib/registry", str(data)).replace("8080", "0")
    with open(folder / "log", "w+b") as log:
        process = subprocess.Popen(["bash", "-ec", line], cwd=folder, env={**environment, "PYTHONUNBUFFERED": "1"},
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            found, end = None, time.monotonic() + PATIENCE_S
            while found is None:
                assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.02)
                found = re.search(r"http://127\.0\.0\.1:([1-9]\d*)", (folder / "log").read_text())
            connection = http.client.HTTPConnection("127.0.0.1", int(found.group(1)), timeout=PATIENCE_S)
            connection.request("GET", "/o/r/files/a.txt")
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"content")
            connection.close()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE_S)
