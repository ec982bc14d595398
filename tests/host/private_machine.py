# SPDX-License-Identifier: Apache-2.0
"""A private machine for a test that follows instructions to the letter, as root: namespaces of mounts, network and
processes. Writes to system folders stay in memory and vanish with it. Its loopback interface and all ports are private,
and its processes end with the first of them."""
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

FLAGS = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
INSIDE = "LREG_PRIVATE_MACHINE"
SYSTEM = ("/etc", "/opt", "/root", "/srv", "/usr", "/var")
RUN = "/run"
STORE = "/run/private-machine"  # where writes are kept
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def enter(*folders):
    """Restarts the calling script in such a machine; there it makes the system folders and `folders` writable, and
    returns."""
    if INSIDE not in os.environ:
        if os.getuid() != 0:
            skip("only root may do what is tested, and make a machine to do it in")
        if not is_permitted():
            skip("namespaces are not permitted here (unshare)")
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", *FLAGS, sys.executable, *sys.argv])
    stay_as_first_process()
    mount("tmpfs", RUN, "tmpfs", "mode=755")
    # Created at boot, and required by locks of Debian's services.
    os.mkdir(os.path.join(RUN, "lock"), 0o1777)
    os.mkdir(STORE)
    make_writable(*SYSTEM, *folders)
    raise_loopback()


def is_permitted():
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", *FLAGS, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def stay_as_first_process():
    """Continues in a child. Daemons become children of the first process; until it reaps them they appear to run."""
    child = os.fork()
    while child != 0:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def mount(source, target, kind, options):
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [text.encode() for text in (source, target, kind)]
    if libc.mount(*arguments, ctypes.c_ulong(0), options.encode()) != 0:
        skip(f"a {kind} over {target} is not permitted here: {os.strerror(ctypes.get_errno())}")


def make_writable(*folders):
    """Uses overlays: writes go to memory. An overlay does not show file systems that are mounted further down."""
    done, folders = [], [os.path.realpath(folder) for folder in folders if os.path.isdir(folder)]
    for folder in folders:
        if not os.path.isdir(folder):
            skip(f"{folder} is a mount below a folder of the system")
        if any(os.path.commonpath((folder, above)) == above for above in done):
            continue
        upper, work = (os.path.join(STORE, f"{name}-{len(done)}") for name in ("upper", "work"))
        os.mkdir(upper)
        os.mkdir(work)
        escaped = folder.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
        mount("overlay", folder, "overlay", f"lowerdir={escaped},upperdir={upper},workdir={work}")
        done.append(folder)


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
