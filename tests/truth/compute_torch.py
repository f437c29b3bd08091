# SPDX-License-Identifier: Apache-2.0
"""Operations of PyTorch with their parameters: (name, function or module, tensors ...)."""
import torch
import torch.nn.functional as F
from torch import nn


class Call(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, *args):
        return self.f(*args)


def reductions():
    x = torch.randn(2, 3, 4)
    for op in ("sum", "mean", "amax", "amin", "logsumexp", "prod", "any", "all", "std", "var"):
        f = getattr(torch, op)
        y = x > 0 if op in ("any", "all") else x
        yield op, lambda x, f=f: f(x, 1), y
        yield op, lambda x, f=f: f(x, -1, keepdim=True), y
        if op not in ("amax", "amin", "logsumexp"):
            yield op, lambda x, f=f: f(x), y
        if op in ("sum", "mean", "amax", "amin", "logsumexp"):
            yield op, lambda x, f=f: f(x, (0, -1)), y
            yield op, lambda x, f=f: f(x, (-1, -2), keepdim=True), y
    for op in ("std", "var"):
        f = getattr(torch, op)
        yield op, lambda x, f=f: f(x, 1, unbiased=False), x
        yield op, lambda x, f=f: f(x, (0, 2), correction=0, keepdim=True), x
        yield op, lambda x, f=f: f(x, (0, 2), correction=2), x
        yield op, lambda x, f=f: f(x, unbiased=False), x
        yield op + "_mean", lambda x, op=op: getattr(torch, op + "_mean")(x, 1), x
    for op in ("max", "min"):
        f = getattr(torch, op)
        yield op, lambda x, f=f: f(x), x
        yield op, lambda x, f=f: tuple(f(x, 1)), x
        yield op, lambda x, f=f: tuple(f(x, -1, keepdim=True)), x
        yield op, lambda x, y, f=f: f(x, y), x, torch.randn(3, 1)
        f = getattr(torch, "arg" + op)
        yield "arg" + op, lambda x, f=f: f(x), x
        yield "arg" + op, lambda x, f=f: f(x, -2), x
        yield "arg" + op, lambda x, f=f: f(x, 1, keepdim=True), x
    yield "median", lambda x: tuple(torch.median(x, 1)), x
    for p in (1, 2, 3, 0, float("inf"), float("-inf"), "fro"):
        yield "norm", lambda x, p=p: torch.norm(x, p), x
        yield "norm", lambda x, p=p: torch.norm(x, p, dim=1), x
        if p != "fro":
            yield "vector_norm", lambda x, p=p: torch.linalg.vector_norm(x, p, dim=(0, 1)), x
            yield "vector_norm", lambda x, p=p: torch.linalg.vector_norm(x, p, -1, True), x
            yield "vector_norm", lambda x, p=p: torch.linalg.vector_norm(x, p), x
    for p in ("fro", 1, -1, float("inf"), float("-inf"), 2, "nuc"):
        yield "matrix_norm", lambda x, p=p: torch.linalg.matrix_norm(x, p), x
        yield "linalg_norm", lambda x, p=p: torch.linalg.norm(x, p, dim=(1, 2)), x
    yield "linalg_norm", lambda x: torch.linalg.norm(x), x
    yield "linalg_norm", lambda x: torch.linalg.norm(x[0], 1), x
    yield "count_nonzero", lambda x: torch.count_nonzero(x, 1), torch.tensor([[0., 1.], [2., 0.]])
    for op in ("cumsum", "cumprod", "logcumsumexp"):
        yield op, lambda x, op=op: getattr(torch, op)(x, 1), x
        yield op, lambda x, op=op: getattr(torch, op)(x, -1), x
    yield "cummax", lambda x: tuple(torch.cummax(x, 1)), x
    for op in ("softmax", "log_softmax", "softmin"):
        yield op, lambda x, op=op: getattr(F, op)(x, dim=1), x
        yield op, lambda x, op=op: getattr(F, op)(x, dim=-3), x
    yield "normalize", lambda x: F.normalize(x, dim=1), x
    yield "normalize", lambda x: F.normalize(x, p=1, dim=-1), x
    yield "cosine_similarity", lambda x, y: F.cosine_similarity(x, y, 1), x, torch.randn(2, 3, 4)
    yield "sum", lambda x: x.sum(), torch.tensor([True, False, True])
    yield "sum", lambda x: torch.sum(x, 1), torch.randint(9, (2, 3))
    yield "mean", lambda x: torch.mean(x, dim=0, dtype=torch.float32), torch.randint(9, (2, 3))


