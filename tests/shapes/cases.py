# SPDX-License-Identifier: Apache-2.0
"""cases.py MLINSPECT CASES FOLDER: types of all values, case by case, against a table.

A type agrees when it says the same or more: a size in the place of a symbol, a rank
in the place of none. What says less or another thing is a failure."""
import json
import os
import re
import subprocess
import sys


def parts(text):
    """Element type and sizes; None for what is not known."""
    name, bracket, sizes = text.rstrip("*").partition("[")
    if not bracket:
        return name, None
    sizes = re.sub(r"\([^()]*\)", lambda m: m[0].replace(",", ";"), sizes[:-1])
    return name, sizes.split(",") if sizes else []


def agrees(want, got):
    (dtype, dims), (our_dtype, our_dims) = parts(want), parts(got)
    if dtype != our_dtype or (dims is not None and our_dims is None):
        return False
    if dims is None:
        return True
    return len(dims) == len(our_dims) and \
        all(a == b or not a.isdigit() for a, b in zip(dims, our_dims))


def types(program, path):
    run = subprocess.run([program, "--format=json", "-e", "shapes", path],
                         capture_output=True, text=True, check=False)
    answer = json.loads(run.stdout)
    wrong = [d["message"] for d in answer["diagnostics"] if d["id"] != "read"]
    return {v["name"]: v["type"] for v in answer["result"]["values"]}, wrong


def main():
    program, table, folder = sys.argv[1:]
    with open(table, encoding="utf-8") as f:
        cases = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    print("1..%d" % len(cases))
    for i, (name, model, wanted) in enumerate(cases):
        path = os.path.join(folder, name + ".onnxtxt")
        with open(path, "w", encoding="utf-8") as f:
            f.write(model + "\n")
        got, wrong = types(program, path)
        for pair in wanted.split(" "):
            value, want = pair.split("=", 1)
            if not agrees(want, got.get(value, "?")):
                wrong.append("%s is %s, not %s" % (value, got.get(value, "?"), want))
        for line in wrong:
            print("# " + line)
        print("%sok %d - %s" % ("not " if wrong else "", i + 1, name))


main()
