"""k-means, nearest neighbours and principal components with tensor operations alone."""

import torch

torch.manual_seed(6)
centers = torch.tensor([[0.0, 0.0, 1.0], [4.0, 0.5, -1.0], [-2.0, 5.0, 0.0]])
X = torch.cat([c + torch.randn(40, 3) * 0.6 for c in centers], dim=0)
label = torch.arange(3).repeat_interleave(40)
perm = torch.randperm(X.size(0))
X, label = X[perm], label[perm]

c = X[:3].clone()
for step in range(10):
    D = ((X[:, None, :] - c[None, :, :]) ** 2).sum(-1)
    cl = D.argmin(dim=1).long().view(-1)
    new = torch.zeros_like(c).scatter_add_(0, cl[:, None].repeat(1, 3), X)
    counts = torch.bincount(cl, minlength=3).type_as(new).view(3, 1)
    new /= counts.clamp(min=1)
    moved = (new - c).norm()
    c = new
    if moved < 1e-4:
        break
print("k-means", step, counts.flatten().long().tolist())
print(c[c[:, 0].argsort()])

dist = torch.cdist(X, X)
dist.fill_diagonal_(float("inf"))
knn = dist.topk(5, largest=False)
votes = label[knn.indices]
predicted = torch.mode(votes, dim=1).values
print("nearest neighbours", (predicted == label).float().mean())
values, order = torch.sort(dist.min(1)[0], descending=True)
print(values[:3], order.dtype)

mean = X.mean(0, keepdim=True)
U, S, V = torch.svd(X - mean)
print("singular values", S)
cov = (X - mean).t() @ (X - mean) / (len(X) - 1)
eigenvalues, eigenvectors = torch.linalg.eigh(cov)
print(
    torch.flip(eigenvalues, [0]),
    torch.allclose(eigenvalues.flip(0), S**2 / (len(X) - 1), rtol=1e-4),
)
projected = (X - mean) @ V[:, :2]
print(projected.std(0), projected.shape, torch.einsum("ij,ij->i", projected, projected).max())
quantiles = torch.quantile(X[:, 0], torch.tensor([0.1, 0.5, 0.9]))
print(quantiles, X.median(), torch.histc(X[:, 0], bins=5, min=-4, max=6))
