"""A training script as people paste them: devices, autocast, scaler, compile, workers, writers."""

import argparse
import os
import random

import numpy as np
import torch
import torch.backends.cudnn as cudnn
import torch.distributed as dist
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--no-cuda", action="store_true")
args = parser.parse_args([])
use_cuda = not args.no_cuda and torch.cuda.is_available()
use_mps = torch.backends.mps.is_available()
device = torch.device("cuda" if use_cuda else "mps" if use_mps else "cpu")
print(device, torch.cuda.device_count(), dist.is_initialized(), torch.version.cuda)
random.seed(args.seed)
np.random.seed(args.seed)
torch.manual_seed(args.seed)
torch.cuda.manual_seed_all(args.seed)
cudnn.deterministic = True
cudnn.benchmark = False
torch.backends.cuda.matmul.allow_tf32 = True
torch.set_float32_matmul_precision("high")
torch.use_deterministic_algorithms(False)
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")
rank = int(os.environ.get("RANK", -1))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 32), nn.Hardswish(), nn.Linear(32, 3))

    def forward(self, x):
        return self.body(x)


x = torch.randn(96, 8)
y = (x.sum(1) > 0).long() + (x[:, 0] > 1).long()
loader = DataLoader(
    TensorDataset(x, y), batch_size=32, shuffle=True, num_workers=0, pin_memory=use_cuda
)
model = Net().to(device)
if torch.cuda.device_count() > 1:
    model = nn.DataParallel(model)
model = torch.compile(model, disable=True)
optimizer = optim.AdamW(model.parameters(), lr=1e-2, fused=False)
scheduler = optim.lr_scheduler.SequentialLR(
    optimizer,
    [
        optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=2),
        optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9),
    ],
    milestones=[2],
)
scaler = torch.amp.GradScaler("cuda", enabled=use_cuda)
criterion = nn.CrossEntropyLoss().to(device)
for epoch in range(args.epochs):
    model.train()
    for batch_idx, (data, target) in enumerate(loader):
        data, target = data.to(device, non_blocking=True), target.to(device, non_blocking=True)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device_type="cpu", enabled=False):
            loss = criterion(model(data), target)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
        print(
            f"Train Epoch: {epoch} [{batch_idx * len(data)}/{len(loader.dataset)} "
            f"({100.0 * batch_idx / len(loader):.0f}%)]\tLoss: {loss.item():.6f}"
        )
print([f"{v:.5f}" for v in scheduler.get_last_lr()], rank)
if use_cuda:
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
print(
    torch.get_num_threads(),
    isinstance(torch.__version__, str),
    torch.__version__.split(".")[0].isdigit(),
)
