"""Bayesian linear regression and a Gaussian process: solve, Cholesky, log-determinant."""

import math

import torch

torch.manual_seed(9)
torch.set_printoptions(precision=3, sci_mode=False)
x = torch.rand(15, 1, dtype=torch.double) * 4 - 2
y = torch.sin(2 * x) + 0.1 * torch.randn(15, 1, dtype=torch.double)
Phi = torch.cat([x**i for i in range(4)], dim=1)
A = Phi.t().mm(Phi) + 0.1 * torch.eye(4, dtype=torch.double)
w = torch.linalg.solve(A, Phi.t() @ y)
print("weights", w.squeeze())
print(torch.allclose(torch.inverse(A) @ A, torch.eye(4, dtype=torch.float64)), torch.det(A) > 0)


def rbf(a, b, log_length, log_scale):
    d = (a.unsqueeze(1) - b.unsqueeze(0)).pow(2).sum(-1)
    return torch.exp(log_scale) * torch.exp(-0.5 * d / torch.exp(log_length) ** 2)


log_length = torch.zeros(1, dtype=torch.double, requires_grad=True)
log_scale = torch.zeros(1, dtype=torch.double, requires_grad=True)
log_noise = torch.full((1,), -2.0, dtype=torch.double, requires_grad=True)
optimizer = torch.optim.Adam([log_length, log_scale, log_noise], lr=0.1)
for i in range(30):
    optimizer.zero_grad()
    K = rbf(x, x, log_length, log_scale) + torch.exp(log_noise) * torch.eye(15, dtype=torch.double)
    L = torch.linalg.cholesky(K)
    alpha = torch.linalg.solve(K, y)
    nll = 0.5 * (y * alpha).sum() + torch.log(torch.diagonal(L)).sum() + 7.5 * math.log(2 * math.pi)
    nll.backward()
    optimizer.step()
    if i % 10 == 9:
        print(i, f"{nll.item():.4f} {log_length.item():.4f} {log_noise.exp().item():.4f}")
grid = torch.linspace(-2, 2, 5, dtype=torch.double).unsqueeze(1)
with torch.no_grad():
    Ks = rbf(grid, x, log_length, log_scale)
    print((Ks @ alpha).squeeze(1), torch.logdet(K).item().__round__(4))
torch.set_printoptions(profile="default")