def elements():
    x, y = torch.randn(2, 3, 4) * 2, torch.randn(3, 1) + 3
    i, k = torch.tensor([[-7, 7, 5], [-5, 8, -9]]), torch.tensor([3, -3, 2])
    for op in ("add", "sub", "mul", "div", "maximum", "minimum", "fmod", "remainder", "atan2",
               "floor_divide", "gt", "le", "eq", "ne", "ge", "lt", "rsub", "hypot",
               "copysign", "logaddexp", "true_divide", "fmax", "fmin", "xlogy"):
        yield op, getattr(torch, op), x, y
        yield op, getattr(torch, op), i, k
    for op in ("bitwise_and", "bitwise_or", "bitwise_xor", "logical_and", "logical_or",
               "logical_xor"):
        yield op, getattr(torch, op), i, k
        yield op, getattr(torch, op), i > 0, k > 0
    yield "bitwise_left_shift", torch.bitwise_left_shift, i, k.abs()
    yield "bitwise_right_shift", torch.bitwise_right_shift, i, k.abs()
    for mode in (None, "floor", "trunc"):
        yield "div", lambda x, y, m=mode: torch.div(x, y, rounding_mode=m), x, y
        yield "div", lambda x, y, m=mode: torch.div(x, y, rounding_mode=m), i, k
        yield "div", lambda x, m=mode: torch.div(x, -1.5, rounding_mode=m), x
    yield "pow", torch.pow, x.abs(), y
    for p in (2, 3, 0.5, -1, -2.5, 0):
        yield "pow", lambda x, p=p: x ** p, x.abs()
        yield "pow", lambda x, p=p: p ** x, x.abs()
    yield "pow", lambda x: x ** 2, i
    for a in (2, -0.5):
        yield "add", lambda x, y, a=a: torch.add(x, y, alpha=a), x, y
        yield "sub", lambda x, y, a=a: torch.sub(x, y, alpha=a), x, y
        yield "rsub", lambda x, y, a=a: torch.rsub(x, y, alpha=a), x, y
        yield "rsub", lambda x, a=a: a - x, x
        yield "remainder", lambda x, a=a: x % a, x
        yield "fmod", lambda x, a=a: torch.fmod(x, a), x
        yield "floordiv", lambda x, a=a: x // a, x
        yield "reciprocal", lambda x, a=a: a / x, x
    yield "div", lambda x: x / 2, i
    yield "floordiv", lambda x: x // 2, i
    yield "remainder", lambda x: x % 4, i
    yield "remainder", lambda x: x % -4, i
    yield "fmod", lambda x: torch.fmod(x, 4), i
    for op in ("abs acos asin atan ceil cos cosh erf erfc exp exp2 expm1 floor frac log log10 log1p "
               "log2 neg reciprocal round rsqrt sigmoid sign sin sinh sqrt square tan tanh trunc "
               "acosh asinh atanh isnan isinf isfinite relu logical_not deg2rad rad2deg sinc "
               "lgamma digamma erfinv logit signbit nan_to_num positive sgn i0 "
               "isposinf").split():
        f = getattr(torch, op)
        yield op, f, x.abs() / 7 + 0.05
        yield op, f, x
    for op in ("relu6 gelu silu mish hardswish hardsigmoid hardtanh elu selu celu leaky_relu "
               "softplus softsign logsigmoid tanhshrink hardshrink softshrink").split():
        yield op, getattr(F, op), x * 3
    yield "gelu", lambda x: F.gelu(x, approximate="tanh"), x
    yield "elu", lambda x: F.elu(x, 0.3), x
    yield "celu", lambda x: F.celu(x, 0.3), x
    yield "leaky_relu", lambda x: F.leaky_relu(x, 0.2), x
    yield "softplus", lambda x: F.softplus(x, 2, 1), x
    yield "softplus", lambda x: F.softplus(x, 0.5, 30), x
    yield "hardtanh", lambda x: F.hardtanh(x, -0.5, 2), x
    yield "hardshrink", lambda x: F.hardshrink(x, 1), x
    yield "softshrink", lambda x: F.softshrink(x, 0.2), x
    yield "threshold", lambda x: F.threshold(x, 0.5, -2), x
    yield "glu", lambda x: F.glu(x, -1), x
    yield "glu", lambda x: F.glu(x, 0), x
    yield "prelu", F.prelu, x, torch.rand(3)
    yield "prelu", F.prelu, x, torch.rand(1)
    yield "round", lambda x: torch.round(x, decimals=1), x
    yield "round", lambda x: torch.round(x), torch.tensor([0.5, 1.5, -0.5, -2.5, 2.5])
    yield "logit", lambda x: torch.logit(x, 0.2), torch.rand(5)
    for lo, hi in ((-1, 1), (None, 0.5), (0.2, None), (1, -1)):
        yield "clamp", lambda x, lo=lo, hi=hi: torch.clamp(x, lo, hi), x
    yield "clamp", lambda x: torch.clamp(x, -6, 3), i
    yield "clamp", lambda x, y, z: torch.clamp(x, y, z), x, y - 3, y - 2
    yield "clamp_min", lambda x: torch.clamp_min(x, 0.2), x
    yield "clamp_max", lambda x: torch.clamp_max(x, 0.2), x
    yield "where", torch.where, x > 0, x, y
    yield "where", lambda c, x: torch.where(c, x, 0.5), x > 0, x
    yield "masked_fill", lambda x, m: x.masked_fill(m, -3.5), x, x > 0
    yield "lerp", lambda x, y: torch.lerp(x, y, 0.3), x, y
    yield "lerp", torch.lerp, x, y, torch.rand(2, 3, 4)
    yield "addcmul", lambda x, y: torch.addcmul(x, y, y, value=0.3), x, y
    yield "addcdiv", lambda x, y: torch.addcdiv(x, x, y, value=0.3), x, y
    yield "to", lambda x: x.to(torch.int64), x
    yield "to", lambda x: x.to(torch.bool), i % 2
    yield "to", lambda x: x.int().float(), x
    yield "bitwise_not", lambda x: ~x, i
    yield "bitwise_not", lambda x: ~x, i > 0
    yield "abs", torch.abs, i
    yield "neg", torch.neg, i
    yield "sign", torch.sign, i


