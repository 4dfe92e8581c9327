"""Statistics: sums past NaN, extremes, spreads, differences, areas, covariance."""

from operations import of, reduction

OPERATIONS = [
    *(
        reduction(f"torch.{name} Tensor.{name}", *args)
        for name in ("nansum", "nanmean")
        for args in ((), (1,), ((0, 2), True))
    ),
    *(
        reduction(f"torch.{name}", *args)
        for name in ("std_mean", "var_mean")
        for args in ((), (1,), ((0, 2),))
    ),
    of("torch.aminmax Tensor.aminmax", (2, 3)),
    of("torch.aminmax Tensor.aminmax", (2, 3), dim=1, keepdim=True),
    of("torch.diff Tensor.diff", (3, 4)),
    of("torch.diff Tensor.diff", (4, 3), args=(2, 0)),
    of("torch.trapezoid torch.trapz torch.cumulative_trapezoid", (3, 4)),
    of("torch.trapezoid torch.trapz torch.cumulative_trapezoid", (3, 4), (4,)),
    of("torch.trapezoid torch.cumulative_trapezoid", (3, 4), dx=0.5, dim=0),
    of("torch.cov Tensor.cov torch.corrcoef Tensor.corrcoef", (3, 5)),
    of("torch.cov Tensor.cov", (3, 5), correction=0),
]
CALLS = [
    ("torch.diff", ((3, 4), (3, 1)), lambda f, t, x, y: f(x, prepend=y, append=y)),
    ("torch.cov", ((2, 4),), lambda f, t, x: f(x, fweights=t.tensor([1, 2, 1, 3]))),
]
WITHOUT_GRADIENT = {"torch": "histc", "Tensor": "histc"}
OTHERS = {"torch": "bincount histogram", "Tensor": "bincount histogram"}
UNKNOWN_TO_PYTORCH = ""
