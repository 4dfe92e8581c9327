"""What hurts without convolutions, and without batches: an MLP's answers, images a second."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import numpy as np

import tinytorch as torch
from tinytorch.milestone.images import Images


def mlp(seed: int, pixels: Images, epochs: int) -> float:
    """What a network with one hidden layer reaches on the same images."""
    torch.manual_seed(seed)
    nn = torch.nn
    x = torch.from_numpy(pixels.scaled(pixels.x).reshape(len(pixels.x), -1))
    y = torch.from_numpy(pixels.y)
    model = nn.Sequential(nn.Linear(x.shape[1], 128), nn.ReLU(), nn.Linear(128, len(pixels.names)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    dataset = torch.utils.data.TensorDataset(x, y)
    for _ in range(epochs):
        for rows, labels in torch.utils.data.DataLoader(dataset, 64, shuffle=True):
            loss = nn.functional.cross_entropy(model(rows), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        test = torch.from_numpy(pixels.scaled(pixels.test_x).reshape(len(pixels.test_x), -1))
        return float(np.mean(model(test).argmax(1).numpy() == pixels.test_y))


def speed(model: Any, source: Iterable[Any], count: int) -> float:
    """Images a second, in training on `count` of them; the first batch is not counted."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    started = 0.0
    for x, y in source:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if not started:
            started, count = time.perf_counter(), count - len(x)
    return count / (time.perf_counter() - started)
