"""A tour of tensors as tutorials give it: creation, indexing, joining, in-place, numpy, printing."""

import numpy as np
import torch

torch.manual_seed(0)
data = [[1, 2], [3, 4]]
x_data = torch.tensor(data)
x_np = torch.from_numpy(np.array(data))
x_ones = torch.ones_like(x_data)
x_rand = torch.rand_like(x_data, dtype=torch.float)
print(f"Ones Tensor: \n {x_ones} \nRandom Tensor: \n {x_rand} \n")
shape = (2, 3)
print(torch.rand(shape), torch.ones(shape), torch.zeros(shape, dtype=torch.int8))
tensor = torch.rand(3, 4)
print(f"Shape of tensor: {tensor.shape} {tensor.dtype} {tensor.device}")
tensor = torch.ones(4, 4)
print("First row:", tensor[0], "Last column:", tensor[..., -1])
tensor[:, 1] = 0
print(torch.cat([tensor, tensor], dim=1))
y1 = tensor @ tensor.T
y2 = tensor.matmul(tensor.T)
y3 = torch.rand_like(tensor)
torch.matmul(tensor, tensor.T, out=y3)
print((y1 == y2).all(), torch.equal(y2, y3), (tensor * tensor).sum())
agg = tensor.sum()
print(agg.item(), type(agg.item()))
print(f"{tensor.add_(5)}")
t = torch.ones(5)
n = t.numpy()
t.add_(1)
print(f"t: {t}\nn: {n}")
np.add(n, 1, out=n)
print(t)

print(torch.arange(10, dtype=torch.float64) / 3, torch.linspace(0, 1, 5), torch.eye(3))
print(torch.tensor([1e10, 1.0]), torch.tensor([1e-8, 1.0]), torch.tensor(3.14159265))
print(torch.tensor([float("nan"), float("inf"), -1.0]), torch.tensor([True, False]))
print(torch.empty(0), torch.zeros(2, 0), torch.tensor([]), torch.full((2, 2), 7))
print(torch.arange(2000).view(40, 50))
print(torch.tensor([[0.1, 200.5], [-3.25, 1e4]]), torch.tensor([123456789, 1]))
print(torch.randn(2, 2, 2))

a = torch.arange(12).reshape(3, 4)
print(a[1:, ::2], a[a > 5], a[[0, 2], [1, 3]], a[:, None].shape, a[-1, -1])
a[a % 2 == 0] = -1
print(a, a.t().is_contiguous(), a.stride(), a.storage_offset())
v = a.view(4, 3)
v[0] = 100
print(a[0], a.max(), a.min(dim=1), a.float().mean(0))
try:
    a.t().view(-1)
except RuntimeError as error:
    print(type(error).__name__)
print(a.t().reshape(-1)[:3], a.unsqueeze(0).expand(2, -1, -1).shape, a.permute(1, 0).shape)
b = torch.tensor([3, 1, 2])
print(b.sort(), b.argsort(), b.cumsum(0), b.float().softmax(0), b.tolist(), len(b), 2 in b)
print(torch.stack([b, b]), torch.chunk(torch.arange(7), 3), torch.split(torch.arange(7), 3))
print(torch.where(b > 1, b, torch.zeros_like(b)), b.clamp(1, 2), b / 2, b // 2, b % 2, b**2, -b)
print(torch.tensor([1, 2]) + torch.tensor([0.5, 0.5]), (b == 1) | (b == 3), ~(b > 1))
print(torch.result_type(torch.tensor([1]), 1.5), torch.promote_types(torch.int32, torch.float16))
c = torch.randperm(5)
print(
    c,
    torch.randint(3, 9, (4,)),
    torch.normal(2.0, 0.5, size=(3,)),
    torch.bernoulli(torch.full((4,), 0.5)),
)
print(torch.tensor(5).item(), int(torch.tensor(5.7)), float(torch.tensor(2)), bool(torch.tensor(0)))
print(f"{torch.tensor(1.23456):.3f} {torch.tensor(7)} {torch.tensor(1.5)}")
print(torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij")[1], torch.outer(b, b))
print(torch.triu(torch.ones(3, 3)), torch.diag(b), torch.trace(torch.eye(4)), b.repeat(2, 2))
print(
    torch.logsumexp(torch.zeros(3), 0), torch.var(torch.arange(4.0)), torch.std(torch.arange(4.0))
)
print(torch.is_tensor(a), torch.numel(a), a.type(), a.double().type(), torch.get_default_dtype())
