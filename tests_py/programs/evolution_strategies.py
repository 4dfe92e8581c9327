"""Evolution strategies: no gradients, ranks of returns, vectors of parameters, a moving average."""

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

torch.manual_seed(19)
net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float)
y = torch.logical_xor(x[:, 0].bool(), x[:, 1].bool()).float().view(-1, 1)


def fitness(vector):
    vector_to_parameters(vector, net.parameters())
    return -nn.functional.binary_cross_entropy(net(x), y)


with torch.no_grad():
    theta = parameters_to_vector(net.parameters()).clone()
    average = theta.clone()
    print(theta.shape, f"{fitness(theta):.4f}")
    for generation in range(60):
        noise = torch.randn(20, theta.numel())
        noise = torch.cat([noise, -noise])
        returns = torch.stack([fitness(theta + 0.3 * e) for e in noise])
        ranks = torch.empty_like(returns)
        ranks[returns.argsort()] = torch.linspace(-0.5, 0.5, len(returns))
        theta += 0.5 * (ranks @ noise) / (len(noise) * 0.3)
        average.lerp_(theta, 0.1)
        if generation % 20 == 19:
            best, at = returns.max(dim=0)
            print(
                generation,
                f"best {best:.3f} mean {returns.mean():.3f}",
                returns.kthvalue(5).indices.ndim,
            )
    fitness(average)
    print(net(x).flatten().round(), (net(x) > 0.5).float().eq(y).all().item())
