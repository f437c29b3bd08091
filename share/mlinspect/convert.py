#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives coremltools for mlinspect and says what happens, one JSON object a line.

usage: convert.py FD MEMORY NETWORK < REQUESTS

Requests are JSON objects, one a line on stdin; events go to descriptor FD. This
file runs things and reports them as they are: what an event means is judged
by mlinspect. doc/JSON.md has the events.
"""
import json
import os
import re
import sys
import tempfile
import threading
import time

OUT = -1
START = time.monotonic()
LOCK = threading.Lock()
# the innermost frame, in a file or not: "path/x.py(4): forward", 'File "<stdin>", line 4'
PLACE = re.compile(r'^\s*(?:File ")?(?:[^"\n]*/)?([^/\s"(]+)(?:\((\d+)\): |", line (\d+))', re.M)
# the code of the archive that a node was compiled from: 'File "code/__torch__/x.py", line 4'
CODE = re.compile(r'File "(?:[^"\n]*/)?(code/[^"\n]+)", line (\d+)')
ENCODE = json.JSONEncoder(default=str).encode  # json.dumps makes one for each call


def say(event, **members):
    """One event, written at once: a crash must not take the last ones along."""
    line = ENCODE({"event": event, **members}).encode() + b"\n"
    with LOCK:
        while line:
            line = line[os.write(OUT, line):]


def resident():
    """Bytes of memory in use now, or the most that were."""
    try:
        with open("/proc/self/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def beat():
    while True:
        time.sleep(0.5)
        try:
            say("beat", seconds=time.monotonic() - START, memory=resident())
        except OSError:
            os._exit(1)  # nobody listens any more


def confine(memory, network):
    """Limits of this process; the model is not trusted."""
    import ctypes
    import resource
    linux = sys.platform.startswith("linux")
    if memory:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            memory = memory if linux else 0  # macOS takes it, and keeps to nothing
        except (OSError, ValueError) as e:
            say("log", level="warning", text=f"no memory limit: {e}")
            memory = 0
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if linux:
        libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL: torch may be deaf to others
    if network or not linux:
        return say("confined", memory=memory, network=True)
    new_net, new_user, uid, gid = 0x40000000, 0x10000000, os.getuid(), os.getgid()
    cut = libc.unshare(new_net) == 0
    if not cut and libc.unshare(new_net | new_user) == 0:
        cut = True
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"),
                           ("gid_map", f"{gid} {gid} 1")):
            try:
                with open(f"/proc/self/{name}", "w") as f:
                    f.write(text)
            except OSError:
                pass
    why = {} if cut else {"broken": os.strerror(ctypes.get_errno())}
    say("confined", memory=memory, network=not cut, **why)


def versions(name):
    """What the records of installed packages say of one, by folder; a record can be
    damaged in every way."""
    import importlib.metadata as meta
    found = {}
    for one in meta.distributions(name=name):
        try:
            found.setdefault(str(one.locate_file("")), set()).add(one.version)
        except Exception:
            found.setdefault("", set()).add(None)
    return found


def look_at(name, skip):
    """Loads a package as a conversion would, and says what came."""
    import importlib
    records = versions(name)
    recorded = [v for folder in records.values() for v in folder]
    first = next((v for v in recorded if v), None)
    if name in skip:
        sys.modules[name] = None  # nor may others load it
        return say("found", what=name, version=first)
    say("trying", what=name)
    try:
        module = importlib.import_module(name)
    except BaseException as e:
        absent = isinstance(e, ModuleNotFoundError) and e.name == name and not recorded
        why = {} if absent else {"broken": f"{type(e).__name__}: {e}"}
        return say("found", what=name, version=first, **why)
    version, place = getattr(module, "__version__", None), getattr(module, "__file__", None)
    more = {}
    if version is None and first is None:
        more["broken"] = f"{place or list(module.__path__)[0]} is loaded in its place"
    elif recorded and first is None:
        more["odd"] = "the record of its installation is damaged"
    elif any(len(v) > 1 for v in records.values()):
        more["odd"] = "installed several times: " + ", ".join(sorted(map(str, recorded)))
    elif version and first and version.split("+")[0] != first.split("+")[0]:
        more["odd"] = f"{version} is loaded, the record of its installation says {first}"
    say("found", what=name, version=str(version or first), where=place, **more)


def look_at_pip():
    """Can packages be installed, and will this Python let anybody?"""
    import importlib.util
    import sysconfig
    held = sys.prefix == sys.base_prefix and os.path.exists(
        os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
    found = versions("pip")
    why = {}
    if held:
        why["odd"] = "this Python belongs to the system, which lets nothing be installed"
    elif not found and importlib.util.find_spec("ensurepip") is None:
        why["odd"] = "nor is there ensurepip, which installs it"
    say("found", what="pip", version=next((v for f in found.values() for v in f), None), **why)


def doctor(r):
    """Versions of what is there, and whether the native parts can be loaded. What ended
    this process before is in skip."""
    import importlib
    import platform
    skip = r.get("skip", ())
    say("found", what="python", version=platform.python_version(),
        where=f"{platform.system()} {platform.machine()}")
    look_at_pip()
    for name in ("numpy", "torch", "onnx", "onnxruntime", "onnxscript", "coremltools"):
        look_at(name, skip)
    for name in ("libmilstoragepython", "libmodelpackage", "libcoremlpython"):
        if name in skip or sys.modules.get("coremltools") is None:
            say("found", what=name, version=None)
            continue
        say("trying", what=name)
        try:
            importlib.import_module("coremltools." + name)
            say("found", what=name, version="")
        except BaseException as e:
            say("found", what=name, version=None, broken=str(e))


class Hooks:
    """Functions of coremltools replaced by ones that report and call them."""

    def __init__(self):
        self.stage_now = "load"
        self.index, self.total, self.depth = 0, 0, 0
        self.alive, self.names = None, []
        self.merged = {}   # source node that a pass fused into another: that one
        self.origins = {}  # node of a decomposed program: node of the file it came from
        self.scopes = None  # names of coremltools for where an operation comes from
        self.at, self.prog = None, None  # source node being worked on; program
        self.cure = None   # at work
        self.rest = [], 0  # nodes, of which no output needs those from that number on
        self.scopes_of = {}  # module paths by what coremltools keeps of them
        self.exact_found = set()  # words of f32_ops that an operation answers to

    def stage(self, name):
        self.stage_now = name
        say("stage", name=name, seconds=time.monotonic() - START, memory=resident())

    def install(self):
        from coremltools.converters.mil.backend.mil import load as mil_backend
        from coremltools.converters.mil.backend.nn import load as nn_backend
        from coremltools.converters.mil.frontend.torch import converter, internal_graph, ops
        from coremltools.converters.mil.mil.passes import pass_pipeline
        from coremltools.converters.mil.mil.scope import ScopeSource
        from coremltools.converters import _converters_entry as entry
        self.scopes = ScopeSource
        self.plain_node = ops.convert_single_node
        ops._tqdm = self.nodes
        ops.convert_single_node = self.node
        pass_pipeline.tqdm = self.passes
        manager = pass_pipeline.PassPipelineManager
        plain_apply = manager.apply_pipeline

        def apply(prog, pipeline):
            nodes, at = self.rest
            for node in nodes[at:]:
                say("unreached", **self.described(node))
            self.rest, self.prog = ([], 0), prog
            plain_apply(prog, pipeline)
            self.stage("check")
        manager.apply_pipeline = staticmethod(apply)
        plain_read = internal_graph.InternalTorchIRNode.from_torchscript_node.__func__

        def read(cls, node, parent):
            made = plain_read(cls, node, parent)
            made.place = self.place_of(node)
            return made
        internal_graph.InternalTorchIRNode.from_torchscript_node = classmethod(read)
        plain_make = internal_graph.InternalTorchIRNode.from_exir_node.__func__

        def make(cls, node):
            self.at = {"kind": self.kind_of(node), "name": node.name,
                       "scope": self.scope_of(node), **self.origin_of(node)}
            made = plain_make(cls, node)
            self.at = None  # what fails between nodes is about none of them
            return made
        internal_graph.InternalTorchIRNode.from_exir_node = classmethod(make)
        plain_graph = internal_graph.InternalTorchIRGraph.from_exir.__func__

        def graph(cls, *rest, **named):
            made = plain_graph(cls, *rest, **named)
            self.at = None  # what fails from here on is about no node
            return made
        internal_graph.InternalTorchIRGraph.from_exir = classmethod(graph)
        plain_init = converter.TorchConverter.__init__

        def init(this, model, *rest, **named):
            self.stage("load")
            self.exported(model)
            plain_init(this, model, *rest, **named)
            self.at = None
            self.blocks(this.graph)
            self.stage("frontend")
        converter.TorchConverter.__init__ = init
        for module in (mil_backend, nn_backend):
            def load(*rest, plain=module.load, **named):
                self.stage("backend")
                made = plain(*rest, **named)
                self.stage("save")
                return made
            module.load = load
        plain_check = entry.check_deployment_compatibility

        def check(*rest, **named):
            self.stage("compatibility")
            return plain_check(*rest, **named)
        entry.check_deployment_compatibility = check

    @staticmethod
    def place_of(node):
        """What TorchScript keeps with a node: its line of Python, and that of the archive's
        code."""
        try:
            text = node.sourceRange()
        except RuntimeError:  # what it keeps can be damaged: no fault of the model's
            return {}
        place, found, code = {}, PLACE.search(text), CODE.findall(text)
        if found and not found[1].startswith(("__torch__", "___torch_mangle")):
            place["line"] = f"{found[1]}:{found[2] or found[3]}"
        if code:
            place["code"] = ":".join(code[-1])
        return place

    @staticmethod
    def kind_of(node):
        """What coremltools calls the operator of a node of an exported program."""
        from coremltools.converters.mil.frontend.torch.utils import sanitize_op_kind
        target = node.target
        return sanitize_op_kind(target.name() if callable(getattr(target, "name", None))
                                else getattr(target, "__name__", str(target)))

    def scope_of(self, node):
        """Module path of a node."""
        meta = getattr(node, "meta", None) or {}
        stack = meta.get("nn_module_stack")
        if stack:
            path = str(list(stack.values())[-1][0])
            for ahead in ("L['self'].", "L['self']"):
                path = path[len(ahead):] if path.startswith(ahead) else path
            return path.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "")
        if meta:
            return ""
        where = getattr(node, "model_hierarchy", None)  # the same for nodes of a module
        if where is None or where not in self.scopes_of:
            self.scopes_of[where] = ".".join(node.get_scope_info()[0][:-1])
        return self.scopes_of[where]

    def described(self, node):
        """A node of coremltools' graph, with the lines that TorchScript keeps."""
        return {"kind": node.kind, "name": node.name, "scope": self.scope_of(node),
                **self.origin_of(node), **getattr(node, "place", {})}

    def origin_of(self, node):
        """Node of the file that one of a decomposed program came from."""
        name = self.origins.get(node.name)
        return {"origin": name} if name else {}

    def missing(self, kind, node):
        from coremltools.converters.mil.frontend.torch.torch_op_registry import \
            _TORCH_OPS_REGISTRY
        if _TORCH_OPS_REGISTRY.get_func(kind) is None:
            say("missing", kind=kind, name=node.name, scope=self.scope_of(node),
                **self.origin_of(node), **getattr(node, "place", {}))

    def exported(self, model):
        """Nodes of an exported program that no converter is registered for."""
        for node in model.graph.nodes if hasattr(model, "graph_module") else ():
            if node.op == "call_function":
                self.missing(self.kind_of(node), node)

    def blocks(self, graph):
        for node in graph.nodes:
            self.missing(node.kind, node)
            for block in node.blocks or ():
                self.blocks(block)

    def nodes(self, nodes, **_):
        self.depth += 1
        if self.depth == 1:
            self.index, self.total = 0, len(nodes)
        try:
            for i, node in enumerate(nodes):
                if self.depth == 1:
                    self.rest = nodes, i + 1
                yield node
        finally:
            self.depth -= 1

    def node(self, context, node):
        self.index += self.depth <= 1
        around, self.at = self.at, self.described(node)
        if getattr(node, "meta", None) is not None:
            node.meta["debug_handle"] = len(self.names)  # only numbers are taken
            self.names.append((self.origins.get(node.name, node.name), self.at["scope"]))
        say("op", i=self.index, n=self.total, depth=self.depth, **self.at)
        self.plain_node(context, node)
        self.at = around

    def passes(self, names, desc="", **_):
        pipeline = desc.replace("Running MIL ", "").replace(" pipeline", "")
        size = self.size()
        self.alive = self.sources()
        for i, name in enumerate(names):
            began = time.monotonic()
            self.stage_now = "pass:" + name.split("::")[-1]
            say("pass", i=i + 1, n=len(names), pipeline=pipeline, name=name)
            yield name
            took, gone, folded = time.monotonic() - began, [], []
            # walking all operations is worth it only when their number is another one
            before, size = size, self.size()
            if size != before:
                then, now = self.alive, self.sources()
                gone, self.alive = sorted(then.names - now.names), now
                folded = [n for n in gone if n not in then.computed]
                if any(w in name for w in ("fuse_", "merge_", "compose_", "detect_")):
                    self.merge(gone, then.readers, now.names)
            say("passed", name=name, seconds=took, ops=self.alive.count, gone=gone,
                folded=folded)

    def exact(self, op, words):
        """Is it one of the operations that stay in float32? By kind, or by its name as
        it is now or as the package will have it."""
        plain = re.sub(r"\W", "_", op.name)
        names = {op.op_type, op.name, plain, "op_" + plain, plain + "_cast_fp16",
                 "op_" + plain + "_cast_fp16"}
        found = names.intersection(words)
        self.exact_found |= found
        return bool(found)

    def blame(self, message):
        """The source node that a failure is about."""
        if self.stage_now in ("load", "frontend") or self.prog is None:
            return self.at
        named = set(re.findall(r'"([^"]+)"', message))
        for op, _ in operations(self.prog):
            if op.name in named or any(v.name in named for v in op.outputs or ()):
                names, scope, _ = source_of(op)
                if names:
                    return {"kind": op.op_type, "name": names[0], "scope": scope}
        return None

    def size(self):
        return sum(len(f.operations) for f in self.prog.functions.values())

    def sources(self):
        """Source nodes as they stand in the program now."""
        now, of = Sources(), {}
        for op, _ in operations(self.prog):
            if op.op_type != "const":
                now.count += 1
                of[op] = names_of(op.scopes)
                now.names.update(of[op])
                if not all(is_known(v) for v in op.outputs or (None,)):
                    now.computed.update(of[op])
        for op, mine in of.items():
            for v in op.outputs if mine and op.outputs else ():
                for child in v.child_ops:
                    now.readers.setdefault(mine[0], set()).update(of.get(child, ()))
        return now

    def merge(self, gone, readers, alive):
        """What a pass fused goes with the node behind it that is still there, or that
        before it when there is none."""
        before = {}
        for name, behind in readers.items():
            for other in behind:
                before.setdefault(other, set()).add(name)
        for name in gone:
            found = nearest(name, readers, alive) or nearest(name, before, alive)
            if found:
                self.merged[name] = found

    def completed(self):
        """A function that puts behind the source nodes of an operation those that were
        fused into them."""
        into = {}
        for name, to in self.merged.items():
            while to in self.merged and self.merged[to] != name:
                to = self.merged[to]
            into.setdefault(to, []).append(name)
        return lambda names: names + [m for n in names for m in into.get(n, ())]


