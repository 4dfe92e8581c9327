"""Logistic regression on clusters, with DataLoader and the accuracy that tutorials print."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
centers = torch.randn(5, 12) * 2
labels = torch.randint(0, 5, (600,))
points = centers[labels] + torch.randn(600, 12)
train = TensorDataset(points[:500], labels[:500])
test = TensorDataset(points[500:], labels[500:])
train_loader = DataLoader(dataset=train, batch_size=50, shuffle=True)
test_loader = DataLoader(dataset=test, batch_size=64, shuffle=False)

model = nn.Linear(12, 5)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
total_step = len(train_loader)
for epoch in range(3):
    for i, (x, y) in enumerate(train_loader):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (i + 1) % 5 == 0:
            print(
                "Epoch [{}/{}], Step [{}/{}], Loss: {:.4f}".format(
                    epoch + 1, 3, i + 1, total_step, loss.item()
                )
            )

with torch.no_grad():
    correct = 0
    total = 0
    for x, y in test_loader:
        _, predicted = torch.max(model(x).data, 1)
        total += y.size(0)
        correct += (predicted == y).sum()
    print(f"Accuracy: {100 * correct / total} %")
    print(correct, total)
