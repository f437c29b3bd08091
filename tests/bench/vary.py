# SPDX-License-Identifier: Apache-2.0
"""Another version of an ONNX model, for the bench of diff.

usage: vary.py MODEL OUT [edited] [renamed]

edited: ten nodes here and there compute something else. renamed: nothing has its name still.
"""
import sys

import onnx


def edit(nodes):
    for i in range(10):
        node = nodes[len(nodes) * (2 * i + 1) // 20]
        node.op_type = "Tanh"
        del node.input[1:], node.attribute[:]


def rename(graph):
    names = {v.name: v.name for v in (*graph.input, *graph.output)}

    def new(name):
        return names.setdefault(name, "t%d" % (16000 + 7 * len(names))) if name else name

    for weight in graph.initializer:
        weight.name = new(weight.name)
    for node in graph.node:
        node.name = ""
        for list_ in (node.input, node.output):
            list_[:] = [new(name) for name in list_]


def main(model, out, *how):
    m = onnx.load(model)
    if "edited" in how:
        edit(m.graph.node)
    if "renamed" in how:
        rename(m.graph)
    onnx.save(m, out)


main(*sys.argv[1:])
