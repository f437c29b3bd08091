# SPDX-License-Identifier: Apache-2.0
"""Models that take their time, that need another target, and that do harm while torch
loads or coremltools reads them.

usage: models.py FOLDER
"""
import os
import sys

import torch
from torch import nn


class Deep(nn.Module):
    """Some seconds of work for each stage."""

    def __init__(self, n):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.body = nn.Sequential(*[m for _ in range(n) for m in (
            nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())])

    def forward(self, x):
        return self.body(self.stem(x))


class Newer(nn.Module):
    def forward(self, x):
        return nn.functional.pixel_unshuffle(torch.relu(x), 2)


class Spin(nn.Module):
    """Never loaded: its state is set for ever."""

    def __init__(self):
        super().__init__()
        self.w = 1

    @torch.jit.export
    def __getstate__(self):
        return (self.w, self.training)

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]):
        n = state[0]
        while n > 0:
            self.w = n
        self.training = state[1]

    def forward(self, x):
        return x * 2


class Grow(nn.Module):
    """Takes all memory while it is loaded."""

    def __init__(self):
        super().__init__()
        self.w = 1
        self.t = torch.zeros(1)

    @torch.jit.export
    def __getstate__(self):
        return (self.w, self.training)

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]):
        self.w = state[0]
        self.training = state[1]
        t = torch.zeros(1000000)
        while self.w > 0:
            t = torch.cat([t, t])
        self.t = t

    def forward(self, x):
        return x * 2


class Around(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


class Huge(nn.Module):
    """A constant of 14 GB, in a file of 2 KB."""

    def forward(self, x):
        return x + torch.zeros(60000, 60000).sum()


def main():
    os.chdir(sys.argv[1])
    image = torch.zeros(1, 3, 16, 16)
    torch.jit.save(torch.jit.trace(Deep(80).eval(), image), "deep.pt")
    torch.jit.save(torch.jit.trace(Deep(1).eval(), image), "plain.pt")
    torch.jit.save(torch.jit.trace(Newer().eval(), torch.zeros(1, 2, 4, 4)), "newer.pt")
    torch.jit.save(torch.jit.script(Around(Spin())), "spin.pt")
    torch.jit.save(torch.jit.script(Around(Grow())), "grow.pt")
    torch.jit.save(torch.jit.script(Huge()), "huge.pt")


main()