def products():
    yield "matmul", torch.matmul, torch.randn(2, 1, 3, 4), torch.randn(5, 4, 2)
    yield "matmul", torch.matmul, torch.randn(4), torch.randn(4)
    yield "matmul", torch.matmul, torch.randn(3, 4), torch.randn(4)
    yield "matmul", torch.matmul, torch.randn(4), torch.randn(2, 4, 3)
    yield "bmm", torch.bmm, torch.randn(2, 3, 4), torch.randn(2, 4, 5)
    yield "mv", torch.mv, torch.randn(3, 4), torch.randn(4)
    yield "dot", torch.dot, torch.randn(4), torch.randn(4)
    yield "outer", torch.outer, torch.randn(4), torch.randn(3)
    yield "linear", F.linear, torch.randn(2, 3, 4), torch.randn(5, 4), torch.randn(5)
    yield "linear", F.linear, torch.randn(4), torch.randn(5, 4)
    yield "bilinear", F.bilinear, torch.randn(2, 3), torch.randn(2, 4), torch.randn(5, 3, 4)
    for a, b in ((1, 1), (0.5, 2), (0, 1)):
        yield "addmm", lambda c, x, y, a=a, b=b: torch.addmm(c, x, y, beta=b, alpha=a), \
            torch.randn(5), torch.randn(3, 4), torch.randn(4, 5)
        yield "baddbmm", lambda c, x, y, a=a, b=b: torch.baddbmm(c, x, y, beta=b, alpha=a), \
            torch.randn(2, 3, 5), torch.randn(2, 3, 4), torch.randn(2, 4, 5)
        yield "addmv", lambda c, x, y, a=a, b=b: torch.addmv(c, x, y, beta=b, alpha=a), \
            torch.randn(3), torch.randn(3, 4), torch.randn(4)
    yield "addbmm", torch.addbmm, torch.randn(3, 5), torch.randn(2, 3, 4), torch.randn(2, 4, 5)
    yield "addr", torch.addr, torch.randn(3, 5), torch.randn(3), torch.randn(5)
    for eq, *shapes in (("ij,jk->ik", (2, 3), (3, 4)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
                        ("ij->ji", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("ij,j", (2, 3), (3,)),
                        ("i,j->ij", (2,), (3,)), ("...ij,...jk->...ik", (2, 3, 4), (2, 4, 5)),
                        ("ji,kj", (2, 3), (4, 2)), ("bhqd,bhkd->bhqk", (1, 2, 3, 4), (1, 2, 5, 4)),
                        ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)), ("b...d,cd->b...c", (2, 3, 4), (5, 4)),
                        ("...i,...i->...", (2, 3, 4), (3, 4)), ("i j, j k -> i k", (2, 3), (3, 4)),
                        ("ij,ij->", (2, 3), (2, 3)), ("ba,b", (2, 3), (2,))):
        yield "einsum", lambda *t, eq=eq: torch.einsum(eq, *t), *(torch.randn(*s) for s in shapes)
    q, k, v = torch.randn(2, 3, 4, 6), torch.randn(2, 3, 5, 6), torch.randn(2, 3, 5, 7)
    attend = F.scaled_dot_product_attention
    yield "attention", attend, q, k, v
    yield "attention", lambda q, k, v: attend(q, k, v, is_causal=True), q, k, v
    yield "attention", lambda q, k, v: attend(q, k, v, scale=0.3), q, k, v
    yield "attention", lambda q, k, v, m: attend(q, k, v, m), q, k, v, torch.randn(4, 5)
    yield "attention", lambda q, k, v, m: attend(q, k, v, m), q, k, v, torch.eye(4, 5) == 0
    yield "attention", lambda q, k, v: attend(q, k, v, enable_gqa=True), torch.randn(2, 6, 4, 6), k, v
    yield "cdist", torch.cdist, torch.randn(3, 4), torch.randn(5, 4)
    yield "cross", lambda x, y: torch.cross(x, y, dim=1), torch.randn(2, 3), torch.randn(2, 3)
    yield "kron", torch.kron, torch.randn(2, 3), torch.randn(2, 2)
    yield "tensordot", lambda x, y: torch.tensordot(x, y, 2), torch.randn(2, 3, 4), torch.randn(3, 4, 5)


