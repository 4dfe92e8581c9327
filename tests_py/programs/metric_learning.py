"""Siamese networks: cosine and triplet losses, pairwise distances, normalised embeddings."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(30)
net = nn.Sequential(nn.Linear(6, 16), nn.PReLU(), nn.Linear(16, 3))
classes = torch.randn(4, 6)
cosine = nn.CosineEmbeddingLoss(margin=0.2)
triplet = nn.TripletMarginLoss(margin=0.5)
ranking = nn.MarginRankingLoss(margin=0.1)
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(40):
    who = torch.randint(4, (32,))
    other = (who + torch.randint(1, 4, (32,))) % 4
    anchor, positive, negative = (
        net(classes[k] + 0.3 * torch.randn(32, 6)) for k in (who, who, other)
    )
    loss = triplet(anchor, positive, negative)
    loss = (
        loss + cosine(anchor, positive, torch.ones(32)) + cosine(anchor, negative, -torch.ones(32))
    )
    near, far = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    loss = loss + ranking(far, near, torch.ones_like(near))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        print(f"{step:2d} {loss.item():.4f} {near.mean():.3f} {far.mean():.3f}")
with torch.no_grad():
    e = F.normalize(net(classes), p=2, dim=1)
    sim = e @ e.t()
    print(
        torch.allclose(sim.diagonal(), torch.ones(4)), F.cosine_similarity(e[0], e[1], dim=0) < 0.9
    )
    print(torch.triu(sim, diagonal=1).abs().max() <= 1, e.norm(dim=1))
