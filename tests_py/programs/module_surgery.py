"""Everything a Module can be asked: hooks, buffers, containers, state dicts, repr, apply."""

from collections import OrderedDict

import torch
import torch.nn as nn


class Residual(nn.Module):
    def __init__(self, d, depth):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(d, d) for _ in range(depth)])
        self.acts = nn.ModuleDict({"relu": nn.ReLU(), "leaky": nn.LeakyReLU()})
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(1)) for _ in range(depth)])
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.skip = nn.Identity()

    def forward(self, x, act="relu"):
        self.calls += 1
        for layer, scale in zip(self.layers, self.scales, strict=True):
            x = self.skip(x) + scale * self.acts[act](layer(x))
        return x

    def extra_repr(self):
        return f"depth={len(self.layers)}"


def init_weights(m):
    if type(m) is nn.Linear:
        nn.init.xavier_uniform_(m.weight)
        m.bias.data.fill_(0.01)


torch.manual_seed(13)
net = nn.Sequential(
    OrderedDict([("inp", nn.Linear(3, 4)), ("res", Residual(4, 2)), ("out", nn.Linear(4, 1))])
)
net.apply(init_weights)
print(net)
for name, p in net.named_parameters():
    print(name, tuple(p.shape), p.requires_grad)
print([n for n, _ in net.named_children()], [n for n, _ in net.named_modules()][:4])
print([n for n, _ in net.named_buffers()], list(net.state_dict()))

seen = []
handle = net.res.register_forward_hook(lambda m, i, o: seen.append((type(m).__name__, o.shape)))
pre = net.out.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
back = net.out.register_full_backward_hook(
    lambda m, gi, go: seen.append((gi[0].shape, go[0].sum().item()))
)
x = torch.randn(5, 3)
net(x).sum().backward()
handle.remove(), pre.remove(), back.remove()
net(x)
print(seen, net.res.calls)

for p in net.inp.parameters():
    p.requires_grad = False
print(sum(p.numel() for p in net.parameters() if p.requires_grad))
net.out = nn.Linear(4, 2)
print(net.out, net[0] is net.inp, len(net))
state = net.state_dict()
state["out.weight"] = torch.zeros(3, 4)
del state["inp.bias"]
state["ghost"] = torch.zeros(1)
try:
    net.load_state_dict(state)
except RuntimeError as error:
    print(error)
print(net.load_state_dict({"inp.bias": torch.ones(3 + 1)}, strict=False).missing_keys[:2])
net.eval()
print(net.training, net.res.layers[0].training, next(net.parameters()).device)
net.double()
print(net.inp.weight.dtype, net.res.calls.dtype, net.res.get_parameter("scales.0").dtype)
a, b = nn.Linear(2, 2), nn.Linear(2, 2)
b.weight = a.weight
print(len(list(nn.ModuleList([a, b]).parameters())), nn.Sequential(a, b)[:1])