def shapes():
    x = torch.randn(2, 3, 4, 5)
    i = torch.tensor([2, 0, 1, 1])
    yield "permute", lambda x: x.permute(0, -1, 1, 2), x
    yield "transpose", lambda x: x.transpose(-1, 1), x
    yield "t", lambda x: x[0, 0].t(), x
    yield "movedim", lambda x: x.movedim(1, -1), x
    yield "movedim", lambda x: x.movedim((0, 1), (2, 0)), x
    yield "mT", lambda x: x.mT, x
    yield "reshape", lambda x: x.reshape(6, -1), x
    yield "view", lambda x: x.view(2, -1, 5), x
    yield "flatten", lambda x: x.flatten(1, -2), x
    yield "unflatten", lambda x: x.unflatten(2, (2, -1)), x
    yield "squeeze", lambda x: x[:, :1].squeeze(1), x
    yield "squeeze", lambda x: x[:1, :1].squeeze(), x
    yield "unsqueeze", lambda x: x.unsqueeze(-2), x
    yield "expand", lambda x: x[:, :1].expand(-1, 6, -1, -1), x
    yield "expand", lambda x: x[0, 0].expand(2, 2, 4, 5), x
    yield "repeat", lambda x: x.repeat(2, 1, 1, 3), x
    yield "repeat", lambda x: x[0, 0].repeat(2, 3, 1), x
    yield "tile", lambda x: x.tile((2, 3)), x
    yield "repeat_interleave", lambda x: x.repeat_interleave(2, dim=1), x
    yield "repeat_interleave", lambda x: x.repeat_interleave(3), x
    yield "repeat_interleave", lambda x, n: x.repeat_interleave(n, dim=1), x, torch.tensor([1, 0, 2])
    for s in (slice(1, None), slice(None, -1), slice(-3, -1), slice(None, None, 2), slice(3, 1),
              slice(-100, 100)):
        yield "slice", lambda x, s=s: x[:, :, s], x
    yield "select", lambda x: x[:, -1], x
    yield "select", lambda x: x.select(-1, 2), x
    yield "narrow", lambda x: x.narrow(2, 1, 2), x
    yield "narrow", lambda x: x.narrow(-1, -3, 3), x
    yield "flip", lambda x: x.flip(1, -1), x
    yield "roll", lambda x: x.roll(1, 2), x
    yield "roll", lambda x: x.roll((-2, 3), (1, -1)), x
    yield "roll", lambda x: x.roll(7), x
    yield "rot90", lambda x: torch.rot90(x, 1, (2, 3)), x
    yield "split", lambda x: x.split(2, -1), x
    yield "split", lambda x: x.split([1, 3], 2), x
    yield "chunk", lambda x: x.chunk(2, -1), x
    yield "chunk", lambda x: x.chunk(4, -1), x
    yield "tensor_split", lambda x: x.tensor_split(3, -1), x
    yield "unbind", lambda x: x.unbind(1), x
    yield "cat", lambda x, y: torch.cat((x, y, x), -2), x, torch.randn(2, 3, 2, 5)
    yield "stack", lambda x: torch.stack((x, x * 2), -1), x
    yield "stack", lambda x: torch.stack((x, x * 2), 1), x
    yield "hstack", lambda x: torch.hstack((x, x)), x
    yield "vstack", lambda x: torch.vstack((x[0, 0, 0], x[0, 0, 1])), x
    yield "diag", lambda x: torch.diag(x[0, 0]), x
    yield "diagonal", lambda x: torch.diagonal(x, 1, -2, -1), x
    yield "diagonal", lambda x: torch.diagonal(x, -1, 2, 3), x
    yield "diag_embed", lambda x: torch.diag_embed(x[0, 0]), x
    for d in (0, 1, -1, -2, 3):
        yield "tril", lambda x, d=d: x.tril(d), x
        yield "triu", lambda x, d=d: x.triu(d), x
    yield "pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), torch.randn(1, 8, 3, 2)
    yield "pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 2), torch.randn(1, 2, 4, 6)
    yield "channel_shuffle", lambda x: F.channel_shuffle(x, 3), torch.randn(1, 6, 2, 2)
    for mode in ("constant", "reflect", "replicate", "circular"):
        yield "pad", lambda x, m=mode: F.pad(x, (1, 2), m), x[0]
        yield "pad", lambda x, m=mode: F.pad(x, (1, 2, 2, 0), m), x
    yield "pad", lambda x: F.pad(x, (-1, 2, 1, -1), value=1.5), x
    yield "pad", lambda x: F.pad(x, (0, 0, 1, 1, 2, 0), "constant", -2), x
    yield "pad", lambda x: F.pad(x, (1, 1, 1, 0, 0, 1), "replicate"), x
    yield "unfold", lambda x: F.unfold(x, (2, 3), padding=1, stride=2), x
    yield "unfold", lambda x: F.unfold(x, 2, dilation=(1, 2)), x
    yield "fold", lambda x: F.fold(x, (4, 5), (2, 2)), torch.randn(1, 12, 12)
    yield "fold", lambda x: F.fold(x, (4, 5), 2, padding=1, stride=2), torch.randn(1, 12, 9)
    yield "tensor.unfold", lambda x: x.unfold(2, 2, 1), x
    yield "meshgrid", lambda x, y: torch.meshgrid(x, y, indexing="ij"), torch.randn(3), torch.randn(2)
    yield "meshgrid", lambda x, y: torch.meshgrid(x, y, indexing="xy"), torch.randn(3), torch.randn(2)
    yield "as_strided", lambda x: x.as_strided((2, 3), (1, 2)), x
    yield "arange", lambda x: torch.arange(2, 9, 3) + x, torch.randn(3)
    yield "arange", lambda x: torch.arange(1, 0, -0.3) + x, torch.randn(4)
    yield "linspace", lambda x: torch.linspace(-1, 2, 5) * x, torch.randn(5)
    yield "full", lambda x: torch.full((2, 3), 1.5) + x, torch.randn(3)
    yield "full_like", lambda x: torch.full_like(x, -2) + x, torch.randn(3)
    yield "eye", lambda x: torch.eye(3) + x, torch.randn(3)
    yield "index_select", lambda x, i: x.index_select(1, i), x, i
    yield "embedding", lambda i, w: F.embedding(i, w), i, torch.randn(3, 4)
    yield "gather", lambda x, i: x.gather(1, i), torch.randn(2, 3), torch.tensor([[2, 0], [1, 1]])
    yield "gather", lambda x, i: x.gather(-2, i), torch.randn(3, 2), torch.tensor([[2, 0], [1, 1]])
    yield "take_along_dim", lambda x, i: torch.take_along_dim(x, i, 1), torch.randn(2, 3), \
        torch.tensor([[2], [0]])
    yield "take", torch.take, torch.randn(2, 3), torch.tensor([5, 0, 2])
    yield "index", lambda x, i: x[:, i], x, i
    yield "index", lambda x, i: x[:, i, i], x, i
    yield "index", lambda x, i: x[i % 2], x, i
    yield "index", lambda x, i: x[:, :, i[:, None], i], x, i
    yield "index", lambda x, i: x[i % 2, :, i], x, i
    yield "index", lambda x, i: x[:, -i], x, i
    s, d = torch.randn(2, 3), torch.randn(4, 3)
    j = torch.tensor([[2, 0, 3], [1, 1, 0]])
    yield "scatter", lambda d, j, s: d.scatter(0, j, s), d, j, s
    yield "scatter", lambda d, j: d.scatter(0, j, 1.5), d, j
    yield "scatter", lambda d, j, s: d.scatter(0, j, s, reduce="add"), d, j, s
    yield "scatter", lambda d, j, s: d.scatter(0, j, s, reduce="multiply"), d, j, s
    yield "scatter", lambda d, j, s: d.scatter(-1, j % 3, s), d, j, s
    yield "scatter_add", lambda d, j, s: d.scatter_add(0, j, s), d, j, s
    for how in ("sum", "prod", "mean", "amax", "amin"):
        for own in (True, False):
            yield "scatter_reduce", lambda d, j, s, how=how, own=own: d.scatter_reduce(
                0, j, s, how, include_self=own), d, j, s
    k = torch.tensor([3, 0, 3])
    yield "index_add", lambda d, k, s: d.index_add(0, k, s), d, k, torch.randn(3, 3)
    yield "index_add", lambda d, k, s: d.index_add(0, k, s, alpha=2), d, k, torch.randn(3, 3)
    yield "index_copy", lambda d, k, s: d.index_copy(0, k, s), d, k[:2], torch.randn(2, 3)
    yield "index_fill", lambda d, k: d.index_fill(0, k, 7), d, k
    yield "index_fill", lambda d, k: d.index_fill(-1, k % 2, 7), d, k
    yield "index_put", lambda d, k, s: d.index_put((k,), s), d, k[:2], torch.randn(2, 3)
    yield "index_put", lambda d, k, s: d.index_put((k,), s, accumulate=True), d, k, torch.randn(3, 3)
    yield "index_put", lambda d, k, s: d.index_put((k,), s), d, k[:2], torch.randn(3)
    yield "index_put", lambda d, k, s: d.index_put((k,), s), d, k[:2], torch.randn(2, 1)
    yield "index_put", lambda d, k, s: d.index_put((k, k % 3), s), d, k[:2], torch.randn(2)
    yield "masked_scatter", lambda d, s: d.masked_scatter(d > 0, s), d, torch.randn(12)
    yield "one_hot", lambda i: F.one_hot(i, 4), i
    for largest in (True, False):
        yield "topk", lambda x, l=largest: tuple(x.topk(2, 1, l)), x
        yield "topk", lambda x, l=largest: tuple(x.topk(3, largest=l)), x
    yield "sort", lambda x: tuple(x.sort(1)), x
    yield "sort", lambda x: tuple(x.sort(-1, descending=True)), x
    yield "sort", lambda x: tuple(torch.sort(x, dim=2, stable=True)), x
    yield "argsort", lambda x: x.argsort(1), x
    yield "argsort", lambda x: torch.argsort(x, -1, descending=True), x
    yield "copy_", lambda x, y: x.clone().copy_(y), x, torch.randn(5)
    yield "setitem", put_slice, x
    yield "setitem", put_column, x
    yield "relu_", lambda x: (x * 2).relu_() + 1, x
    yield "slice_scatter", lambda x, y: torch.slice_scatter(x, y, 1, 1, 3), torch.randn(2, 4), \
        torch.randn(2, 2)
    yield "select_scatter", lambda x, y: torch.select_scatter(x, y, 1, 2), torch.randn(2, 4), \
        torch.randn(2)
    yield "searchsorted", torch.searchsorted, torch.tensor([1., 2, 3]), torch.tensor([0.5, 2, 4])
    yield "bucketize", torch.bucketize, torch.tensor([0.5, 2, 4]), torch.tensor([1., 2, 3])


