# SPDX-License-Identifier: Apache-2.0
"""Web servers with a registry behind them, for tests: Apache with the CGI program, nginx with the FastCGI program.
Everything is installed to a separate folder. The web servers use the installed settings, with paths replaced."""
import glob
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import host
import readme

SOURCE = readme.SOURCE
BUILD = os.environ.get("LREG_BUILD_DIR", "build/release")
APACHE = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
MODULES = "/usr/lib/apache2/modules"
FASTCGI_PARAMS = "/etc/nginx/fastcgi_params"
ORGANIZATION = host.ORGANIZATION
README_PREFIX = "/usr/local"
# Values in the installed settings, which the tests replace.
SETTINGS_DATA = "/var/lib/registry"
SETTINGS_SOCKET = "/run/registry/registry.sock"

# Apache drops root, and its child processes then run as this user.
WEB_USER = "www-data" if os.getuid() == 0 else None


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def skip_without(program, *files):
    if os.environ.get("LREG_SANITIZE"):
        skip("a sanitized library is not installed")
    host.skip_without_programs()
    if program is None:
        skip("the web server is not installed")
    for path in files:
        if not os.path.exists(path):
            skip(f"{path} is missing")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Site:
    """An installed prefix, a data directory with registries, and a web server on a port of its own. The subclasses
    below define `start_server` and `stop_server`."""

    url_prefix = ""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lreg-web-")
        os.chmod(self.folder, 0o755)
        self.prefix = os.path.join(self.folder, "prefix")
        self.data = os.path.join(self.folder, "data")
        self.port = None
        self.process = None
        try:
            self.run(["cmake", "--install", BUILD, "--prefix", self.prefix])
            self.prepare()
            self.start()
        except BaseException:
            self.close(check=False)
            raise

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, command, **more):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=300,
                              **more)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.stdout.decode()}")
        return done.stdout.decode()

    def ctl(self, *arguments):
        program = os.path.join(self.prefix, "bin", "registryctl")
        out = self.run([program, "--data", self.data, *arguments, "--json"])
        return json.loads(out) if out.strip() else None

    def prepare(self):
        self.ctl("organization", "create", ORGANIZATION)
        self.ctl("registry", "create", ORGANIZATION, host.REGISTRY, "--ecosystem", "files")
        self.ctl("registry", "create", ORGANIZATION, "apks", "--ecosystem", "alpine")
        self.ctl("registry", "create", ORGANIZATION, "images", "--ecosystem", "container")
        scopes = "read_packages,write_packages,delete_packages"
        self.token = self.ctl("token", "create", ORGANIZATION, "--scopes", scopes)["token"]
        if WEB_USER is not None:
            account = pwd.getpwnam(WEB_USER)
            for folder, folders, files in os.walk(self.data):
                for name in [folder] + [os.path.join(folder, each) for each in folders + files]:
                    os.chown(name, account.pw_uid, account.pw_gid)

    def settings(self, name):
        """The installed settings of that name, with paths replaced."""
        with open(os.path.join(self.prefix, "share", "libregistry", name), encoding="utf-8") as file:
            text = file.read()
        for old, new in ((SETTINGS_DATA, self.data), (SETTINGS_SOCKET, self.path("registry.sock"))):
            text = text.replace(old, new)
        return text

    def start(self):
        """Starts on a free port. Another process may take the port in between, so it may take several attempts."""
        for _ in range(5):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            self.start_server()
            host.wait_until(lambda: self.answers() or self.process.poll() is not None, "the web server")
            if self.process.poll() is None:
                return
        raise AssertionError(f"the web server does not start: {self.errors()}")

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def errors(self):
        text = ""
        for path in sorted(glob.glob(self.path("*.log"))):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()
        return text

    def close(self, check=True):
        try:
            if self.process is not None:
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(host.PATIENCE_S)
            self.stop_server()
            if check:
                report = self.ctl("verify")
                if report["missing"] != 0 or report["damaged"] != 0:
                    raise AssertionError(f"the store does not verify: {report}")
        finally:
            if self.process is not None and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop_server(self):
        pass

    # --- requests ---

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}{self.url_prefix}"

    def authorization(self):
        return {"Authorization": f"Bearer {self.token}"}

    def request(self, method, path, headers=None, body=None):
        """One request below the prefix, on a connection of its own, with the token unless headers are given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=host.PATIENCE_S)
        try:
            connection.request(method, self.url_prefix + path, body,
                               self.authorization() if headers is None else headers)
            response = connection.getresponse()
            return host.Response(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def curl(self, *arguments):
        """Runs curl with the token; returns status and body."""
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--max-time", "300", "-H", f"Authorization: Bearer {self.token}", "-w",
             "\n%{http_code}", *arguments], stdout=subprocess.PIPE, check=True)
        body, status = done.stdout.rsplit(b"\n", 1)
        return int(status), body

    def publish(self, path, *more, registry=host.REGISTRY):
        url = f"{self.base}/v2/packages/organizations/{ORGANIZATION}/registries/{registry}/packages"
        return self.curl("-F", f"file=@{path}", *more, url)

    def run_readme(self, section):
        """Runs the commands of README for clients of files and images, with HOST and MOUNT as a section sets them."""
        for path in re.findall(r"/usr/local/\S+", readme.section(section)):
            if not os.path.exists(path.replace(README_PREFIX, self.prefix)):
                raise AssertionError(f"{path} is not installed")
        folder = self.path("readme")
        os.mkdir(folder)
        write(os.path.join(folder, "my-custom-app-1.0.0.ipa"), "an app")
        self.run([sys.executable, os.path.join(SOURCE, "tests", "support", "make_image.py"),
                  os.path.join(folder, "my-image"), "1.0"])
        script = "\n".join(["set -e", readme.at(section), *readme.client_commands()])
        script = script.replace("127.0.0.1", f"127.0.0.1:{self.port}").replace("my-images", "images")
        write(os.path.join(folder, "policy.json"), '{"default": [{"type": "insecureAcceptAnything"}]}')
        script = script.replace("skopeo ", "skopeo --policy policy.json ").replace("curl ", "curl --noproxy '*' ")
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.run(["sh", "-c", script], cwd=folder, env=dict(environment, TOKEN=self.token))

    @staticmethod
    def form(name, content):
        """A form with a file, and its content type."""
        head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        return head.encode() + content + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


class Apache(Site):
    """Apache with the CGI program: `module` is cgid (with the event MPM) or cgi (with prefork)."""

    url_prefix = "/packages"
    settings_name = "registry-cgi.conf"

    def __init__(self, module, sendfile=None, with_module=True):
        self.module, self.sendfile, self.with_module = module, sendfile, with_module
        super().__init__()

    @property
    def program(self):
        return os.path.join(self.prefix, "libexec", "libregistry", "registry.cgi")

    def start_server(self):
        settings = self.settings(self.settings_name)
        modules = ["authz_core", "alias", "env", "mpm_event" if self.module == "cgid" else "mpm_prefork", self.module]
        if self.sendfile:
            settings = re.sub(r"#(SetEnv REGISTRY_SENDFILE)", r"\1", settings)
            if self.with_module:
                settings = re.sub(r"#(XSendFile)", r"\1", settings)
                modules.append("xsendfile")
        write(self.path("registry.conf"), settings)
        lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules]
        lines += [f"ServerRoot {self.folder}", f"DefaultRuntimeDir {self.folder}", f"PidFile {self.path('apache.pid')}",
                  "ServerName 127.0.0.1", f"Listen 127.0.0.1:{self.port}", f"DocumentRoot {self.path('www')}",
                  f"ErrorLog {self.path('error.log')}", "LogLevel warn", "Timeout 60"]
        if self.module == "cgid":
            lines += [f"ScriptSock {self.path('cgid.sock')}"]
        else:
            lines += ["StartServers 16", "MinSpareServers 4", "MaxRequestWorkers 32"]
        if WEB_USER is not None:
            lines += [f"User {WEB_USER}", f"Group {WEB_USER}"]
        lines += [f"Include {self.path('registry.conf')}", ""]
        os.makedirs(self.path("www"), exist_ok=True)
        write(self.path("apache.conf"), "\n".join(lines))
        with open(self.path("start.log"), "ab") as log:
            # Apache ends by sending a signal to its process group.
            self.process = subprocess.Popen([APACHE, "-f", self.path("apache.conf"), "-DFOREGROUND"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


class ApacheHost(Apache):
    """The whole host is a registry."""

    url_prefix = ""
    settings_name = "registry-cgi-host.conf"


class Nginx(Site):
    """nginx with the FastCGI program."""

    url_prefix = "/packages"

    def __init__(self, sendfile=False):
        self.sendfile = sendfile
        self.registry = None
        super().__init__()

    @property
    def program(self):
        return os.path.join(self.prefix, "libexec", "libregistry", "registry.fcgi")

    def start_registry(self):
        environment = dict(os.environ, REGISTRY_DATA=self.data)
        if self.sendfile:
            environment["REGISTRY_SENDFILE"] = "X-Accel-Redirect: /registry-files/"
        if os.path.exists(self.path("registry.sock")):
            os.unlink(self.path("registry.sock"))
        with open(self.path("registry.log"), "ab") as log:
            self.registry = subprocess.Popen([self.program, self.path("registry.sock")], env=environment,
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        host.wait_until(self.listens, "the socket of the registry")

    def listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.path("registry.sock")) == 0

    def start_server(self):
        if self.registry is None:
            self.start_registry()
        shutil.copy(FASTCGI_PARAMS, self.path("fastcgi_params"))
        write(self.path("registry.conf"), self.settings("registry-fcgi.conf"))
        user = "user root;\n" if os.getuid() == 0 else ""
        places = "".join(f"    {name}_temp_path {self.path(name)};\n"
                         for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        write(self.path("nginx.conf"), (
            f"{user}daemon off;\nworker_processes 1;\npid {self.path('nginx.pid')};\n"
            f"error_log {self.path('error.log')} warn;\nevents {{ worker_connections 256; }}\nhttp {{\n{places}"
            f"    access_log off;\n    server {{\n        listen 127.0.0.1:{self.port};\n"
            f"        include registry.conf;\n    }}\n}}\n"))
        with open(self.path("start.log"), "ab") as log:
            self.process = subprocess.Popen([NGINX, "-p", self.folder, "-c", self.path("nginx.conf")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop_registry(self):
        """Stops it as an operator does; returns its exit status."""
        self.registry.send_signal(signal.SIGTERM)
        status = self.registry.wait(host.PATIENCE_S)
        self.registry = None
        return status

    def stop_server(self):
        if self.registry is not None:
            try:
                status = self.stop_registry()
            finally:
                if self.registry is not None:
                    self.registry.kill()
                    self.registry.wait()
            if status != 0:
                raise AssertionError(f"the registry ended with {status}: {self.errors()}")
