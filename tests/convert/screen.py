# SPDX-License-Identifier: Apache-2.0
"""Failing conversions on the screen: the form is filled from the command line, started
with Enter, and the view must name the class and the node of a table of real
conversions; behind it the cursor stands on that node.

usage: screen.py MLINSPECT ORACLE-FOLDER SCRATCH HOW-MANY

Prints what differs and TAP. A process of Python for each: some seconds a case.
"""
import csv
import os
import random
import re
import subprocess
import sys

MLI, FOLDER, SCRATCH, MANY = sys.argv[1:5]
NOT_OURS = ("source=", "load=", "package_dir=", "options=", ":bf16", "milinternal")
FLAGS = {"target": "--target", "convert_to": "--convert-to", "precision": "--precision",
         "outputs": "--outputs", "classifier": "--labels", "pipeline": "--passes"}


def rows():
    with open(os.path.join(FOLDER, "cases.tsv"), newline="") as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["outcome"] == "failed" and row["reason"] and not any(
                    no in row["options"] + row["inputs"] for no in NOT_OURS):
                yield row


def choose(many):
    """In turns over the classes."""
    by = {}
    for row in rows():
        by.setdefault(row["reason"], []).append(row)
    chance = random.Random(7)
    for group in by.values():
        chance.shuffle(group)
    chosen = []
    while by and len(chosen) < many:
        for reason in sorted(by):
            chosen.append(by[reason].pop())
            if not by[reason]:
                del by[reason]
    return chosen[:many]


def arguments(row):
    options = dict(o.split("=", 1) for o in row["options"].split() if "=" in o)
    args = [f"{flag}={options[key]}" for key, flag in FLAGS.items() if key in options]
    args.append("--no-cure=freeze" if "decompose" in options else "--no-cure")
    if row["inputs"] == "-" or options.get("inputs") == "none":
        return args, options
    parts = re.findall(r"(?:[^,\[({]|\[[^\]]*\]|\([^)]*\)|\{[^}]*\})+", row["inputs"])
    states = [p for p in parts if p.startswith("state:")]
    args += [f"--input={p}" for p in parts if not p.startswith("state:")]
    if states:
        args.append("--states=" + ",".join(states))
    return args, options


def press(row):
    args, _ = arguments(row)
    out = os.path.join(SCRATCH, "made.mlpackage")
    keys = f"C:convert-set out {out}<Enter>gg<Enter><dump>q:read<Enter><dump>Q"
    done = subprocess.run([MLI, "--size=160x60", f"--keys={keys}", *args,
                           os.path.join(FOLDER, row["model"])], capture_output=True, text=True,
                          timeout=300)
    return done.stdout.split("\n----\n")


def bare(kind):
    return kind.split("::")[-1].split(".")[0].strip("_").lower()


def name_of(row, number):
    """Of node #number of our graph."""
    done = subprocess.run([MLI, "-e", "nodes", os.path.join(FOLDER, row["model"])],
                          capture_output=True, text=True)
    found = re.search(rf"^ *#{number}  \S+  (.*?)  \(", done.stdout, re.M)
    return found[1] if found else "?"


def judge(row):
    """What is wrong, or '' and whether the node was to be checked."""
    screens = press(row)
    first = screens[0]
    said = re.search(r"^Class: +(\S+)", first, re.M)
    if said is None:
        # judged before anything started: the message stands at its field
        field = re.search(r"^ {14}\S.*$", first, re.M) is not None
        return ("" if field else "neither run nor refused"), False
    if said[1] != row["reason"]:
        return f"class {said[1]}, not {row['reason']}", False
    if not row["node"]:
        return "", False
    node = re.search(r"^Node: +(?:#(\d+) )?(\S+) '([^']*)'([^)]*\))?", first, re.M)
    # TorchScript's file and coremltools have names of their own: both are told
    theirs = node and re.search(r"[(;] ?(\S+)\s+to\s+coremltools\)", node[4] or "")
    if node is None or (theirs[1] if theirs else node[3]) != row["node"] or \
            bare(node[2]) != bare(row["kind"]):
        return f"node {node and node[0]}, not {row['kind']} {row['node']}", False
    if node[1] is None:
        return "", False
    name = name_of(row, node[1])
    told = re.search(r"^ ?row \d+ of \d+, (.*)$", [s for s in screens if s.strip()][-1], re.M)
    if told is None or f"named {name}," not in told[1] + ",":
        return f"the cursor is not on #{node[1]} {name}: {told and told[1][:80]}", True
    return "", True


def main():
    bad, nodes, chosen = 0, 0, choose(int(MANY))
    for row in chosen:
        try:
            wrong, placed = judge(row)
        except subprocess.TimeoutExpired:
            wrong, placed = "took too long", False
        nodes += placed
        bad += wrong != ""
        if wrong:
            print(f"# {row['id']}: {wrong}", flush=True)
    print(f"# {len(chosen)} failing conversions on the screen, {bad} differ, {nodes} with the "
          f"cursor held against the node\n1..1")
    print(("not ok" if bad * 20 > len(chosen) else "ok") + " 1 - failures on the screen")


main()