def put_slice(x):
    y = x * 1
    y[:, 1:] = 2
    return y + 1


def put_column(x):
    y = x * 1
    y[0] += 1
    return y


def windows():
    x, y, z = torch.randn(2, 4, 9), torch.randn(2, 4, 7, 9), torch.randn(1, 4, 5, 6, 4)
    for args in ({}, {"stride": 2}, {"padding": 1, "dilation": 2}, {"groups": 2}, {"groups": 4},
                 {"stride": 3, "padding": 2}):
        n = 4 // args.get("groups", 1)
        yield "conv1d", lambda x, w, b, a=args: F.conv1d(x, w, b, **a), x, torch.randn(8, n, 3), \
            torch.randn(8)
        yield "conv2d", lambda x, w, a=args: F.conv2d(x, w, **a), y, torch.randn(8, n, 3, 2)
        yield "conv3d", lambda x, w, a=args: F.conv3d(x, w, **a), z, torch.randn(8, n, 3, 2, 2)
        m = 8 // args.get("groups", 1)
        yield "conv_transpose1d", lambda x, w, b, a=args: F.conv_transpose1d(x, w, b, **a), x, \
            torch.randn(4, m, 3), torch.randn(8)
        yield "conv_transpose2d", lambda x, w, a=args: F.conv_transpose2d(x, w, **a), y, \
            torch.randn(4, m, 3, 3)
    for pad in ("same", "valid"):
        yield "conv2d", lambda x, w, p=pad: F.conv2d(x, w, padding=p), y, torch.randn(8, 4, 4, 3)
        yield "conv1d", lambda x, w, p=pad: F.conv1d(x, w, padding=p, dilation=2), x, \
            torch.randn(8, 4, 4)
    yield "conv2d", lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(1, 0), dilation=(1, 2)), y, \
        torch.randn(8, 4, 3, 3)
    yield "conv2d", lambda x, w: F.conv2d(x, w), y[0], torch.randn(8, 4, 3, 3)
    yield "conv_transpose2d", lambda x, w: F.conv_transpose2d(
        x, w, stride=(2, 3), padding=(1, 0), output_padding=(1, 2), dilation=(1, 2)), y, \
        torch.randn(4, 3, 3, 3)
    for ceil in (False, True):
        yield "max_pool1d", lambda x, c=ceil: F.max_pool1d(x, 3, 2, 1, ceil_mode=c), x
        yield "max_pool2d", lambda x, c=ceil: F.max_pool2d(x, 2, ceil_mode=c), y
        yield "max_pool2d", lambda x, c=ceil: F.max_pool2d(x, (3, 2), (2, 3), 1, ceil_mode=c), y
        yield "max_pool2d", lambda x, c=ceil: F.max_pool2d(x, 3, 2, 1, 2, ceil_mode=c), y
        yield "max_pool3d", lambda x, c=ceil: F.max_pool3d(x, 3, 2, 1, ceil_mode=c), z
        for count in (False, True):
            a = {"ceil_mode": ceil, "count_include_pad": count}
            yield "avg_pool1d", lambda x, a=a: F.avg_pool1d(x, 3, 2, 1, **a), x
            yield "avg_pool1d", lambda x, a=a: F.avg_pool1d(x, 4, 3, 2, **a), x
            yield "avg_pool2d", lambda x, a=a: F.avg_pool2d(x, 2, **a), y
            yield "avg_pool2d", lambda x, a=a: F.avg_pool2d(x, (3, 2), (2, 3), 1, **a), y
            yield "avg_pool3d", lambda x, a=a: F.avg_pool3d(x, 3, 2, 1, **a), z
    yield "avg_pool2d", lambda x: F.avg_pool2d(x, 3, 2, 1, divisor_override=5), y
    yield "max_pool2d", lambda x: F.max_pool2d(x, 2, return_indices=True), y
    yield "lp_pool2d", lambda x: F.lp_pool2d(x, 2, 2), y
    for size in (1, 3, 5, 12):
        yield "adaptive_avg_pool1d", lambda x, s=size: F.adaptive_avg_pool1d(x, s), x
        yield "adaptive_max_pool1d", lambda x, s=size: F.adaptive_max_pool1d(x, s), x
        yield "adaptive_avg_pool2d", lambda x, s=size: F.adaptive_avg_pool2d(x, (s, 2)), y
        yield "adaptive_max_pool2d", lambda x, s=size: F.adaptive_max_pool2d(x, (2, s)), y
    yield "adaptive_avg_pool2d", lambda x: F.adaptive_avg_pool2d(x, (None, 2)), y
    yield "adaptive_avg_pool3d", lambda x: F.adaptive_avg_pool3d(x, 2), z
    for a in ({"size": (5, 13)}, {"scale_factor": 2}, {"scale_factor": (1.5, 0.7)},
              {"scale_factor": 1.3, "recompute_scale_factor": True}):
        for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area"):
            yield "interpolate", lambda x, a=a, m=mode: F.interpolate(x, mode=m, **a), y
            if mode in ("bilinear", "bicubic"):
                yield "interpolate", lambda x, a=a, m=mode: F.interpolate(
                    x, mode=m, align_corners=True, **a), y
    yield "interpolate", lambda x: F.interpolate(x, 1, mode="nearest"), y
    yield "interpolate", lambda x: F.interpolate(x, 1, mode="bilinear"), y
    yield "interpolate", lambda x: F.interpolate(x, 1, mode="bilinear", align_corners=True), y
    yield "interpolate", lambda x: F.interpolate(x, (4, 5), mode="bilinear", antialias=True), y
    for mode in ("nearest", "linear"):
        yield "interpolate", lambda x, m=mode: F.interpolate(x, 20, mode=m), x
        yield "interpolate", lambda x, m=mode: F.interpolate(x, scale_factor=1.7, mode=m), x
    yield "interpolate", lambda x: F.interpolate(x, scale_factor=1.7, mode="trilinear"), z
    yield "interpolate", lambda x: F.interpolate(x, scale_factor=0.6), z
    grid = torch.rand(2, 3, 4, 2) * 2.4 - 1.2
    for mode in ("bilinear", "nearest", "bicubic"):
        for pad in ("zeros", "border", "reflection"):
            for c in (False, True):
                yield "grid_sample", lambda x, g, m=mode, p=pad, c=c: F.grid_sample(
                    x, g, m, p, align_corners=c), y, grid
    theta = torch.randn(2, 2, 3)
    for c in (False, True):
        yield "affine_grid", lambda t, c=c: F.affine_grid(t, (2, 3, 4, 5), align_corners=c), theta


