# SPDX-License-Identifier: Apache-2.0
"""Writes tests/seeds/script.pt: a TorchScript archive of a few hundred bytes of code
with every structure the reader knows, stored without compression."""
import struct
import sys
import zipfile

CODE = '''\
class M(Module):
  __parameters__ = ["w", ]
  w : Tensor
  n : int
  k : __torch__.K
  def forward(self: __torch__.M,
    x: Tensor) -> Tuple[Tensor, int]:
    w = self.w
    k = self.k
    if bool(torch.gt(torch.sum(x), 0)):
      y = (k).forward(torch.add(x, w), )
    else:
      y = torch.relu(x)
    l = annotate(List[int], [])
    for i in range(3):
      _0 = torch.append(l, i)
    def __forked_function():
      return __torch__.f(y, None, )
    g = torch.wait(fork(__forked_function))
    p = __torch__.P(g, 2.5)
    d = {"a": (p).v, "b": CONSTANTS.c0}
    self.n = l[-1]
    return (d["a"], torch.len(l))
class K(Module):
  def forward(self: __torch__.K,
    x: Tensor) -> Tensor:
    a, b, = torch.chunk(x, 2)
    return torch.div_(a, -1)
class P(NamedTuple):
  v : Tensor
  s : float
def f(x: Tensor,
    y: Optional[int]=None) -> Tensor:
  if torch.__isnot__(y, None):
    z = torch.mul(x, unchecked_cast(int, y))
  else:
    z = x
  return z
'''


def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def tensor(key, dims):
    n, strides = 1, []
    for d in reversed(dims):
        strides.insert(0, n)
        n *= d
    ints = lambda v: b"(" + b"".join(b"K" + bytes([i]) for i in v) + b"t"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\nFloatStorage\n" +
            text(key) + text("cpu") + b"K" + bytes([n]) + b"tQK\0" + ints(dims) + ints(strides) +
            b"\x89ccollections\nOrderedDict\n)RtR")


def obj(name, state):
    return b"c__torch__\n" + name + b"\n)\x81}(" + state + b"ub"


data = obj(b"M", text("w") + tensor("0", [2]) + text("n") + b"K\1" + text("k") + obj(b"K", b""))
place = CODE.index("torch.relu")
debug = (b"(" + text("FORMAT_WITH_STRING_TABLE") + b"(" + text("") + text("m.py(7): forward\n") +
         b"t((M" + struct.pack("<H", place) + b"((](K\1eK\0K\7tK\0K\4tK\0tttt")
members = {
    "data.pkl": b"\x80\2" + data + b".",
    "code/__torch__.py": CODE.encode(),
    "code/__torch__.py.debug_pkl": b"\x80\2" + debug[:-1] + b".",
    "constants.pkl": b"\x80\2(" + tensor("0", [1, 1]) + b"t.",
    "traced_inputs.pkl": b"\x80\2}(" + text("forward") + b"](" + tensor("0", [2, 3]) + b"eu.",
    "data/0": struct.pack("<2f", 1, -2),
    "constants/0": struct.pack("<f", 3),
    "version": b"3\n",
}
with zipfile.ZipFile(sys.argv[1], "w") as z:
    for name, content in members.items():
        z.writestr(zipfile.ZipInfo("m/" + name), content)
