"""Two moons, a small tanh net and a max-margin loss with L2, learning rate falling by hand."""

import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(5)
t = rng.uniform(0, np.pi, 100)
upper = np.stack([np.cos(t), np.sin(t)], 1)
lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
X = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (200, 2))
y = np.concatenate([np.ones(100), -np.ones(100)])

torch.manual_seed(5)
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
print(model)
print("number of parameters", sum(p.numel() for p in model.parameters()))
inputs, targets = torch.tensor(X, dtype=torch.float32), torch.FloatTensor(y)
for k in range(80):
    scores = model(inputs).squeeze(1)
    data_loss = (1 - targets * scores).relu().mean()
    reg_loss = 1e-4 * sum((p * p).sum() for p in model.parameters())
    total_loss = data_loss + reg_loss
    accuracy = ((scores > 0) == (targets > 0)).float().mean()
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    if k % 20 == 0:
        print(f"step {k} loss {total_loss.data:.4f}, accuracy {accuracy * 100:.1f}%")
h = 0.5
xx, yy = np.meshgrid(np.arange(-1.5, 2.5, h), np.arange(-1, 1.5, h))
grid = torch.tensor(np.c_[xx.ravel(), yy.ravel()]).float()
with torch.no_grad():
    Z = (model(grid) > 0).view(xx.shape).numpy()
print(Z.astype(int).sum(), Z.shape, Z.dtype)