def norms():
    x = torch.randn(2, 6, 5, 4)
    for shape in ((4,), (5, 4), (6, 5, 4)):
        yield "layer_norm", lambda x, w, b, s=shape: F.layer_norm(x, s, w, b, 1e-3), x, \
            torch.randn(shape), torch.randn(shape)
        yield "layer_norm", lambda x, s=shape: F.layer_norm(x, s), x
        yield "rms_norm", lambda x, w, s=shape: F.rms_norm(x, s, w), x, torch.randn(shape)
    yield "rms_norm", lambda x: F.rms_norm(x, (4,), eps=0.1), x
    for g in (1, 2, 3, 6):
        yield "group_norm", lambda x, w, b, g=g: F.group_norm(x, g, w, b), x, torch.randn(6), \
            torch.randn(6)
    yield "group_norm", lambda x: F.group_norm(x, 2), x
    yield "instance_norm", lambda x: F.instance_norm(x, eps=1e-2), x
    yield "instance_norm", lambda x, w, b: F.instance_norm(x, weight=w, bias=b), x, \
        torch.randn(6), torch.randn(6)
    for m in (nn.BatchNorm2d(6), nn.BatchNorm2d(6, eps=0.1, affine=False)):
        m.running_mean = torch.randn(6)
        m.running_var = torch.rand(6) + 0.5
        yield "batch_norm", m.eval(), x
    m = nn.BatchNorm1d(6).eval()
    m.running_mean = torch.randn(6)
    yield "batch_norm", m, torch.randn(3, 6)
    yield "instance_norm", nn.InstanceNorm2d(6, track_running_stats=True).eval(), x
    yield "batch_norm", nn.BatchNorm2d(6, track_running_stats=False).eval(), x
    for size in (1, 2, 3, 4, 5):
        yield "local_response_norm", lambda x, s=size: F.local_response_norm(x, s, 0.1, 0.5, 2), x
    yield "dropout", lambda x: F.dropout(x, training=False), x


