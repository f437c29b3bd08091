# SPDX-License-Identifier: Apache-2.0
"""Compares the rows of mil.def, expanded by the preprocessor, with the registry
of operations of coremltools: names, versions, and of each operand its types,
whether it may be left out and whether it must be constant."""
import re
import sys

from coremltools.converters.mil.mil import types
from coremltools.converters.mil.mil.ops.registry import SSAOpRegistry

# Only in files, not among the operations that programs are built from.
FILE_ONLY = {("write_state", 18)}
# Operands that files have in another form than the registry says.
OTHER_FORM = {("identity", "x"), ("const", "val"), ("read_state", "input")}
DEPLOYMENT = {4: 13, 5: 14, 6: 15, 7: 16, 8: 17, 9: 18}


def our_rows(path):
    text = open(path).read()
    rows = {}
    for body in re.findall(r'ROW\((.*?"\s*)\)\s*(?=ROW|$)', text, re.S):
        head = re.match(r'"", "(\w+)", (\d+), \w+, [^,]+,(.*)', body, re.S)
        rows[head[1], int(head[2])] = "".join(re.findall(r'"([^"]*)"', head[3]))
    return rows


def our_operands(signature):
    parts = [p.strip() for p in signature.split("|")] + [""] * 4
    variables = dict(v.split("=") for v in parts[3].split() if "=" in v)
    operands = {}
    for word in parts[0].split():
        name, rest = word.split(":", 1)
        kind, marks = re.match(r"([^#?*!=]+)(.*)", rest).groups()
        kind = variables.get(kind, kind)
        constant = marks.startswith("#")
        marks = re.sub(r"^#(\{[^}]*\})?", "", marks)
        operands[name] = (kind, constant, marks.startswith("?"))
    return operands


def our_dtype(t):
    name = types.builtin_to_string(t)
    name = {"string": "str", "fp16": "f16", "fp32": "f32", "fp64": "f64"}.get(name, name)
    return re.sub(r"^(u?i)nt", lambda m: m[1][0], name)


def registry_operands(cls):
    operands = {}
    for name, spec in cls.input_spec.input_types.items():
        if name.startswith("_"):
            continue
        kind = None  # not compared
        if type(spec).__name__ == "TensorInputType":
            group = spec._type_domain_id
            domain = cls.type_domains[group] if group else spec._type_domain
            kind = {our_dtype(t) for t in domain}
        operands[name] = (kind, spec.const, spec.optional)
    return operands


def differences(name, ours, theirs):
    if set(ours) != set(theirs):
        yield "operands %s, not %s" % (sorted(ours), sorted(theirs))
        return
    for operand, (kind, constant, optional) in theirs.items():
        if (name, operand) in OTHER_FORM:
            continue
        have = ours[operand]
        if kind is not None and set(have[0].split(",")) != kind:
            yield "%s is of %s, not %s" % (operand, have[0], sorted(kind))
        if have[1] != constant:
            yield "%s constant: %s" % (operand, constant)
        if have[2] != optional:
            yield "%s optional: %s" % (operand, optional)


def main():
    rows, wrong = our_rows(sys.argv[1]), 0
    known = set(FILE_ONLY)
    for name, versions in SSAOpRegistry.core_ops.items():
        if name.startswith("_"):
            continue
        last = None
        for target, cls in sorted(versions.items(), key=lambda v: v[0].value):
            since = DEPLOYMENT[target.value]
            if cls is last:
                continue
            last = cls
            known.add((name, since))
            if (name, since) not in rows:
                print("# %s %d is missing" % (name, since))
                wrong += 1
            elif name != "const":
                for text in differences(name, our_operands(rows[name, since]),
                                        registry_operands(cls)):
                    print("# %s %d: %s" % (name, since, text))
                    wrong += 1
    for row in sorted(set(rows) - known):
        print("# %s %d is nowhere in the registry" % row)
        wrong += 1
    print("# %d rows" % len(rows))
    return wrong != 0


sys.exit(main())
