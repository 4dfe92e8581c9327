"""The learning rates that every scheduler gives, step by step, and optimizers that take them."""

import torch
from torch import optim
from torch.optim import lr_scheduler as S

makers = {
    "step": lambda o: S.StepLR(o, 3, 0.5),
    "multi": lambda o: S.MultiStepLR(o, [2, 5], gamma=0.1),
    "exponential": lambda o: S.ExponentialLR(o, 0.8),
    "cosine": lambda o: S.CosineAnnealingLR(o, 6, eta_min=0.01),
    "restarts": lambda o: S.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2),
    "linear": lambda o: S.LinearLR(o, 0.25, total_iters=4),
    "constant": lambda o: S.ConstantLR(o, 0.5, 3),
    "polynomial": lambda o: S.PolynomialLR(o, 6, power=2),
    "one cycle": lambda o: S.OneCycleLR(o, 1.0, total_steps=9),
    "cyclic": lambda o: S.CyclicLR(o, 0.01, 0.1, step_size_up=3, cycle_momentum=False),
    "lambda": lambda o: S.LambdaLR(o, lambda e: 0.95**e),
    "multiplicative": lambda o: S.MultiplicativeLR(o, lambda e: 0.9),
    "chained": lambda o: S.ChainedScheduler([S.ExponentialLR(o, 0.9), S.StepLR(o, 2)]),
    "sequential": lambda o: S.SequentialLR(
        o, [S.ConstantLR(o, 0.1, 2), S.ExponentialLR(o, 0.9)], [3]
    ),
}
for name, make in makers.items():
    p = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = optim.SGD([p], lr=0.1)
    scheduler = make(optimizer)
    rates = []
    for _ in range(8):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    print(f"{name:15s}", " ".join(f"{rate:.5f}" for rate in rates))

torch.manual_seed(3)
A = torch.randn(6, 6)
A = A @ A.t() / 6 + torch.eye(6)
optimizers = {
    "sgd": lambda p: optim.SGD(p, 0.05, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "nesterov": lambda p: optim.SGD(p, 0.05, momentum=0.9, nesterov=True),
    "maximize": lambda p: optim.SGD(p, 0.001, maximize=True),
    "adam": lambda p: optim.Adam(p, 0.05, amsgrad=True, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, 0.05, betas=(0.8, 0.9)),
    "rmsprop": lambda p: optim.RMSprop(p, 0.01, centered=True, momentum=0.5),
    "adagrad": lambda p: optim.Adagrad(p, 0.1, lr_decay=0.01),
    "adadelta": lambda p: optim.Adadelta(p, 1.0),
    "adamax": lambda p: optim.Adamax(p, 0.05),
    "nadam": lambda p: optim.NAdam(p, 0.05),
    "radam": lambda p: optim.RAdam(p, 0.05),
    "asgd": lambda p: optim.ASGD(p, 0.02),
    "rprop": lambda p: optim.Rprop(p, 0.05),
}
for name, make in optimizers.items():
    x = torch.arange(6.0).div(3).requires_grad_()
    optimizer = make([x])
    for _ in range(15):
        optimizer.zero_grad()
        (x @ A @ x).backward()
        optimizer.step()
    print(
        f"{name:10s} {x.abs().sum().item():.5f}",
        sorted(optimizer.state[x]) if optimizer.state else "",
    )
