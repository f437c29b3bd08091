# SPDX-License-Identifier: Apache-2.0
"""cases.py MLINSPECT CASES FOLDER: what becomes of small TorchScript models, prints TAP.

A case begins with "== NAME INPUT...", inputs in the notation of --input. Then comes the
file code/__torch__.py, whose class M is the root and has no attributes, and behind a line
"--" the nodes it gives: operator, operands, results with their types. REGEN=1 writes what
came out over what was expected."""
import json, os, subprocess, sys, zipfile


def write(path, code):
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("m/data.pkl", b"\x80\2c__torch__\nM\n)\x81}b.")
        z.writestr("m/code/__torch__.py", code)
        z.writestr("m/constants.pkl", b"\x80\2).")
        z.writestr("m/version", "3\n")


def nodes_of(program, path, inputs):
    args = [program, "--batch", "--format=json", "-e", "nodes", "-e", "shapes"]
    done = subprocess.run(args + ["--input=" + i for i in inputs] + [path],
                          capture_output=True, text=True)
    nodes, shapes = [json.loads(line) for line in done.stdout.splitlines()]
    types = {v["name"]: v["type"] for v in shapes["result"]["values"]}
    lines = ["! %s" % d["message"] for d in nodes["diagnostics"]]
    for n in nodes["result"]:
        made = ["%s %s" % (v, types.get(v)) for v in n["outputs"] if v is not None]
        lines.append(("%s %s -> %s" % (n["op"], " ".join(v or "-" for v in n["inputs"]),
                                       ", ".join(made))).strip())
    return lines


def main():
    program, cases, folder = sys.argv[1:]
    text = open(cases).read()
    head, *blocks = text.split("\n== ")
    written = [head]
    for i, block in enumerate(blocks):
        title, rest = block.split("\n", 1)
        code, expected = rest.split("\n--\n")
        name, *inputs = title.split()
        path = "%s/%s.pt" % (folder, name)
        write(path, code + "\n")
        have = nodes_of(program, path, inputs)
        want = expected.strip("\n").split("\n")
        print("%s %d - %s" % ("ok" if have == want else "not ok", i + 1, name))
        if have != want:
            print("\n".join(["# expected"] + ["#   " + line for line in want] + ["# got"] +
                            ["#   " + line for line in have]))
        written.append("%s\n%s\n--\n%s\n" % (title, code, "\n".join(have)))
    print("1..%d" % len(blocks))
    if os.environ.get("REGEN"):
        with open(cases, "w") as f:
            f.write("\n== ".join(written))


main()
