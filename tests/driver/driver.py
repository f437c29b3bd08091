# SPDX-License-Identifier: Apache-2.0
"""Conversions whose helper misbehaves: each ends soon, with status 3, in a clear text
and with nothing left behind, in batch and on the screen.

usage: driver.py MLINSPECT MODEL SCRATCH

Prints TAP.
"""
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

MLI, MODEL, SCRATCH = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))

# what it does, options, class, what has to be said
CASES = [
    ("allocate", ["--memory=1"], "tool", "memory ended; raise --memory|"
     "Cause: memory ended Fix: raise --memory"),
    ("hang", ["--timeout=1"], "timeout", "took more than 1 s"),
    ("hang-deaf", ["--timeout=1"], "timeout", "took more than 1 s"),
    ("segfault", [], "crashed", "signal 11 (segmentation fault)"),
    ("abort", [], "crashed", "signal 6"),
    ("killed", [], "crashed", "signal 9 (killed, maybe for its memory)"),
    ("leave", [], "crashed", "ended with status 0 before it answered"),
    ("fork", [], "crashed", "ended with status 5 before it answered"),
    ("close", [], "crashed", "before it answered|without an answer"),
    ("half-a-line", [], "tool", "no event of its protocol"),
    ("other-words", [], "tool", "no event of its protocol"),
    ("endless-line", [], "tool", "no event of its protocol"),
    ("binary", [], "tool", "no event of its protocol"),
    # success is not believed, it is looked at
    ("done-nothing", [], "tool", "nothing was written"),
    ("done-empty", [], "tool", "what was written cannot be read"),
    ("done-byte", [], "tool", "what was written"),
    ("done-link", [], "tool", "neither a folder nor a file"),
    ("done-fifo", [], "tool", "neither a folder nor a file"),
    ("done-half", [], "tool", "what was written cannot be read"),
]
GOOD = os.path.join(os.path.dirname(os.path.dirname(HERE)), "examples", "mended.mlpackage")
number, failed = 0, 0


def run(ill, args, out, **more):
    env = {**os.environ, "ILL": ill, "PYTHONPATH": HERE, "MLINSPECT_PYTHON": sys.executable,
           "ILL_OUT": out, "ILL_GOOD": GOOD, **more}
    env.pop("XDG_STATE_HOME", None)
    began = time.monotonic()
    done = subprocess.run([MLI, *args, MODEL], capture_output=True, text=True, env=env,
                          stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, done.stdout + done.stderr, time.monotonic() - began


def batch(ill, options, out, **more):
    return run(ill, ["-e", "convert", f"--out={out}", *options], out, **more)


def screen(ill, options, out, **more):
    keys = f"C:convert-set out {out}<Enter>gg<Enter><dump>Q"
    return run(ill, ["--size=100x50", f"--keys={keys}", *options], out, **more)


def flat(text):
    return " ".join(text.split())


def report(name, wrong, said=""):
    global number, failed
    number += 1
    failed += bool(wrong)
    if wrong:
        print(f"# {wrong}")
        for line in said.splitlines()[:30]:
            print(f"#   {line}")
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)


def left(out):
    folder = os.path.dirname(out)
    return [n for n in os.listdir(folder) if n.startswith(os.path.basename(out))]


def judge(how, ill, options, word, text, out):
    status, said, took = how(ill, options, out)
    found = re.search(r"^Class: +(\S+)", said, re.M)
    if how is batch and status != 3:
        return f"status {status}", said
    if found is None or found[1] != word:
        return f"class {found and found[1]}, not {word}", said
    if not any(t in flat(said) for t in text.split("|")):
        return f"not said: {text}", said
    if "(null)" in said:
        return "(null)", said
    if took > 20:
        return f"took {took:.0f} s", said
    return ("left: " + " ".join(left(out)) if left(out) else ""), said


def network(out):
    """Has the driver a network? Only said when the system can take it away."""
    server = socket.create_server(("127.0.0.1", 0))
    port = str(server.getsockname()[1])
    _, said, _ = batch("connect", ["--network"], out, ILL_PORT=port)
    report("with --network it is reached",
           "" if "network: reached" in said else "not reached", said)
    status, said, _ = batch("connect", [], out, ILL_PORT=port)
    if "network: reached" in said:
        # doctor has to say so as well
        _, told, _ = run("leave", ["-e", "doctor"], out)
        return report("the network # SKIP this system does not let it be taken away",
                      "" if "no network" not in told else "doctor says otherwise", told)
    report("without it is refused", "" if status != 0 and "network: refused" in said else
           "not refused", said)


