# SPDX-License-Identifier: Apache-2.0
"""Stands in the place of coremltools, and does when it is loaded what $ILL says: so the
real driver meets a converter that misbehaves, under its real limits."""
import ctypes
import glob
import os
import shutil
import signal
import socket
import tempfile
import time


def allocate():
    return bytearray(16 << 30)


def connect():
    port = int(os.environ["ILL_PORT"])
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError as e:
        raise RuntimeError(f"network: refused: {e.strerror}")
    raise RuntimeError("network: reached")


def fill():
    """Writes where the package is to be, until the disk is full."""
    folder = glob.glob(os.environ["ILL_OUT"] + ".part-*")[0]
    os.mkdir(folder + "/made.mlpackage")
    with open(folder + "/made.mlpackage/weight.bin", "wb") as f:
        while True:
            f.write(bytes(1 << 20))
            f.flush()


def place():
    return os.path.join(os.environ["TMPDIR"], os.path.basename(os.environ["ILL_OUT"]))


def good(to):
    shutil.copytree(os.environ["ILL_GOOD"], to)
    for folder, _, names in os.walk(to):  # a release's own are not to be written
        for name in [".", *names]:
            os.chmod(os.path.join(folder, name), 0o755)


def half(to):
    good(to)
    os.truncate(to + "/Data/com.apple.CoreML/model.mlmodel", 100)


def succeed(write, before=b""):
    """Says that all went well, having written that."""
    write(place())
    os.write(3, before + b'{"event":"converted","specification":7,"kind":"mlProgram"}\n'
             b'{"event":"end","ok":true}\n')
    time.sleep(100)


def fork():
    """Ends, and leaves a process behind that has everything still open."""
    if os.fork() == 0:
        time.sleep(100)
    os._exit(5)


def detach(then):
    """Leaves two processes in sessions of their own behind."""
    for _ in range(2):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                with open(os.environ["ILL_PIDS"], "a") as f:
                    f.write(f"{os.getpid()}\n")
                os.execve("/bin/sleep", ["sleep", "100"], os.environ)
            os._exit(0)
        os.wait()
    while len(open(os.environ["ILL_PIDS"]).readlines()) < 2:
        time.sleep(0.01)
    then()


def flood():
    """More lines of log than anybody reads, then the end."""
    for at in range(0, 400000, 10):  # less than a pipe takes at once: beats come between
        os.write(3, b"".join(b'{"event":"log","level":"warning","text":"line %d of many '
                             b'%s"}\n' % (i, b"x" * 200) for i in range(at, at + 10)))
    raise RuntimeError("flooded")


def close():
    os.close(3)
    time.sleep(100)


def uncut():
    os.write(3, b'{"event":"confined","memory":0,"network":true,'
             b'"broken":"Operation not permitted"}\n')
    succeed(lambda to: None, b'{"event":"failed","stage":"load","exception":"E",'
            b'"message":"m"}\n')


def litter():
    """What it writes on the way is to be where it is cleared away."""
    raise RuntimeError("litter in " + tempfile.mkdtemp() + ", " + os.environ["TMPDIR"])


{
    "allocate": allocate, "connect": connect, "fill": fill, "fork": fork, "close": close,
    "flood": flood, "litter": litter,
    "detach-hang": lambda: detach(lambda: time.sleep(100)),
    "detach-leave": lambda: detach(lambda: os._exit(0)),
    "detach-done": lambda: detach(lambda: succeed(good)), "uncut": uncut,
    "done-nothing": lambda: succeed(lambda to: None),
    "done-empty": lambda: succeed(os.mkdir),
    "done-byte": lambda: succeed(lambda to: open(to, "w").write("x")),
    "done-link": lambda: succeed(lambda to: os.symlink("/etc", to)),
    "done-fifo": lambda: succeed(os.mkfifo),
    "done-half": lambda: succeed(half),
    "done-failed": lambda: succeed(good, b'{"event":"failed","stage":"load","exception":"E",'
                                   b'"message":"m"}\n'),
    "done-slow": lambda: (time.sleep(1), succeed(good)),
    "hang": lambda: time.sleep(100),
    "hang-deaf": lambda: (signal.signal(signal.SIGTERM, signal.SIG_IGN), time.sleep(100)),
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "leave": lambda: os._exit(0),
    "half-a-line": lambda: (os.write(3, b'{"event":"stage",\n'), time.sleep(100)),
    "other-words": lambda: (os.write(3, b"Segmentation fault\n"), time.sleep(100)),
    "endless-line": lambda: [os.write(3, b"a" * 65536) for _ in range(1000)],
    "binary": lambda: (os.write(3, bytes(range(256)) + b"\n"), time.sleep(100)),
}[os.environ["ILL"]]()
