# SPDX-License-Identifier: Apache-2.0
"""Rows of aten.def. 'aten.py check FILE' compares those in FILE, expanded by the
preprocessor, with the operator schemas of torch; 'aten.py row NAME...' writes the
rows of ops, of kind NONE, to be put in their place."""
import re
import sys

import torch

# Domains whose ops have schemas in torch alone.
DOMAINS = {"aten", "quantized"}
PLAIN = {"Tensor": "tensor", "int": "int", "float": "float", "bool": "bool",
         "number": "number", "str": "str", "complex": "complex", "Device": "device",
         "Generator": "generator", "QScheme": "int"}


def wanted(schema):
    return not any(a.is_out for a in schema.arguments)


def type_of(text):
    """A type in our words, and whether it may be None."""
    inner = re.fullmatch(r"Optional\[(.*)\]", text)
    if inner:
        return type_of(inner[1])[0], True
    inner = re.fullmatch(r"List\[(.*)\]", text)
    if inner:
        word, none = type_of(inner[1])
        return word + ("_or_none[]" if none else "[]"), False
    return PLAIN.get(text, "any"), False


def alias_of(text):
    """Mark of what an argument shares, from its text in the schema."""
    found = re.search(r"(?<!Future)(?<!RRef)\(([a-z*])(!?)(?: -> [^)]*)?\)", text)
    if found is None:
        return ""
    return ("^" if found[2] else "&") + found[1].replace("*", "_")


def pieces(text):
    """Arguments or results of a schema, one by one."""
    out, depth = [""], 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            out.append("")
        else:
            out[-1] += c
    return [p.strip() for p in out if p.strip() not in ("", "*", "...")]


def aliases(schema):
    text = str(schema)
    head, tail = text.split("(", 1)[1].rsplit(" -> ", 1)
    if re.match(r"\((?![a-z*]!?\))", tail):
        tail = tail[1:-1]
    return ([alias_of(p) for p in pieces(head[:-1])], [alias_of(p) for p in pieces(tail)])


def default_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(default_of(v) for v in value) + "]"
    return str(value)


def operand(argument, name, alias):
    word, none = type_of(str(argument.type))
    text = "%s:%s%s%s" % (name, word, alias, "?" if none else "")
    if argument.has_default_value() and argument.default_value is not None:
        default = default_of(argument.default_value)
        text += "='%s'" % default if re.search(r"[\s']", default) or not default \
            else "=" + default
    elif argument.has_default_value() and not none:
        text += "=None"
    return text


def row(schema, kind):
    domain, name = schema.name.split("::")
    taken, given = aliases(schema)
    operands = [operand(a, a.name, m) for a, m in zip(schema.arguments, taken)]
    if "..." in str(schema).split("->")[0]:
        operands.append("others:any!")
    results = [operand(a, a.name or ("out%d" % i if len(schema.returns) > 1 else "out"), m)
               for i, (a, m) in enumerate(zip(schema.returns, given))]
    if str(schema).endswith("..."):
        results = ["outputs:any!"]
    signature = " ".join(operands)
    if results:
        signature = (signature + " | | " if signature else "| | ") + " ".join(results)
    flags = []
    if any("^" in m for m in taken):
        flags.append("W")
    if any("&" in m for m in given):
        flags.append("V")
    return (domain, name, schema.overload_name, kind, "|".join(flags) or "0", signature)


def text(r):
    head = 'OV("%s", "%s", "%s", %s, %s,' % r[:5]
    line = '%s "%s")' % (head, r[5])
    if len(line) <= 98:
        return line
    lines, words = [], r[5].split(" ")
    while words:
        part = words.pop(0)
        while words and len(part) + len(words[0]) < 86:
            part += " " + words.pop(0)
        lines.append('\t"%s%s"' % (part, " " if words else ""))
    return head + "\n" + "\n".join(lines) + ")"


def schemas():
    return [s for s in torch._C._jit_get_all_schemas() if s.name.split("::")[0] in DOMAINS]


def check(path):
    ours, wrong, last = {}, 0, None
    for body in re.findall(r'ROW\((.*?"\s*)\)\s*(?=ROW|$)', open(path).read(), re.S):
        head = re.match(r'"(\w+)", "(\w+)", "(\w*)", \w+, ([^"]*?),(.*)', body, re.S)
        signature = "".join(re.findall(r'"([^"]*)"', head[5]))
        ours[head[1], head[2], head[3]] = (head[4], signature)
        if last is not None and (head[1], head[2], head[3]) <= last:
            print("# %s::%s.%s is out of order" % (head[1], head[2], head[3]))
            wrong += 1
        last = (head[1], head[2], head[3])
    names = {key[:2] for key in ours if key[0] in DOMAINS}
    known = set()
    for schema in schemas():
        r = row(schema, "NONE")
        if r[:2] not in names or not wanted(schema):
            continue
        known.add(r[:3])
        if ours.get(r[:3]) != r[4:]:
            print("# %s::%s.%s is\n#   %s\n# not\n#   %s" % (r[:3] + (r[4:], ours.get(r[:3]))))
            wrong += 1
    for key in sorted(k for k in ours if k[0] in DOMAINS and k not in known):
        print("# %s::%s.%s is nowhere in torch" % key)
        wrong += 1
    print("# %d rows" % len(ours))
    return wrong != 0


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(check(sys.argv[2]))
    for op in schemas():
        if op.name.split("::")[1] in sys.argv[2:] and wanted(op):
            print(text(row(op, "NONE")))
