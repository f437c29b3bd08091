# SPDX-License-Identifier: Apache-2.0
"""A small picture classifier in two versions. BlockedNet uses three operations
that coremltools 9.0 has no converter for; MendedNet computes the same numbers
without them. make_examples.py turns both into the model files beside this one."""
import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        batch, tokens, dim = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) * (dim // self.heads) ** -0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Levels(nn.Module):
    """An embedding chosen by how bright a patch is on average."""

    def __init__(self, dim):
        super().__init__()
        self.register_buffer("edges", torch.tensor([-1.0, -0.3, 0.3, 1.0]))
        self.table = nn.Embedding(5, dim)

    def level(self, brightness):
        return torch.bucketize(brightness, self.edges)

    def forward(self, x):
        return x + self.table(self.level(x.mean(-1)))


class MendedLevels(Levels):
    def level(self, brightness):
        return (brightness.unsqueeze(-1) > self.edges).to(torch.int32).sum(-1)


class Prototypes(nn.Module):
    """Scores by the distance to one learned point for each class."""

    def __init__(self, dim, classes):
        super().__init__()
        self.points = nn.Parameter(torch.randn(classes, dim))

    def distance(self, x):
        return torch.cdist(x, self.points)

    def forward(self, x):
        return -self.distance(x)


class MendedPrototypes(Prototypes):
    def distance(self, x):
        return (x.unsqueeze(1) - self.points).square().sum(-1).sqrt()


class BlockedNet(nn.Module):
    levels, prototypes = Levels, Prototypes

    def __init__(self, dim=16, heads=2, depth=2, classes=4):
        super().__init__()
        self.stem = nn.Conv2d(3, dim, 8, 8)
        self.level = self.levels(dim)
        self.blocks = nn.Sequential(*(Block(dim, heads) for _ in range(depth)))
        self.head = self.prototypes(dim, classes)

    def activation(self, x):
        return F.celu(x)

    def forward(self, image):
        x = self.activation(self.stem(image)).flatten(2).transpose(1, 2)
        x = self.blocks(self.level(x))
        return self.head(x.mean(1))


class MendedNet(BlockedNet):
    levels, prototypes = MendedLevels, MendedPrototypes

    def activation(self, x):
        return F.elu(x)
