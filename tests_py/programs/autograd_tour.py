"""What autograd promises: leaves, accumulation, retained graphs, detaching, hooks, errors."""

import torch

x = torch.ones(2, 2, requires_grad=True)
y = x + 2
z = y * y * 3
out = z.mean()
print(y, z, out, y.grad_fn is not None, x.grad_fn)
out.backward()
print(x.grad)
out = (x * 2).sum()
out.backward(retain_graph=True)
out.backward()
print(x.grad, x.grad.requires_grad)
x.grad.zero_()
y = x
while y.data.norm() < 10:
    y = y * 2
v = torch.tensor([[0.1, 1.0], [0.0001, 1.0]])
y.backward(v)
print(y, x.grad)
with torch.no_grad():
    print((x**2).requires_grad)
print(x.detach().requires_grad, x.eq(x.detach()).all())
inp = torch.eye(4, 5, requires_grad=True)
out = (inp + 1).pow(2).t()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"First call\n{inp.grad}")
out.backward(torch.ones_like(out), retain_graph=True)
print(f"Second call\n{inp.grad}")
inp.grad = None
out.backward(torch.ones_like(out))
print(inp.grad is not None)

w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
h = w * 2
h.retain_grad()
h.register_hook(lambda g: g * 10)
(h**2).sum().backward()
print(h.grad, w.grad, w.is_leaf, h.is_leaf)
(g,) = torch.autograd.grad((w**3).sum(), w)
print(g, torch.autograd.grad(w.sum(), w, grad_outputs=None)[0])
for attempt in (
    lambda: w.add_(1),
    lambda: (w * 2).backward(),
    lambda: torch.tensor([1, 2], requires_grad=True),
    lambda: torch.zeros(2).sum().backward(),
    lambda: w.numpy(),
    lambda: torch.ones(2, 3) @ torch.ones(2, 3),
    lambda: torch.ones(3)[5],
    lambda: torch.ones(2, 3).view(4),
    lambda: torch.cat([torch.ones(2, 2), torch.ones(3, 3)]),
    lambda: torch.zeros(2, dtype=torch.long).mean(),
    lambda: bool(torch.ones(2)),
    lambda: torch.nn.Linear(3, 2)(torch.ones(1, 4)),
    lambda: torch.nn.CrossEntropyLoss()(torch.ones(1, 3), torch.tensor([3])),
    lambda: torch.ones(2).item(),
    lambda: torch.tensor([[1], [2, 3]]),
    lambda: torch.nn.Linear(2, 2).nothing,
):
    try:
        print("no error", attempt())
    except Exception as error:
        print(type(error).__name__)
t = torch.ones(3, requires_grad=True)
s = (t * 2).exp()
s.add_(1)
try:
    s.sum().backward()
except RuntimeError as error:
    print("modified by an inplace operation" in str(error))
a = torch.tensor(2.0, requires_grad=True)
for _ in range(3):
    (a * 3).backward()
print(a.grad, a.data, a._version)
with torch.enable_grad():
    print(torch.is_grad_enabled())


class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, i):
        result = i.exp()
        ctx.save_for_backward(result)
        ctx.constant = 2
        return result

    @staticmethod
    def backward(ctx, grad_output):
        (result,) = ctx.saved_tensors
        return grad_output * result * ctx.constant


q = torch.zeros(2, requires_grad=True)
Exp.apply(q).sum().backward()
print(
    q.grad,
    torch.autograd.gradcheck(
        lambda i: i.tanh(), torch.ones(2, dtype=torch.double, requires_grad=True)
    ),
)
