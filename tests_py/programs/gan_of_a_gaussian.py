"""A GAN that learns a one-dimensional normal distribution: two networks, two optimizers, detach."""

import torch
import torch.nn as nn

torch.manual_seed(0)
G = nn.Sequential(nn.Linear(5, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
D = nn.Sequential(nn.Linear(3, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 1), nn.Sigmoid())
criterion = nn.BCELoss()
d_optimizer = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.999))
g_optimizer = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.999))


def features(batch):
    m = torch.mean(batch.data, 0, True).expand_as(batch)
    return torch.cat([batch, (batch - m) ** 2, batch.abs()], 1)


for step in range(120):
    real = torch.Tensor(32, 1).normal_(4.0, 1.25)
    real_labels = torch.ones(32, 1)
    fake_labels = torch.zeros(32, 1)
    D.zero_grad()
    outputs = D(features(real))
    d_loss_real = criterion(outputs, real_labels)
    z = torch.randn(32, 5)
    fake = G(z)
    outputs = D(features(fake.detach()))
    d_loss_fake = criterion(outputs, fake_labels)
    d_loss = d_loss_real + d_loss_fake
    d_loss.backward()
    d_optimizer.step()

    G.zero_grad()
    g_loss = criterion(D(features(G(torch.rand(32, 5)))), real_labels)
    g_loss.backward()
    g_optimizer.step()
    if step % 30 == 29:
        print(
            f"{step}: d {d_loss.item():.3f} g {g_loss.item():.3f} mean {fake.mean():.3f} "
            f"std {fake.std().item():.3f}"
        )
print(D)
