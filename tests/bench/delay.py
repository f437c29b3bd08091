# SPDX-License-Identifier: Apache-2.0
"""How long an event of a conversion takes to the screen of a real terminal: a driver
that notes when it speaks, and a terminal that notes when it hears.

usage: delay.py MLINSPECT MODEL.pt2
"""
import os
import pty
import re
import select
import stat
import sys
import tempfile
import time

EVENTS = 26
DRIVER = f"""#!/bin/sh
exec "{sys.executable}" -c '
import os, sys, time
sys.stdin.readline()
for i in range({EVENTS}):
    time.sleep(0.13)
    with open(os.environ["SAID"], "a") as f:
        f.write("%.6f\\n" % time.monotonic())
    os.write(3, b"{{\\"event\\":\\"stage\\",\\"name\\":\\"%s\\"}}\\n" % (b"%c%c" % (65 + i, 97 + i) * 3))
time.sleep(0.3)
os.write(3, b"{{\\"event\\":\\"end\\",\\"ok\\":false}}\\n")
'
"""


def main():
    mli, model = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        driver, said = os.path.join(folder, "python"), os.path.join(folder, "said")
        with open(driver, "w") as f:
            f.write(DRIVER)
        os.chmod(driver, stat.S_IRWXU)
        os.environ.update(SAID=said, TERM="xterm", XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)
        pid, fd = pty.fork()
        if pid == 0:
            os.execv(mli, [mli, "--python", driver, "--out", folder + "/x.mlpackage", model])
        heard, text, end = {}, "", time.monotonic() + 120
        keys, at = [b"C"] + [b"\r"] * 10, None
        while time.monotonic() < end and EVENTS - 1 not in heard:
            if select.select([fd], [], [], 0.005)[0]:
                text = (text + os.read(fd, 1 << 16).decode(errors="replace"))[-4000:]
                now = time.monotonic()
                # curses sends only what changed: each name has letters of its own
                for letter, _ in re.findall(r"([A-Z])([a-z])\1\2\1\2", text):
                    heard.setdefault(ord(letter) - 65, now)
            if at is None and "runs on" in text:  # its analysis is done
                at = time.monotonic() + 0.5
            if keys and at and time.monotonic() > at and not os.path.exists(said):
                os.write(fd, keys.pop(0))
                at += 2
        os.write(fd, b"qqQ")
        os.close(fd)
        os.kill(pid, 9)
        os.wait()
        with open(said) as f:
            times = [float(line) for line in f]
    name = os.path.basename(model)
    delays = sorted((heard[i] - t) * 1000 for i, t in enumerate(times) if i in heard)
    if not delays:
        return print(f"events on the screen, {name}: none was seen")
    print(f"events on the screen, {name}: {len(delays)} of {len(times)} seen, half within "
          f"{delays[len(delays) // 2]:.0f} ms, the slowest after {delays[-1]:.0f} ms "
          f"(goal: below 100 ms)")


main()
