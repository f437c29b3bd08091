# SPDX-License-Identifier: Apache-2.0
"""Models that no rule was made with: blocks of common nets put together at random, traced,
scripted and exported, for align.py to convert. Another seed, other models."""
import math, random
import torch
from torch import nn
from torch.nn import functional as F


# ---- of images: [1, c, h, w] to the same ----

class ConvNorm(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.k = r.choice([1, 3, 5])
        self.conv = nn.Conv2d(c, c, self.k, padding=self.k // 2, bias=r.random() < 0.5, groups=r.choice([1, 1, c]))
        self.norm = r.choice([nn.BatchNorm2d(c), nn.GroupNorm(2, c), nn.InstanceNorm2d(c, affine=True), nn.Identity()])
        self.act = r.choice([nn.ReLU(), nn.SiLU(), nn.GELU(), nn.Hardswish(), nn.ReLU6(), nn.LeakyReLU(0.1), nn.ELU(),
                             nn.Mish(), nn.PReLU(c), nn.Tanh(), nn.Softplus(), nn.Sigmoid(), nn.Hardsigmoid()])

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Residual(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.one, self.two = ConvNorm(c, r), nn.Conv2d(c, c, 3, padding=1)
        self.bn = nn.BatchNorm2d(c)

    def forward(self, x):
        return F.relu(x + self.bn(self.two(self.one(x))))


class Squeeze(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(c, c // 2, 1), nn.Conv2d(c // 2, c, 1)
        self.hard = r.random() < 0.5

    def forward(self, x):
        s = F.adaptive_avg_pool2d(x, 1)
        s = self.fc2(F.relu(self.fc1(s)))
        return x * (F.hardsigmoid(s) if self.hard else torch.sigmoid(s))


class Spatial(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x):
        m = torch.cat([x.mean(1, keepdim=True), torch.amax(x, 1, keepdim=True)], 1)
        return x * self.conv(m).sigmoid()


class Next(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.dw, self.norm = nn.Conv2d(c, c, 7, padding=3, groups=c), nn.LayerNorm(c)
        self.up, self.down = nn.Linear(c, 2 * c), nn.Linear(2 * c, c)
        self.gamma = nn.Parameter(torch.rand(c))

    def forward(self, x):
        y = self.norm(self.dw(x).permute(0, 2, 3, 1))
        y = self.gamma * self.down(F.gelu(self.up(y)))
        return x + y.permute(0, 3, 1, 2)


class Cross(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.a, self.b = nn.Conv2d(c // 2, c // 2, 3, padding=1), nn.Conv2d(c, c, 1)

    def forward(self, x):
        p, q = x.chunk(2, dim=1)
        return self.b(torch.cat((F.silu(self.a(p)), q), dim=1))


class Shuffle(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.up = nn.Conv2d(c, 4 * c, 1)
        self.mode = r.choice(["pixel", "nearest", "bilinear", "transposed"])
        self.t = nn.ConvTranspose2d(c, c, 2, stride=2)

    def forward(self, x):
        if self.mode == "pixel":
            y = F.pixel_shuffle(self.up(x), 2)
        elif self.mode == "nearest":
            y = F.interpolate(x, scale_factor=2.0, mode="nearest")
        elif self.mode == "bilinear":
            y = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        else:
            y = self.t(x)
        return F.max_pool2d(y, 2) - F.avg_pool2d(y, 2)


class Focus(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.conv = nn.Conv2d(4 * c, c, 3, padding=1)
        self.t = nn.ConvTranspose2d(c, c, 4, stride=2, padding=1)

    def forward(self, x):
        y = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        return self.t(self.conv(y).clamp(-3, 3))


class Mixed(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.pad, self.conv = r.choice(["constant", "reflect", "replicate"]), nn.Conv2d(c, c, 3)
        self.roll = r.random() < 0.3
        self.scale, self.shift = nn.Parameter(torch.rand(1, c, 1, 1)), nn.Parameter(torch.rand(c, 1, 1))

    def forward(self, x):
        y = self.conv(F.pad(x, (1, 1, 1, 1), mode=self.pad)) * self.scale + self.shift
        if self.roll:
            y = torch.flip(y, [3])
        return torch.where(y > 0, y, y.exp() - 1) / 1.5


class Stats(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.w = nn.Linear(2 * c, c)

    def forward(self, x):
        m, s = x.mean((2, 3)), x.flatten(2).std(2)
        g = torch.tanh(self.w(torch.cat([m, s], 1)))
        return x * g.unsqueeze(-1).unsqueeze(-1) + torch.sqrt(x.abs() + 1e-3)


class Pooling(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.proj = nn.Conv2d(3 * c, c, 1)

    def forward(self, x):
        a = F.max_pool2d(x, 3, 1, 1)
        b = F.max_pool2d(a, 3, 1, 1)
        return self.proj(torch.cat([x, a, b], 1))


# ---- of sequences: [1, n, d] to the same ----

class Attention(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.h, self.qkv, self.out = 2, nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.causal = r.random() < 0.4
        self.register_buffer("mask", torch.triu(torch.full((64, 64), -1e4), 1))

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.h, d // self.h).permute(2, 0, 3, 1, 4).unbind(0)
        a = (q @ k.transpose(-2, -1)) / math.sqrt(d // self.h)
        if self.causal:
            a = a + self.mask[:n, :n]
        return self.out((a.softmax(-1) @ v).transpose(1, 2).reshape(b, n, d))


class Heads(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(d, d, bias=r.random() < 0.5) for _ in range(4))
        self.h = 2

    def forward(self, x):
        b, n, d = x.shape
        q = self.q(x).view(b, n, self.h, d // self.h).transpose(1, 2)
        k = self.k(x).view(b, n, self.h, d // self.h).transpose(1, 2)
        v = self.v(x).view(b, n, self.h, d // self.h).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.o(y.transpose(1, 2).contiguous().view(b, n, d))


class Rope(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.p = nn.Linear(d, d, bias=False)
        f = torch.outer(torch.arange(64.0), 1.0 / 10000 ** (torch.arange(0, d, 2).float() / d))
        self.register_buffer("cos", torch.cat([f.cos(), f.cos()], 1))
        self.register_buffer("sin", torch.cat([f.sin(), f.sin()], 1))

    def forward(self, x):
        y = self.p(x)
        n, half = y.shape[1], y.shape[2] // 2
        turned = torch.cat((-y[..., half:], y[..., :half]), dim=-1)
        return x + y * self.cos[:n] + turned * self.sin[:n]


class Rms(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.w = nn.Parameter(torch.rand(d))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.w


class Gated(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(d, 2 * d), nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
        self.norm = nn.LayerNorm(d)
        self.act = r.choice([F.silu, F.gelu, torch.sigmoid, torch.relu])

    def forward(self, x):
        y = self.norm(x)
        return x + self.c(self.act(self.a(y)) * self.b(y))


class Glu(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.a, self.norm, self.b = nn.Linear(d, 2 * d), nn.LayerNorm(d), nn.Linear(d, d)

    def forward(self, x):
        u, g = self.a(x).chunk(2, -1)
        return self.norm(self.b(u * F.gelu(g)) + x)


class Recur(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.rnn = r.choice([nn.LSTM, nn.GRU])(d, d // 2, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.rnn(x)[0]


class Temporal(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.conv, self.bn = nn.Conv1d(d, d, 3, dilation=2), nn.BatchNorm1d(d)

    def forward(self, x):
        y = F.pad(x.transpose(1, 2), (4, 0))
        return x + F.relu(self.bn(self.conv(y))).transpose(1, 2)


class Linear(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x):
        q, k, v = F.elu(self.q(x)) + 1, F.elu(self.k(x)) + 1, self.v(x)
        kv = torch.einsum("bnd,bne->bde", k, v)
        z = 1 / (torch.einsum("bnd,bd->bn", q, k.sum(1)) + 1e-6)
        return torch.einsum("bnd,bde->bne", q, kv) * z.unsqueeze(-1)


class Window(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.p, self.bias = nn.Linear(d, d), nn.Parameter(torch.rand(1, 4, 4))

    def forward(self, x):
        b, n, d = x.shape
        w = x.view(b, n // 4, 4, d)
        a = torch.matmul(w, w.transpose(2, 3)) * d ** -0.5 + self.bias
        return self.p(torch.matmul(F.softmax(a, dim=-1), w)).view(b, n, d)


class Shift(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.mix, self.k = nn.Parameter(torch.rand(d)), nn.Linear(d, d)

    def forward(self, x):
        before = torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], 1)
        y = x * self.mix + before * (1 - self.mix)
        return torch.square(torch.relu(self.k(y)))


class Picked(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.score = nn.Linear(d, 1)
        self.codes = nn.Embedding(16, d)
        self.register_buffer("index", torch.tensor([3, 1, 0, 2]))

    def forward(self, x):
        p = torch.softmax(self.score(x).squeeze(-1), -1).unsqueeze(1)
        pooled = torch.bmm(p, x)
        c = self.codes(self.index).unsqueeze(0)
        m = torch.index_select(c, 1, self.index).sum(1, keepdim=True)
        return x + pooled - F.normalize(m, dim=-1)


class Cumulated(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.p = nn.Linear(d, d)

    def forward(self, x):
        y = torch.cumsum(self.p(x), 1)
        lo, hi = y.min(-1, keepdim=True)[0], y.max(-1, keepdim=True)[0]
        return (y - lo) / (hi - lo + 1e-3)


class Masked(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.a, self.b = nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x):
        y, z = self.a(x), self.b(x)
        y = y.masked_fill(z < 0, 0.0)
        return torch.maximum(y, z) * torch.stack([y, z], -1).sum(-1).neg()


class Doubled(nn.Module):
    def __init__(self, d, r):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.at, self.ff = Attention(d, r), nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * d, d))

    def forward(self, x):
        x = x + self.at(self.norm1(x))
        return x + self.ff(self.norm2(x))


IMAGE = [ConvNorm, ConvNorm, Residual, Squeeze, Spatial, Next, Cross, Shuffle, Focus, Mixed, Stats, Pooling]
TOKEN = [Attention, Heads, Rope, Rms, Gated, Glu, Recur, Temporal, Linear, Window, Shift, Picked, Cumulated, Masked,
         Doubled]


class ImageNet(nn.Module):
    def __init__(self, r, image, _):
        super().__init__()
        c = r.choice([4, 8])
        self.stem = nn.Conv2d(3, c, 3, stride=2, padding=1)
        self.body = nn.Sequential(*[r.choice(image)(c, r) for _ in range(r.randint(3, 7))])
        self.head = nn.Linear(c, 5)

    def forward(self, x):
        x = self.body(self.stem(x))
        return F.log_softmax(self.head(F.adaptive_avg_pool2d(x, 1).flatten(1)), 1)


class TokenNet(nn.Module):
    def __init__(self, r, _, token):
        super().__init__()
        d = 8
        self.words, self.place = nn.Embedding(20, d), nn.Parameter(torch.rand(1, 8, d))
        self.body = nn.Sequential(*[r.choice(token)(d, r) for _ in range(r.randint(3, 7))])
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, 20, bias=False)

    def forward(self, ids):
        return self.head(self.norm(self.body(self.words(ids) + self.place)))


class MixedNet(nn.Module):
    def __init__(self, r, image, token):
        super().__init__()
        c = 8
        self.stem = nn.Conv2d(3, c, 4, stride=4)
        self.low = nn.Sequential(*[r.choice(image)(c, r) for _ in range(r.randint(1, 3))])
        self.high = nn.Sequential(*[r.choice(token)(c, r) for _ in range(r.randint(2, 4))])
        self.head = nn.Linear(c, 3)

    def forward(self, x):
        x = self.low(self.stem(x)).flatten(2).transpose(1, 2)
        y = self.high(x)
        return self.head(y.mean(1)), torch.argmax(y, -1)


def freshen(module, r):
    """Weights apart from one another, also where they start as zeros and ones."""
    with torch.no_grad():
        for p in list(module.parameters()) + [b for b in module.buffers() if b.is_floating_point() and b.numel() < 64]:
            if p.std() == 0 or p.numel() == 1:
                p.add_(torch.rand(p.shape) * 0.3)
    return module.eval()


def model(seed, without=()):
    """(module, example inputs), of blocks but those named: weights too come from the seed."""
    r = random.Random(seed)
    torch.manual_seed(seed)
    image, token = ([b for b in blocks if b.__name__ not in without] for blocks in (IMAGE, TOKEN))
    net = r.choice([ImageNet, TokenNet, MixedNet])(r, image, token)
    x = torch.randint(0, 20, (1, 8)) if isinstance(net, TokenNet) else torch.rand(1, 3, 16, 16)
    return freshen(net, r), (x,)