class Sources:
    """Source nodes that have operations, those of which the value is not known when
    converting, how many operations there are, and which nodes read a node."""

    def __init__(self):
        self.names, self.computed, self.count, self.readers = set(), set(), 0, {}


def is_known(value):
    """Is a value of the program a constant by now, without a symbol in it?"""
    known = getattr(value, "sym_val", None)
    return known is not None and not hasattr(known, "free_symbols") and \
        getattr(getattr(known, "dtype", None), "kind", "") != "O"


def nearest(name, next_to, alive):
    """The closest of those that are alive, along next_to; None: there is none."""
    seen, queue = {name}, [name]
    while queue:
        there = next_to.get(queue.pop(0), set()) - seen
        if there & alive:
            return min(there & alive)
        seen |= there
        queue.extend(sorted(there))
    return None


def operations(prog):
    def walk(block, function):
        for op in block.operations:
            for inner in op.blocks:
                yield from walk(inner, function)
            yield op, function
    for name, function in prog.functions.items():
        yield from walk(function, name)


def names_of(scopes):
    """Names of the source nodes that an operation came from."""
    S = HOOKS.scopes
    handles = scopes.get(S.EXIR_DEBUG_HANDLE)
    names = [HOOKS.names[h][0] for h in handles if h is not None] if handles else ()
    return names or traced(scopes.get(S.TORCHSCRIPT_MODULE_NAME, ()))


