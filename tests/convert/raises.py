# SPDX-License-Identifier: Apache-2.0
"""What coremltools says where it refuses something: stage, exception, text and place of
each raise and assert below its conversion, tabs between; <X> stands for what varies.

usage: raises.py
"""
import ast
import importlib.util
import os
import re

ROOT = os.path.dirname(importlib.util.find_spec("coremltools").origin)
# beginning of the path, stages in which it runs; the first that fits
STAGES = [
    ("converters/_converters_entry", "input-validation"),
    ("converters/mil/input_types", "input-validation"),
    ("converters/mil/frontend/torch/ops", "frontend"),
    ("converters/mil/frontend/torch/quantization_ops", "frontend"),
    ("converters/mil/frontend/torch/dim_order_ops", "frontend"),
    ("converters/mil/frontend/torch/ssa_passes", "pass:"),
    ("converters/mil/frontend/torch", "load frontend"),
    ("converters/mil/frontend/_utils", "frontend"),
    ("converters/mil/frontend", ""),
    ("converters/mil/mil/passes", "pass:"),
    ("converters/mil/mil/ops", "frontend pass:"),
    ("converters/mil/mil", "load frontend pass: check backend"),
    ("converters/mil/backend/mil/passes", "pass:"),
    ("converters/mil/backend/nn/passes", "pass:"),
    ("converters/mil/backend", "backend"),
    ("converters/mil/_deployment", "compatibility"),
    ("converters/mil/converter", "input-validation load check backend"),
    ("models/model.py", "save"), ("models/utils.py", "backend save"),
]


def text(node, known):
    """What an expression says, as far as it is written there."""
    if isinstance(node, ast.Name) and node.id in known:
        return text(known[node.id], {})
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text(v, {}) for v in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text(node.left, known) + text(node.right, known)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return re.sub("%[sdfr]", "<X>", text(node.left, known))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and \
            node.func.attr == "format":
        return re.sub(r"\{[^}]*\}", "<X>", text(node.func.value, known))
    return "<X>"


class Sites(ast.NodeVisitor):
    def __init__(self):
        self.known, self.found = {}, []

    def visit_FunctionDef(self, node):
        before, self.known = self.known, {}
        self.generic_visit(node)
        self.known = before

    def visit_Assign(self, node):
        if isinstance(node.targets[0], ast.Name):
            self.known[node.targets[0].id] = node.value
        self.generic_visit(node)

    def visit_Raise(self, node):
        call = node.exc
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            said = text(call.args[0], self.known) if call.args else ""
            self.found.append((node.lineno, call.func.id, said))

    def visit_Assert(self, node):
        said = text(node.msg, self.known) if node.msg else ""
        self.found.append((node.lineno, "AssertionError", said))


def main():
    for folder, _, names in sorted(os.walk(ROOT)):
        for name in sorted(n for n in names if n.endswith(".py")):
            path = os.path.relpath(os.path.join(folder, name), ROOT)
            stages = next((s for start, s in STAGES if path.startswith(start)), "")
            if not stages or "test" in path:
                continue
            sites = Sites()
            with open(os.path.join(ROOT, path)) as f:
                sites.visit(ast.parse(f.read()))
            for line, exception, said in sites.found:
                for stage in stages.split():
                    print(stage, exception, " ".join(said.split()), f"{path}:{line}", sep="\t")


main()
