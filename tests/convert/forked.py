#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Python that has torch and coremltools loaded already, for many conversions one
after the other, each in a process of its own.

	forked.py serve SOCKET      loads them, then forks for whoever asks
	forked.py -s -u SCRIPT ...  in the place of python, with $FORKED_SOCKET
"""
import os
import socket
import sys


def serve(path):
    import coremltools  # noqa: F401
    import torch  # noqa: F401
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(1)
    while True:
        asked, _ = server.accept()
        text, fds, _, _ = socket.recv_fds(asked, 1 << 16, 4)
        if os.fork() == 0:
            server.close()
            if os.fork() == 0:
                run(asked, text.decode().split("\0"), fds)
            asked.send(f"{os.waitstatus_to_exitcode(os.wait()[1])}".encode())
            os._exit(0)
        for fd in fds:
            os.close(fd)
        asked.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


def run(asked, args, fds):
    import runpy
    os.chdir(args.pop(0))
    asked.close()
    for to, fd in enumerate(fds):
        os.dup2(fd, to)
    sys.stdin = os.fdopen(0)
    sys.argv = args
    try:
        runpy.run_path(args[0], run_name="__main__")
    finally:
        os._exit(0)


def ask(args):
    to = socket.socket(socket.AF_UNIX)
    to.connect(os.environ["FORKED_SOCKET"])
    socket.send_fds(to, ["\0".join([os.getcwd(), *args]).encode()], [0, 1, 2, 3])
    for fd in (0, 1, 3):
        os.close(fd)
    os._exit(int(to.recv(16) or b"1") & 255)


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    ask([a for a in sys.argv[1:] if a not in ("-s", "-u")])
