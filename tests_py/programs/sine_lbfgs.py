"""The next value of sine waves, by LBFGS with a closure, then the future predicted step by step."""

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

np.random.seed(2)
torch.manual_seed(0)
T, L, N = 5, 60, 12
x = np.empty((N, L), "int64")
x[:] = np.array(range(L)) + np.random.randint(-4 * T, 4 * T, N).reshape(N, 1)
data = torch.from_numpy(np.sin(x / 1.0 / T).astype("float64"))
windows = data.unfold(1, 11, 1)
input, target = windows[..., :10].reshape(-1, 10), windows[..., 10].reshape(-1)
seq = nn.Sequential(nn.Linear(10, 8), nn.Softplus(), nn.Linear(8, 1))
seq.double()
criterion = nn.MSELoss()
optimizer = optim.LBFGS(seq.parameters(), lr=0.8)
for i in range(3):

    def closure():
        optimizer.zero_grad()
        loss = criterion(seq(input).squeeze(-1), target)
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    print("STEP:", i, "loss:", f"{loss.item():.6f}")
with torch.no_grad():
    past = data[0, -10:].clone()
    for _ in range(5):
        past = torch.cat([past[1:], seq(past)])
    print([f"{v:.2f}" for v in past[-5:].tolist()])
optimizer = optim.LBFGS(seq.parameters(), lr=1, max_iter=5, line_search_fn="strong_wolfe")
print(f"{optimizer.step(closure).item():.5f}")