def traced(path):
    """The node of TorchScript, in a list, that a path of names ends in; inputs are none."""
    return [name for name in list(path)[-1:] if not name.startswith("__COREML__::")]


def source_of(op):
    """Names of source nodes, module path, passes that made or changed the operation."""
    S, scopes = HOOKS.scopes, op.scopes
    passes = list(scopes.get(S.COREMLTOOLS_GRAPH_PASS, ()))
    handles = [h for h in scopes.get(S.EXIR_DEBUG_HANDLE, ()) if h is not None]
    if handles:
        return names_of(scopes), HOOKS.names[handles[0]][1], passes
    path = list(scopes.get(S.TORCHSCRIPT_MODULE_NAME, ()))
    return traced(path), ".".join(path[:-1]), passes


def write_map(prog):
    complete = HOOKS.completed()
    for op, function in operations(prog):
        if op.op_type == "const":
            continue
        names, scope, passes = source_of(op)
        if not names and not passes:
            passes = ["frontend"]  # states are read and written for no node
        if op.op_type != "cast":
            names = complete(names)
        for kind, name, outputs in written(op):
            say("map", function=function, op=kind, name=name,
                outputs=[v.name for v in outputs], sources=names, scope=scope, passes=passes)


def written(op):
    """The operations that one of the converter's program is in the package."""
    outputs = op.outputs or ()
    if op.op_type != "coreml_update_state":
        return [(op.op_type, op.name, outputs)]
    read = any(v.child_ops or v.consuming_blocks for v in outputs)
    return [("write_state", op.name + "_write_state", ())] + \
        ([("read_state", op.name, outputs)] if read else [])


