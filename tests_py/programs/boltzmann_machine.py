"""A restricted Boltzmann machine by contrastive divergence: Bernoulli units, outer products."""

import torch
import torch.nn.functional as F

torch.manual_seed(23)
patterns = torch.tensor([[1.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1, 0, 1, 0, 1, 0]])
v0 = patterns[torch.randint(0, 3, (64,))]
W = torch.randn(4, 6) * 1e-1
v_bias, h_bias = torch.zeros(6), torch.zeros(4)


def v_to_h(v):
    p_h = torch.sigmoid(F.linear(v, W, h_bias))
    return p_h, F.relu(torch.sign(p_h - torch.rand(p_h.size())))


def h_to_v(h):
    p_v = torch.sigmoid(F.linear(h, W.t(), v_bias))
    return p_v, p_v.bernoulli()


def free_energy(v):
    vbias_term = v.mv(v_bias)
    hidden_term = F.linear(v, W, h_bias).exp().add(1).log().sum(1)
    return (-hidden_term - vbias_term).mean()


for epoch in range(60):
    p_h0, h = v_to_h(v0)
    for _ in range(2):
        p_v, v = h_to_v(h)
        p_h, h = v_to_h(v)
    positive = torch.einsum("bh,bv->hv", p_h0, v0)
    negative = torch.matmul(p_h.t(), v)
    W += 0.1 * (positive - negative) / v0.size(0)
    v_bias.add_((v0 - v).mean(0), alpha=0.1)
    h_bias.add_(torch.mean(p_h0 - p_h, dim=0), alpha=0.1)
    if epoch % 20 == 19:
        error = (v0 - p_v).pow(2).mean()
        print(f"{epoch}: {error:.4f} energy {free_energy(v0):.3f}")
print(W.shape, W.abs().max() < 10, h.unique())
