"""Scans: running sums, products and extrema."""

from operations import of

SCANS = ("cumsum", "cumprod", "logcumsumexp", "cummax", "cummin")

OPERATIONS = [
    *(
        of(f"torch.{name} Tensor.{name}", shape, args=(dim,))
        for name in SCANS
        for shape, dim in (((2, 3, 2), 1), ((3, 4), 0), ((5,), -1), ((0, 3), 0))
    ),
    *(of(f"Tensor.{name}_", (3, 4), args=(1,)) for name in ("cumsum", "cumprod")),
    *(
        of("torch.logsumexp Tensor.logsumexp", (2, 3, 2), args=args)
        for args in ((1,), ((0, 2),), (-1, True))
    ),
]
CALLS = []
WITHOUT_GRADIENT = {}
OTHERS = {}
UNKNOWN_TO_PYTORCH = ""