class Symbols(dict):
    def dim(self, ct, d):
        if not isinstance(d, dict):
            return d
        name = d.get("symbol")
        if name in self:
            return self[name]
        made = ct.RangeDim(d["lo"], d["hi"], **({"symbol": name} if name else {}))
        if name:
            self[name] = made
        return made


def make_type(ct, t, symbols):
    import numpy
    kind, args = t.get("kind", "tensor"), {}
    if t.get("name"):
        args["name"] = t["name"]
    if t.get("shape") is not None:
        args["shape"] = [symbols.dim(ct, d) for d in t["shape"]]
    if t.get("shapes") is not None:
        args["shape"] = ct.EnumeratedShapes(shapes=t["shapes"])
    if kind == "image":
        if t.get("layout"):
            args["color_layout"] = getattr(ct.colorlayout, t["layout"])
        for key in ("scale", "bias"):
            if t.get(key) is not None:
                args[key] = t[key][0] if len(t[key]) == 1 and key == "scale" else t[key]
        return ct.ImageType(**args)
    if t.get("dtype"):
        args["dtype"] = getattr(numpy, t["dtype"], t["dtype"])
    if kind == "state":
        name = args.pop("name", None)
        return ct.StateType(wrapped_type=ct.TensorType(**args), name=name)
    return ct.TensorType(**args)