def mounted(out):
    """Once more in a namespace of its own, where a small disk is mounted."""
    place = os.path.join(SCRATCH, "disk")
    os.makedirs(place, exist_ok=True)
    trial = f"mount -t tmpfs -o size=3m tmpfs {place}"
    if subprocess.run(["unshare", "-m", "sh", "-c", trial], capture_output=True).returncode:
        return report("a full disk # SKIP no small disk can be mounted here", "")
    out = os.path.join(place, "made.mlpackage")
    for name, args in (("batch", ["-e", "convert", f"--out={out}"]),
                       ("screen", ["--size=100x50",
                                   f"--keys=C:convert-set out {out}<Enter>gg<Enter><dump>Q"])):
        inner = " ".join(f"'{a}'" for a in [MLI, *args, MODEL])
        env = {**os.environ, "ILL": "fill", "PYTHONPATH": HERE, "ILL_OUT": out,
               "MLINSPECT_PYTHON": sys.executable}
        done = subprocess.run(["unshare", "-m", "sh", "-c",
                               f"{trial} && {inner}; s=$?; ls {place}; exit $s"],
                              capture_output=True, text=True, env=env, timeout=60)
        said = done.stdout + done.stderr
        wrong = "" if "the disk is full" in flat(said) else "not said"
        wrong = wrong or ("" if re.search("^Class: +tool", said, re.M) else "not of class tool")
        wrong = wrong or ("left behind" if re.search("^made", said, re.M) else "")
        if name == "batch" and done.returncode != 3:
            wrong = f"status {done.returncode}"
        report(f"a full disk, {name}", wrong, said)


def litter(out):
    for how in (batch, screen):
        _, said, _ = how("litter", [], out)
        found = re.findall(r"\.part-", flat(said).split("litter in ")[-1])
        report(f"what is written on the way, {how.__name__}",
               " ".join(left(out)) or ("" if len(found) >= 2 else "elsewhere"), said)


