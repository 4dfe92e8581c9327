"""Experts behind a top-k gate: softmax over the chosen, index_add back, a load-balancing loss."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Expert(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x):
        return self.net(x)


class MoE(nn.Module):
    def __init__(self, d, n_experts=4, k=2):
        super().__init__()
        self.gate = nn.Linear(d, n_experts, bias=False)
        self.experts = nn.ModuleList(Expert(d) for _ in range(n_experts))
        self.k = k

    def forward(self, x):
        logits = self.gate(x)
        weights, chosen = torch.topk(logits, self.k)
        weights = F.softmax(weights, dim=1, dtype=torch.float).to(x.dtype)
        results = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            batch, nth = torch.where(chosen == i)
            results.index_add_(0, batch, weights[batch, nth, None] * expert(x[batch]))
        density = F.one_hot(chosen, len(self.experts)).float().sum(1).mean(0)
        balance = (density * logits.softmax(-1).mean(0)).sum() * len(self.experts)
        return results, balance


torch.manual_seed(17)
moe = MoE(8)
head = nn.Linear(8, 1)
optimizer = torch.optim.AdamW(
    [{"params": moe.parameters()}, {"params": head.parameters(), "lr": 3e-3}], lr=1e-2
)
x = torch.randn(128, 8)
y = torch.where(x[:, 0] > 0, x[:, 1] * 2, -x[:, 2]).unsqueeze(1)
for step in range(40):
    out, balance = moe(x)
    loss = F.mse_loss(head(out), y) + 0.01 * balance
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        used = torch.bincount(moe.gate(x).topk(2).indices.flatten(), minlength=4)
        print(f"{step} loss {loss:.4f} balance {balance.item():.3f}", used.sum().item())
print(moe.gate.weight.grad.abs().sum() > 0, [g["lr"] for g in optimizer.param_groups])
