op_version_set = 0
def forward(self,
    x: Tensor) -> Tensor:
  return torch.addmm(self.bias, x, torch.t(self.weight), beta=1, alpha=1)
