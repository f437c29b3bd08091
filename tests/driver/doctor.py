# SPDX-License-Identifier: Apache-2.0
"""Python environments with something wrong: doctor names it, with the command that
helps, and of everything else what it is.

usage: doctor.py MLINSPECT MODEL SCRATCH

Prints TAP.
"""
import json
import os
import subprocess
import sys
import venv

MLI, _, SCRATCH = sys.argv[1:4]
number = failed = 0


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def package(place, name, version, code=None, record="Name: {0}\nVersion: {1}\n"):
    """A package as pip would leave it, with nothing in it."""
    write(f"{place}/{name}/__init__.py", code or f"__version__ = '{version}'\n")
    if record:
        write(f"{place}/{name}-{version}.dist-info/METADATA",
              "Metadata-Version: 2.1\n" + record.format(name, version))


def program(place, text):
    path = os.path.join(place, "python")
    write(path, text)
    os.chmod(path, 0o755)
    return path


def doctor(python, *args, **more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run([MLI, "-e", "doctor", f"--python={python}", "--format=json", *args],
                          capture_output=True, text=True, env={**env, **more}, timeout=100,
                          stdin=subprocess.DEVNULL)
    return done.returncode, json.loads(done.stdout)["result"], done.stderr


def check(name, got, status, **tools):
    """Of each tool a verdict and a piece of what is said of it."""
    global number, failed
    number += 1
    have = {t["name"]: t for t in got[1]["tools"]}
    wrong = [f"status {got[0]}"] if got[0] != status else []
    for tool, (verdict, text) in tools.items():
        t = have.get(tool, {"verdict": None})
        said = "" if t["verdict"] is None else f"{t['version']}; {t['why']}; {t['cure']}"
        if t["verdict"] != verdict or text not in said:
            wrong.append(f"{tool}: {t['verdict']}: {said}")
    failed += bool(wrong)
    for line in wrong:
        print("# " + line.replace("\n", " "))
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)


def packages(python):
    def case(name, status, make, args=(), **tools):
        place = os.path.join(SCRATCH, name.replace(" ", "-"))
        make(place)
        check(name, doctor(python, *args, PYTHONPATH=place), status, **tools)

    pip = f"{python} -m pip install "
    case("nothing", 1, lambda p: None, python=("OK", ""),
         numpy=("FAIL", f"None; not installed; {pip}'numpy<2.4'"),
         libmodelpackage=("FAIL", "a part of coremltools; "), onnx=("WARN", pip + "onnx"))
    case("another version", 1, lambda p: package(p, "coremltools", "8.3"),
         coremltools=("FAIL", f"8.3; older than 9.0; {pip}coremltools==9.0"))
    case("a damaged record", 1, lambda p: package(p, "torch", "2.13.0", record="Name"),
         torch=("WARN", "2.13.0; the record of its installation is damaged; make -C"))
    case("no record", 1, lambda p: package(p, "torch", "2.13.0", record=None),
         torch=("OK", "2.13.0"))
    case("two of them", 1, lambda p: (package(p, "torch", "2.1.0"),
                                      package(p, "torch", "2.13.0")),
         torch=("WARN", "2.13.0; installed several times: 2.1.0, 2.13.0; make -C"))
    case("another than recorded", 1,
         lambda p: package(p, "torch", "2.12.0", "__version__ = '2.13.0+cpu'"),
         torch=("WARN", "2.13.0+cpu is loaded, the record of its installation says 2.12.0"))
    case("a file of that name", 1, lambda p: write(f"{p}/numpy.py", "x = 1\n"),
         numpy=("FAIL", "numpy.py is loaded in its place"))
    case("an empty folder", 1, lambda p: os.makedirs(f"{p}/numpy"),
         numpy=("FAIL", "an-empty-folder/numpy is loaded in its"))
    case("one that crashes", 1, lambda p: (
        package(p, "torch", "2.13.0", "import ctypes; ctypes.string_at(0)\n"),
        package(p, "coremltools", "9.0", "__version__ = '9.0'\ntry:\n\timport torch\n"
                "except ImportError:\n\tpass\n")),
         torch=("FAIL", "2.13.0; cannot be loaded: the helper was ended by signal 11"),
         coremltools=("OK", "9.0"), numpy=("FAIL", "not installed"))
    case("one that hangs", 1,
         lambda p: package(p, "onnx", "1.20.0", "import time; time.sleep(1000)\n"),
         args=("--timeout=2",), onnx=("WARN", "took more than 2 s and was ended; --timeout=SECONDS"),
         torch=("FAIL", "not installed"))
    case("one that leaves", 1,
         lambda p: package(p, "numpy", "2.3.0", "import os; os._exit(0)\n"),
         numpy=("FAIL", "cannot be loaded: the helper ended with status 0"))
    case("words at the start", 1, lambda p: write(
        f"{p}/sitecustomize.py", "import os, sys\nprint('hello')\nos.write(1, b'x' * 99999)\n"
        "sys.stderr.write('\\x1b[31m')\n"), python=("OK", ""))
    case("a start that ends", 3, lambda p: write(f"{p}/sitecustomize.py", "raise SystemExit\n"),
         python=("FAIL", "unset PYTHONPATH, without which it does"))
    case("a module of Python's own", 3, lambda p: write(f"{p}/json.py", "x = \n"),
         python=("FAIL", "SyntaxError: invalid syntax; unset PYTHONPATH, without which"))


def pythons():
    def case(name, text, *args, **tools):
        check(name, doctor(program(os.path.join(SCRATCH, name.replace(" ", "-")), text),
                           *args), 3, **tools)

    case("one that hangs from the start", "#!/bin/sh\nexec sleep 100\n", "--timeout=1",
         python=("FAIL", "took more than 1 s"))
    case("one that says something else", "#!/bin/sh\necho hello >&3\nexec sleep 100\n",
         python=("FAIL", "no event of its protocol"))
    case("one that ends at once", "#!/bin/sh\nexit 4\n",
         python=("FAIL", "ended with status 4 before it answered"))
    case("no program", "text\n", python=("FAIL", "could not be started: Exec format error"))
    check("a folder", doctor(SCRATCH), 3, python=("FAIL", "could not be started: Permission"))
    check("none", doctor("/nowhere/python"), 3,
          python=("FAIL", "no Python at /nowhere/python; make venv installs one"))
    check("another home", doctor(sys.executable, PYTHONHOME="/nowhere"), 3,
          python=("FAIL", "unset PYTHONHOME, without which it does"))


def main():
    # without pip, so that it takes no time; its name has to be quoted
    place = os.path.join(SCRATCH, "an environment")
    venv.EnvBuilder(symlinks=True, with_pip=False).create(place)
    bare = os.path.join(place, "bin", "python")
    ensure = subprocess.run([bare, "-c", "import ensurepip"], capture_output=True).returncode == 0
    check("no pip", doctor(bare), 1,
          pip=("NOTE", f"'{bare}' -m ensurepip" if ensure else "make -C build venv"),
          numpy=("FAIL", f"'{bare}' -m ensurepip; '{bare}' -m pip install 'numpy<2.4'"
                 if ensure else "make -C build venv"))
    place = os.path.join(SCRATCH, "environment")
    venv.EnvBuilder(symlinks=True, with_pip=False).create(place)
    site = subprocess.run([f"{place}/bin/python", "-c", "import sysconfig; "
                           "print(sysconfig.get_path('purelib'))"],
                          capture_output=True, text=True).stdout.strip()
    package(site, "pip", "23.0")
    packages(f"{place}/bin/python")
    pythons()
    print(f"1..{number}")


main()