def pipeline_of(ct, r):
    names, without, first = r.get("pipeline"), r.get("without"), r.get("first")
    if not names and not without and first is None:
        return None
    pipeline = getattr(ct.PassPipeline, names or "DEFAULT")
    if first is not None:
        # coremltools takes these out by itself for float32: they do not count
        skipped = {"common::add_fp16_cast", "common::add_int16_cast"} if \
            r.get("precision") == "FLOAT32" or r.get("convert_to") == "neuralnetwork" else set()
        pipeline.passes = [p for p in pipeline.passes if p not in skipped][:first]
    if without:
        short = {p: p.split("::")[-1] for p in pipeline.passes}
        for name in without:
            if name not in short and name not in short.values():
                say("log", level="warning", text=f"no pass is called {name}: nothing was left out")
        pipeline.remove_passes({p for p, s in short.items() if p in without or s in without})
    return pipeline


def arguments(ct, r):
    """Arguments of ct.convert; what the request does not have is not given."""
    args, symbols = {"skip_model_load": True}, Symbols()
    for key in ("inputs", "outputs", "states"):
        if r.get(key):
            args[key] = [make_type(ct, t, symbols) for t in r[key]]
    if r.get("groups"):
        flat = iter(args["inputs"])
        args["inputs"] = [[next(flat) for _ in range(n)] if n else next(flat)
                          for n in r["groups"]]
    target, precision = r.get("target"), r.get("precision")
    if target:
        args["minimum_deployment_target"] = getattr(ct.target, target, target)
    if r.get("convert_to"):
        args["convert_to"] = r["convert_to"]
    if r.get("f32_ops"):
        args["compute_precision"] = ct.transform.FP16ComputePrecision(
            op_selector=lambda op: not HOOKS.exact(op, r["f32_ops"]))
    elif precision:
        args["compute_precision"] = getattr(ct.precision, precision, precision)
    if r.get("compute_units"):
        args["compute_units"] = getattr(ct.ComputeUnit, r["compute_units"], r["compute_units"])
    if r.get("classifier"):
        args["classifier_config"] = ct.ClassifierConfig(r["classifier"])
    pipeline = pipeline_of(ct, r)
    if pipeline is not None:
        args["pass_pipeline"] = pipeline
    return args


