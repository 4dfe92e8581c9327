"""A line through noisy points: numpy in, nn.Linear, SGD, a checkpoint on disk."""

import os
import tempfile

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(1)
rng = np.random.RandomState(0)
x_train = rng.rand(40, 1).astype(np.float32) * 10
y_train = (1.7 * x_train - 3.0 + rng.randn(40, 1) * 0.5).astype(np.float32)

model = nn.Linear(1, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

inputs = torch.from_numpy(x_train)
targets = torch.from_numpy(y_train)
for epoch in range(60):
    outputs = model(inputs)
    loss = criterion(outputs, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if (epoch + 1) % 10 == 0:
        print(f"Epoch [{epoch + 1}/60], Loss: {loss.item():.4f}")

predicted = model(torch.from_numpy(x_train)).detach().numpy()
print("first", predicted[:3].round(3).tolist())
path = os.path.join(tempfile.mkdtemp(), "model.ckpt")
torch.save(model.state_dict(), path)
again = nn.Linear(1, 1)
print(again.load_state_dict(torch.load(path)))
print(torch.equal(again.weight, model.weight), again.bias.shape)