class State(nn.Module):
    """The results of a recurrent layer as one tuple."""

    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, x, *states):
        y, h = self.m(x, states if len(states) == 2 else states[0]) if states else self.m(x)
        return (y, *h) if isinstance(h, tuple) else (y, h)


def recurrent():
    for kind in (nn.LSTM, nn.GRU, nn.RNN, lambda *a, **k: nn.RNN(*a, nonlinearity="relu", **k)):
        for layers in (1, 2):
            for two in (False, True):
                for first in (False, True):
                    m = kind(3, 4, num_layers=layers, bidirectional=two, batch_first=first,
                             bias=not (first and two))
                    name = type(m).__name__.lower()
                    yield name, State(m).eval(), torch.randn(2, 5, 3)
                    h = torch.randn(layers * (2 if two else 1), 2 if first else 5, 4)
                    yield name, State(m).eval(), torch.randn(2, 5, 3), h, \
                        *([h * 2] if name == "lstm" else [])
    yield "lstm", State(nn.LSTM(3, 4, proj_size=2)).eval(), torch.randn(2, 5, 3)
    yield "lstm", State(nn.LSTM(3, 4)).eval(), torch.randn(5, 3)
    yield "lstm_cell", nn.LSTMCell(3, 4), torch.randn(2, 3)
    yield "gru_cell", nn.GRUCell(3, 4), torch.randn(2, 3)
    yield "rnn_cell", nn.RNNCell(3, 4), torch.randn(2, 3)
    yield "multihead", lambda_mha(), torch.randn(2, 5, 8)
    yield "transformer", nn.TransformerEncoderLayer(8, 2, 16).eval(), torch.randn(5, 2, 8)


@torch.jit.script
def branches(x):
    if bool(x.sum() > 0):
        y = x * 2
    else:
        y = x - 1
    return y


@torch.jit.script
def turns(x, n: int):
    y = x
    for i in range(n):
        y = y * 2 + i
    return y


@torch.jit.script
def halves(x):
    y = x
    while bool(y.abs().max() > 1):
        y = y / 2
    return y


def control():
    x = torch.randn(3, 4)
    for f in (branches, halves):
        yield "control", f, x * 5
        yield "control", f, -x * 5
    yield "control", lambda x: turns(x, 3), x
    yield "control", lambda x: turns(x, 0), x
    lstm = nn.LSTM(3, 4).eval().requires_grad_(False)
    yield "control", lambda x: lstm(x)[1][0] + 1, torch.randn(2, 1, 3)


def lambda_mha():
    m = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    return Both(m)


class Both(nn.Module):
    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, x):
        return self.m(x, x, x, need_weights=False)[0]


def cases():
    for part in (reductions, elements, products, shapes, windows, norms, recurrent, control):
        yield from part()
