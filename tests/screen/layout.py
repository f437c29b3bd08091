# SPDX-License-Identifier: Apache-2.0
"""Rules of the layout, of random graphs, by what :dump layout says.
layout.py make SEED FILE OTHER  a graph in ONNX text, and one that differs in some nodes
layout.py check DUMP            one JSON object a screen: rows as they are, all shut, as
                                they are again, then boxes; or of two models
"""
import json
import random
import sys


def write(path, nodes):
    last = nodes[-1][1]
    with open(path, "w") as f:
        f.write('<ir_version: 9, opset_import: ["" : 17]>\n')
        f.write(f"g (float[4] v0) => (float[4] {last}) {{\n")
        for name, out, reads in nodes:
            op = "Relu" if len(reads) == 1 else "Add" if len(reads) == 2 else "Sum"
            f.write(f"   [{name}] {out} = {op} ({', '.join(reads)})\n")
        f.write("}\n")


def make(seed, path, other):
    lot = random.Random(seed)
    n = lot.choice([5, 60, 400])
    reach = lot.choice([2, 20, n])
    nodes, values = [], ["v0"]
    for i in range(1, n + 1):
        reads = [values[-1 - lot.randrange(min(reach, len(values)))]
                 for _ in range(lot.randint(1, 3))]
        name = f'"m{i // 30}/s{lot.randrange(3)}/n{i}"'
        nodes.append((name, f"v{i}", reads))
        values.append(f"v{i}")
    write(path, nodes)
    twin = []
    for name, out, reads in nodes:
        twin.append((name, out, reads + ["v0"] if lot.randrange(20) == 0 else reads))
        if lot.randrange(20) == 0:
            twin.append((name[:-1] + 'x"', out + "x", [out]))
    write(other, twin)


def check_rows(pane):
    live, rows = {}, pane["rows"]
    reads = [set() for _ in rows]
    for i, r in enumerate(rows):
        assert r["row"] == i
        assert sorted(r["through"] + r["in"]) == sorted(live), f"row {i}: lanes lost"
        assert set(r["ends"]) <= set(r["in"])
        assert {live[k] for k in r["in"]} == set(r["reads"]), f"row {i}: reads another value"
        reads[i] = set(r["reads"]) | set(r["references"])
        assert not pane["sorted"] or all(k < i for k in reads[i]), f"row {i}: above its operand"
        assert r["kind"] != "module" or r["fold"] != "open" or not reads[i]
        for k in r["ends"]:
            del live[k]
        if r["lane"] is not None:
            assert r["lane"] not in live, f"row {i}: two values on a lane"
            live[r["lane"]] = i
    assert not live, "a lane without an end"
    return reads


def check_boxes(screen):
    boxes, taken = screen["boxes"], set()
    for b in boxes:
        cells = {(b["layer"], x) for x in range(b["x"], b["x"] + b["w"])}
        assert not cells & taken, "boxes over each other"
        taken |= cells
    for e in screen["edges"]:
        a, b = (e["to"], e["from"]) if e["turned"] else (e["from"], e["to"])
        span = boxes[b]["layer"] - boxes[a]["layer"]
        assert span > 0, "an edge that goes up"
        assert e["cut"] or len(e["bends"]) == span - 1


def check_lines(screen):
    for side in range(2):
        rows = [l[side] for l in screen["lines"] if l[side] is not None]
        assert rows == list(range(len(screen["panes"][side]["rows"]))), "rows out of order"
    shut = any(r.get("fold") in ("shut", "grouped") for p in screen["panes"] for r in p["rows"])
    for left, right, letter in screen["lines"]:
        assert shut or letter not in "=~" or (left is not None and right is not None), letter
        assert letter != "-" or right is None
        assert letter != "+" or left is None


def check(path):
    screens, text = [], open(path).read()
    decoder = json.JSONDecoder()
    while text.strip():
        text = text.lstrip()
        screen, n = decoder.raw_decode(text)
        screens.append(screen)
        text = text[n:]
    for s in screens:
        for p in s["panes"]:
            check_rows(p)
        if "lines" in s:
            check_lines(s)
        if "boxes" in s:
            check_boxes(s)
    if len(screens[0]["panes"]) == 1:
        names = ("kind", "module", "id", "name", "lane", "reads", "references")
        first, again = ([[r.get(k) for k in names] for r in s["panes"][0]["rows"]]
                        for s in (screens[0], screens[2]))
        assert first == again, "opening what was shut gives another layout"
        assert screens[3]["boxes"]


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        check(sys.argv[2])
