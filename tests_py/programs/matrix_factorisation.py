"""A recommender: user and item factors picked with index_select, L2, held-out error."""

import torch
from torch.nn import Module, Parameter
from torch.optim import SGD


class MF(Module):
    def __init__(self, n_users, n_items, k=4):
        super().__init__()
        self.users = Parameter(torch.empty(n_users, k).normal_(std=0.3))
        self.items = Parameter(torch.empty(n_items, k).normal_(std=0.3))
        self.user_bias = Parameter(torch.zeros(n_users))
        self.item_bias = Parameter(torch.zeros(n_items))
        self.register_buffer("mean", torch.tensor(3.0))

    def forward(self, u, i):
        dot = (self.users.index_select(0, u) * torch.index_select(self.items, 0, i)).sum(dim=1)
        return self.mean + dot + self.user_bias[u] + self.item_bias[i]


torch.manual_seed(8)
truth = torch.randn(30, 3) @ torch.randn(3, 20)
ratings = (truth * 0.7 + 3).clamp(1, 5).round()
mask = torch.rand(30, 20) < 0.6
users, items = mask.nonzero(as_tuple=True)
values = ratings[mask]
order = torch.randperm(len(users))
train, test = order[: int(0.8 * len(order))], order[int(0.8 * len(order)) :]
print(mask.sum().item(), len(train), len(test), values.mean())
model = MF(30, 20)
model.mean.fill_(values[train].mean())
opt = SGD(model.parameters(), lr=0.5, weight_decay=1e-3, nesterov=True, momentum=0.8)
for epoch in range(40):
    for chunk in torch.split(train, 64):
        opt.zero_grad()
        loss = torch.mean((model(users[chunk], items[chunk]) - values[chunk]) ** 2)
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            rmse = torch.sqrt(((model(users[test], items[test]) - values[test]) ** 2).mean())
        print(f"epoch {epoch + 1:3d} train {loss.item():.3f} test rmse {rmse:.3f}")
scores = model.users @ model.items.T
print(scores.topk(3, dim=1).indices[:4].shape, list(model.state_dict().keys()))
print(torch.unique(ratings, return_counts=True))
