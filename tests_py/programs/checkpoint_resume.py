"""Training broken off, saved, loaded into fresh objects and continued: the same numbers."""

import io
import os
import tempfile

import torch
import torch.nn as nn


def build():
    torch.manual_seed(77)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=20)
    return model, optimizer, scheduler


def train(model, optimizer, scheduler, steps):
    for _ in range(steps):
        x = torch.randn(16, 4)
        loss = nn.functional.l1_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return loss.item()


model, optimizer, scheduler = build()
print(f"{train(model, optimizer, scheduler, 10):.5f}")
path = os.path.join(tempfile.mkdtemp(), "checkpoint.pt")
torch.save(
    {
        "epoch": 10,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "rng": torch.get_rng_state(),
    },
    path,
)
straight = train(model, optimizer, scheduler, 10)

model, optimizer, scheduler = build()
checkpoint = torch.load(path, weights_only=True)
model.load_state_dict(checkpoint["model"])
optimizer.load_state_dict(checkpoint["optimizer"])
scheduler.load_state_dict(checkpoint["scheduler"])
torch.set_rng_state(checkpoint["rng"])
resumed = train(model, optimizer, scheduler, 10)
print(f"{straight:.5f} {resumed:.5f} {straight == resumed} {scheduler.get_last_lr()}")
state = optimizer.state_dict()
print(state["param_groups"][0]["params"], sorted(state["state"][0]), state["state"][0]["step"])
buffer = io.BytesIO()
torch.save([torch.arange(3), {"a": (1, 2.5, "s", None)}], buffer)
buffer.seek(0)
print(torch.load(buffer), sorted(checkpoint))
