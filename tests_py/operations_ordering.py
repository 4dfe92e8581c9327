"""Ordering: sorting, selection, distinct values, quantiles."""

from operations import of

OPERATIONS = [
    *(
        of(f"torch.{name} Tensor.{name}", shape, args=args)
        for name in ("sort", "mode", "median", "nanmedian")
        for shape, args in (((2, 3, 2), (1,)), ((3, 2), (0,)), ((), (0,)), ((0, 3), (1,)))
    ),
    of("torch.sort Tensor.sort", (4, 3), args=(0, True)),
    of("torch.msort Tensor.msort", (4, 3)),
    of("torch.topk Tensor.topk", (3, 5), args=(2,)),
    of("torch.topk Tensor.topk", (5, 3), args=(4, 0, False)),
    of("torch.kthvalue Tensor.kthvalue", (3, 5), args=(2,)),
    of("torch.kthvalue Tensor.kthvalue", (5, 3), args=(2, 0, True)),
    of("torch.median Tensor.median torch.nanmedian Tensor.nanmedian", (3, 4)),
    *(
        of(f"torch.{name} Tensor.{name}", (3, 4), args=(0.3, *dim), interpolation=mode)
        for name in ("quantile", "nanquantile")
        for dim, mode in (((), "linear"), ((0,), "midpoint"), ((1, True), "higher"))
    ),
]
CALLS = [
    ("torch.quantile", ((3, 5),), lambda f, t, x: f(x, t.tensor([0.1, 0.7]).double(), 1)),
]
WITHOUT_GRADIENT = {"torch": "argsort", "Tensor": "argsort"}
OTHERS = {
    "torch": "bucketize searchsorted unique unique_consecutive",
    "Tensor": "unique unique_consecutive",
}
UNKNOWN_TO_PYTORCH = ""