def scripted(graph):
    """Is there what freezing decides: branches, dicts, or attributes that are no tensors?"""
    kinds = {"prim::If", "prim::Loop", "prim::RaiseException", "prim::DictConstruct"}
    known = {"ClassType", "InterfaceType", "TensorType", "NoneType"}

    def decided(n):
        t = n.output().type() if n.kind() == "prim::GetAttr" else None
        if t is not None and t.kind() == "OptionalType":
            t = t.getElementType()
        return n.kind() in kinds or (t is not None and t.kind() not in known)
    return any(map(decided, graph.nodes()))


def fill_defaults(program):
    """Trailing arguments left out of calls, as the operators' schemas have them."""
    filled = 0
    for node in program.graph.nodes:
        schema = getattr(node.target, "_schema", None)
        if node.op != "call_function" or schema is None:
            continue
        rest = [a for a in schema.arguments[len(node.args):] if not a.kwarg_only]
        if rest and all(a.has_default_value() or a.name in node.kwargs for a in rest):
            named = dict(node.kwargs)
            node.args = node.args + tuple(
                named.pop(a.name) if a.name in named else a.default_value for a in rest)
            node.kwargs = named
            filled += 1
    return filled


def origin(node, known):
    """Name of the node of the file that a node was decomposed from."""
    sources = list(node.meta.get("from_node") or ())
    while node.name not in known and sources:
        source = sources.pop()
        if getattr(source, "name", None) in known:
            return source.name
        sources.extend(getattr(source, "from_node", None) or ())
    return node.name


def load_program(path):
    """An exported program. torch logs what went wrong, and raises that something did."""
    import logging
    import torch
    logged = []

    class Keep(logging.Handler):
        def emit(self, record):
            logged.extend(record.exc_info[1:2] if record.exc_info else ())
    log, keep = logging.getLogger("torch.export"), Keep(logging.WARNING)
    log.addHandler(keep)
    try:
        return torch.export.load(path)
    except RuntimeError as e:
        while logged and logged[0].__cause__ is not None:
            logged[0] = logged[0].__cause__
        raise logged[0] if logged else e
    finally:
        log.removeHandler(keep)


def load_model(r):
    """The model with the cures that were asked for; each is reported."""
    import torch
    cures = r.get("cures", ())
    if r["format"] == "pt2":
        model = load_program(r["model"])
        if "decompose" in cures:
            before = {node.name for node in model.graph.nodes}
            HOOKS.cure = "decompose"
            model = model.run_decompositions({})
            HOOKS.cure = None
            say("cure", name="decompose", before=len(before),
                after=sum(1 for _ in model.graph.nodes))
            HOOKS.origins = {node.name: name for node in model.graph.nodes
                             if (name := origin(node, before)) != node.name}
        if "defaults" in cures:
            say("cure", name="defaults", before=0, after=fill_defaults(model))
        return model
    model = torch.jit.load(r["model"], map_location="cpu")
    if "freeze" in cures and not r.get("states"):
        graph = getattr(model, "inlined_graph", None)
        # one that was frozen before it was saved has no mode
        if graph is not None and scripted(graph) and hasattr(model, "training"):
            before = sum(1 for _ in graph.nodes())
            model = torch.jit.freeze(model.eval())
            say("cure", name="freeze", before=before,
                after=sum(1 for _ in model.inlined_graph.nodes()))
    return model


HOOKS = None


