"""An LSTM cell as a module of gates; the sum of a sequence remembered to its end."""

import math

import torch
from torch import Tensor, nn
from torch.nn import Parameter


class LSTMCell(nn.Module):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = Parameter(torch.Tensor(4 * hidden_size, hidden_size))
        self.bias = Parameter(torch.zeros(4 * hidden_size))
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            weight.data.uniform_(-stdv, stdv)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        hx, cx = state
        gates = torch.mm(x, self.weight_ih.t()) + torch.mm(hx, self.weight_hh.t()) + self.bias
        ingate, forgetgate, cellgate, outgate = gates.chunk(4, 1)
        cy = torch.sigmoid(forgetgate) * cx + torch.sigmoid(ingate) * torch.tanh(cellgate)
        hy = torch.sigmoid(outgate) * torch.tanh(cy)
        return hy, cy


torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
cell, head = LSTMCell(1, 16), nn.Linear(16, 1)
params = list(cell.parameters()) + list(head.parameters())
opt = torch.optim.Adam(params, lr=0.02)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=20, gamma=0.5)
for step in range(60):
    x = torch.rand(32, 8, 1) - 0.5
    h, c = torch.zeros(32, 16), torch.zeros(32, 16)
    for t in range(x.size(1)):
        h, c = cell(x[:, t], (h, c))
    loss = ((head(h) - x.sum(1)) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 15 == 14:
        print(step, f"{loss:.6f}", sched.get_last_lr(), h.dtype)
torch.set_default_dtype(torch.float32)
print([(name, tuple(p.shape)) for name, p in cell.named_parameters()])
