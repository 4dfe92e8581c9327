"""A small net learns from a large one: KL divergence at a temperature, beside the labels."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim import lr_scheduler

torch.manual_seed(21)
x = torch.randn(300, 10)
y = (x[:, :3].sum(1) > 0).long() + 2 * (x[:, 3] * x[:, 4] > 0).long()


def mlp(width):
    return nn.Sequential(
        nn.Linear(10, width), nn.ReLU(inplace=True), nn.Dropout(0.1), nn.Linear(width, 4)
    )


def train(model, loss_of, epochs=15):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-4)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    best, best_state = 0.0, None
    for epoch in range(epochs):
        model.train()
        for part in range(0, 240, 60):
            optimizer.zero_grad()
            loss = loss_of(model, x[part : part + 60], y[part : part + 60])
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.set_grad_enabled(False):
            preds = model(x[240:]).argmax(1)
            acc = torch.sum(preds == y[240:].data).double() / 60
        if acc > best:
            best, best_state = acc, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    print(f"loss {loss.item():.4f} best {best:.3f} lr {scheduler.get_last_lr()[0]:.2e}")
    return model


teacher = train(mlp(64), lambda m, a, b: F.cross_entropy(m(a), b, label_smoothing=0.1))
T = 3.0


def distil(model, a, b):
    with torch.no_grad():
        soft = F.softmax(teacher(a) / T, dim=-1)
    student = F.log_softmax(model(a) / T, dim=-1)
    return 0.7 * nn.KLDivLoss(reduction="batchmean")(student, soft) * T**2 + 0.3 * F.nll_loss(
        F.log_softmax(model(a), dim=1), b
    )


student = train(mlp(8), distil)
print(sum(p.numel() for p in teacher.parameters()), sum(p.numel() for p in student.parameters()))