def start_coremltools():
    """Import and hook coremltools once; its log becomes events."""
    global HOOKS
    import logging
    import warnings
    logger = logging.getLogger("coremltools")
    # parts that only macOS has
    logger.addFilter(lambda record: not record.getMessage().startswith("Failed to load _"))
    import coremltools as ct
    if HOOKS is not None:
        return ct
    HOOKS = Hooks()

    class Tell(logging.Handler):
        def emit(self, record):
            text = record.getMessage().strip()
            if text:
                say("log", level=record.levelname.lower(), text=text)
    logger.handlers, logger.propagate = [Tell(logging.WARNING)], False
    warnings.showwarning = lambda message, *_: say("log", level="warning", text=str(message))
    HOOKS.install()
    return ct


def convert(r):
    global HOOKS
    if r.get("scratch"):
        # what coremltools writes on the way goes away with the rest, however this ends
        os.environ["TMPDIR"] = tempfile.tempdir = r["scratch"]
    say("stage", name="import", seconds=time.monotonic() - START, memory=resident())
    ct = start_coremltools()
    HOOKS.at = HOOKS.prog = HOOKS.cure = None
    HOOKS.merged, HOOKS.origins, HOOKS.rest, HOOKS.exact_found = {}, {}, ([], 0), set()
    HOOKS.stage("load")
    model = load_model(r)
    HOOKS.stage("input-validation")
    args = arguments(ct, r)
    package = r.get("convert_to") != "neuralnetwork" and r["out"].endswith(".mlpackage")
    if package:
        args["package_dir"] = r["out"]
    began = time.monotonic()
    made = ct.convert(model, **args)
    took = time.monotonic() - began
    for word in r.get("f32_ops", ()):
        if word not in HOOKS.exact_found:
            say("log", level="warning",
                text=f"no operation is called {word}: none stays in float32 for it")
    spec = made.get_spec()
    if not os.path.exists(r["out"]):
        HOOKS.stage("save")
        made.save(r["out"])
    elif package:
        # what coremltools says of itself comes when package_dir is written already: as
        # save() does, but without copying the weights
        HOOKS.stage("save")
        with open(os.path.join(r["out"], "Data", "com.apple.CoreML", "model.mlmodel"),
                  "wb") as f:
            f.write(spec.SerializeToString())
    HOOKS.stage("map")
    if made._mil_program is not None:
        write_map(made._mil_program)
    say("converted", specification=spec.specificationVersion, seconds=took,
        kind=spec.WhichOneof("Type"), out=r["out"])


def refuse(r):
    """What ct.convert and the converter below it say of a format they do not take."""
    import coremltools as ct
    for name, call in (("ct.convert", lambda: ct.convert(r["model"])),
                       ("ct.converters.mil.convert",
                        lambda: ct.converters.mil.converter.mil_convert(
                            r["model"], convert_from="onnx", convert_to="mlprogram",
                            compute_units=ct.ComputeUnit.ALL)
                        if not hasattr(ct.converters.mil, "convert")
                        else ct.converters.mil.convert(r["model"]))):
        try:
            call()
            say("refused", by=name, exception="", message="")
        except Exception as e:
            say("refused", by=name, exception=type(e).__name__, message=str(e))


def probe(name):
    def run(r):
        import warnings
        import probes
        warnings.filterwarnings("ignore")
        getattr(probes, name)(r, say)
    return run


DO = {"doctor": doctor, "convert": convert, "refuse": refuse, "make": probe("make"),
      "export": probe("export"), "parity": probe("parity")}


def failure(e):
    """Where the exception came from, innermost last, without machine paths."""
    import traceback
    frames = traceback.extract_tb(e.__traceback__)[-8:]
    return [f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in frames]


def main():
    global OUT
    OUT = int(sys.argv[1])
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    os.dup2(2, 1)
    import faulthandler
    faulthandler.enable()
    confine(int(sys.argv[2]), sys.argv[3] == "1")
    threading.Thread(target=beat, daemon=True).start()
    for line in sys.stdin.buffer:  # as bytes: variables change what text is
        try:
            request = json.loads(line)
            DO[request["do"]](request)
            say("end", ok=True)
        except Exception as e:
            say("failed", stage=HOOKS.stage_now if HOOKS else "import",
                exception=type(e).__name__, message=str(e), frames=failure(e),
                what=HOOKS.cure if HOOKS else None,
                **((HOOKS and HOOKS.blame(str(e))) or {}))
            say("end", ok=False)


main()
