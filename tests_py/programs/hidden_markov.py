"""The forward algorithm in log space, trained by gradient; Viterbi by max and backpointers."""

import torch
import torch.nn as nn


class HMM(nn.Module):
    def __init__(self, states, symbols):
        super().__init__()
        self.prior = nn.Parameter(torch.randn(states))
        self.trans = nn.Parameter(torch.randn(states, states))
        self.emit = nn.Parameter(torch.randn(states, symbols))

    def log_prob(self, x):
        trans = self.trans.log_softmax(1)
        emit = torch.log_softmax(self.emit, dim=1)
        alpha = self.prior.log_softmax(0) + emit[:, x[:, 0]].t()
        for t in range(1, x.shape[1]):
            alpha = torch.logsumexp(alpha.unsqueeze(2) + trans, dim=1) + emit[:, x[:, t]].T
        return alpha.logsumexp(dim=1)

    @torch.no_grad()
    def viterbi(self, x):
        trans, emit = self.trans.log_softmax(1), self.emit.log_softmax(1)
        score, back = self.prior.log_softmax(0) + emit[:, x[0]], []
        for symbol in x[1:]:
            best, pointers = torch.max(score[:, None] + trans, dim=0)
            score = best + emit[:, symbol]
            back.append(pointers)
        path = [score.argmax().item()]
        for pointers in reversed(back):
            path.append(pointers[path[-1]].item())
        return path[::-1]


torch.manual_seed(14)
x = (
    (torch.arange(10)[None] + torch.randint(0, 3, (24, 1))) % 3 + 3 * (torch.rand(24, 10) < 0.1)
).clamp_max(4)
model = HMM(3, 5)
optimizer = torch.optim.Adadelta(model.parameters(), lr=5.0)
for step in range(60):
    loss = -model.log_prob(x).mean() / x.size(1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 19:
        print(
            step, f"{loss.item():.4f}", f"{model.trans.exp().sum(dim=-1).log().mean().item():.3f}"
        )
print(model.viterbi(x[0]), x[0].tolist())
print(torch.exp(model.log_prob(torch.cartesian_prod(*[torch.arange(5)] * 3))).sum())