def stopped(out):
    """Signals come twice, as timeout(1) sends them."""
    env = {**os.environ, "ILL": "hang-deaf", "PYTHONPATH": HERE,
           "MLINSPECT_PYTHON": sys.executable}
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        run = subprocess.Popen([MLI, "-e", "convert", f"--out={out}", MODEL], env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               stdin=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not left(out) and time.monotonic() < until:
            time.sleep(0.02)
        run.send_signal(sig)
        run.send_signal(sig)
        said = run.communicate(timeout=60)[0]
        report(f"{sig.name}, twice", " ".join(left(out)) or
               ("" if run.returncode == -sig else f"status {run.returncode}"), said)


def slow(out):
    env = {**os.environ, "ILL": "done-slow", "PYTHONPATH": HERE, "ILL_GOOD": GOOD,
           "MLINSPECT_PYTHON": sys.executable, "ILL_OUT": out}
    return subprocess.Popen([MLI, "-e", "convert", f"--out={out}", MODEL], env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            stdin=subprocess.DEVNULL)


def contested():
    """Nobody replaces what came to the place while it converted: of two runs one loses,
    and what others put there stays."""
    out = os.path.join(SCRATCH, "contested.mlpackage")
    runs = [slow(out), slow(out)]
    said = [r.communicate(timeout=60)[0] for r in runs]
    lost = [s for r, s in zip(runs, said) if r.returncode == 3]
    whole = os.path.exists(os.path.join(out, "Manifest.json"))
    report("of two runs to one place one loses", "" if len(lost) == 1 and whole and
           sum(r.returncode for r in runs) == 3 and "while this was converted" in flat(lost[0])
           else f"status {[r.returncode for r in runs]}", "\n".join(said))
    for name in ("folder", "file"):
        out = os.path.join(SCRATCH, name + ".mlpackage")
        run = slow(out)
        until = time.monotonic() + 20
        while not left(out) and time.monotonic() < until:
            time.sleep(0.02)
        kept = os.path.join(out, "thesis") if name == "folder" else out
        if name == "folder":
            os.mkdir(out)
        with open(kept, "w") as f:
            f.write("thesis")
        said = run.communicate(timeout=60)[0]
        with open(kept) as f:
            wrong = "" if f.read() == "thesis" and run.returncode == 3 else \
                f"status {run.returncode}"
        report(f"a {name} that came meanwhile stays", wrong or
               ("" if len(left(out)) == 1 else " ".join(left(out))), said)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().split(")")[-1].split()[0] not in "ZX"
    except OSError:
        return False


def detached(out):
    """What a helper started in sessions of their own ends with it, where that can be
    known."""
    if not sys.platform.startswith("linux"):
        return report("sessions of their own # SKIP Linux alone tells whose they are", "")
    pids = os.path.join(SCRATCH, "pids")
    for ill, want in (("detach-hang", 3), ("detach-leave", 3), ("detach-done", 0)):
        open(pids, "w").close()
        status, said, _ = batch(ill, ["--timeout=2"], out, ILL_PIDS=pids)
        with open(pids) as f:
            still = [p for p in f.read().split() if alive(p)]
        for p in still:
            os.kill(int(p), signal.SIGKILL)
        report(f"{ill}", f"alive: {still}" if still else
               "" if status == want else f"status {status}", said)
    for name in left(out):
        place = os.path.join(SCRATCH, name)
        shutil.rmtree(place) if os.path.isdir(place) else os.remove(place)


def flood(out):
    """A log without an end takes no memory without an end; its own beginning and end are
    told, and how much is between."""
    status, said, _ = batch("flood", ["--timeout=50", "--format=json"], out)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    report("a flood of log lines", "status %d" % status if status != 3 else
           "" if '"line 0 of' in said and '"line 399999 of' in said and
           '"log_dropped":399800' in said.replace(" ", "") and len(said) < 200000 else
           "not said", said[-2000:])
    with open(MLI, "rb") as f:
        if b"__asan_init" in f.read():
            return report("and its memory # SKIP a sanitizer keeps what was freed", "")
    report("and its memory", "" if most < 200 << 10 else f"{most >> 10} MB")


def missing(out):
    for how in (batch, screen):
        status, said, _ = how("leave", ["--python=/nowhere/python"], out)
        wrong = "" if "there is no Python at /nowhere/python" in flat(said) else "not said"
        if how is batch and status != 3:
            wrong = f"status {status}"
        report(f"no interpreter, {how.__name__}", wrong or " ".join(left(out)), said)


def deaf(out):
    """A helper that does not even read what it is asked, which is more than a pipe holds."""
    stand_in = os.path.join(SCRATCH, "deaf")
    with open(stand_in, "w") as f:
        f.write("#!/bin/sh\nexec sleep 100\n")
    os.chmod(stand_in, 0o755)
    many = "--labels=" + ",".join(f"label{i}" for i in range(12000))
    status, said, took = batch("leave", [f"--python={stand_in}", "--timeout=1", many], out)
    report("a request that is not read", " ".join(left(out)) or
           ("" if status == 3 and took < 20 and "took more than 1 s" in flat(said) else
            f"status {status}, {took:.0f} s"), said)


def variables(out):
    status, said, _ = batch("uncut", [], out, PYTHONIOENCODING="utf-16")
    report("another encoding", "" if status == 1 and "convert-failed" in said else
           f"status {status}", said)
    report("a network that could not be taken away", "" if "a network, which could not be "
           "taken away: Operation not permitted" in flat(said) else "not said", said)
    status, said, _ = batch("leave", [], out, PYTHONHOME="/nowhere")
    report("a Python that is elsewhere", "" if status == 3 and
           "unset PYTHONHOME" in flat(said) else f"status {status}", said)


def main():
    out = os.path.join(SCRATCH, "made.mlpackage")
    for ill, options, word, text in CASES:
        for how in (batch, screen):
            report(f"{ill}, {how.__name__}", *judge(how, ill, options, word, text, out))
    litter(out)
    _, said, _ = screen("done-failed", [], out)
    report("success behind a failure, screen", "(null)" if "(null)" in said else
           " ".join(left(out)), said)
    status, said, _ = batch("done-failed", [], out)
    report("success behind a failure is none", "" if status == 1 and "convert-failed" in said and
           not left(out) else f"status {status}", said)
    stopped(out)
    contested()
    detached(out)
    flood(out)
    missing(out)
    deaf(out)
    variables(out)
    network(out)
    mounted(out)
    print(f"1..{number}")


main()
