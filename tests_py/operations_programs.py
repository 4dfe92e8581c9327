"""What programs ask for beside the course: sampling of pictures, sequence losses, volumes."""

from operations import of

LENGTHS = ((6, 5), (3, 2))


def ctc(f, t, x, **how):
    """Of scores below a log_softmax, for which its gradient is defined."""
    targets = t.tensor([[1, 2, 2], [3, 1, 0]])
    return [f(x.log_softmax(-1), targets, *LENGTHS, **how)]


def sampled(f, t, x, grid, **how):
    return [f(x, grid * 0.31, align_corners=False, **how)]


OPERATIONS = [
    of("F.conv_transpose3d", (1, 2, 2, 3, 2), (2, 2, 2, 2, 3), (2,), stride=2, padding=1),
    of("F.conv_transpose3d", (2, 2, 3, 2), (2, 1, 2, 1, 2), dilation=2, groups=2),
    of("F.adaptive_max_pool3d F.adaptive_max_pool3d_with_indices", (1, 2, 3, 4, 5), args=(2,)),
    of("F.lp_pool3d", (1, 1, 2, 4, 3), args=(2.0, (2, 2, 1))),
    of("F.affine_grid", (2, 2, 3), args=((2, 1, 3, 4), False)),
    of("F.affine_grid", (1, 3, 4), args=((1, 1, 2, 3, 2), True)),
]
CALLS = [
    *(
        ("F.ctc_loss", ((6, 2, 4),), lambda f, t, x, how=how: ctc(f, t, x, reduction=how))
        for how in ("mean", "sum", "none")
    ),
    *(
        (
            "F.grid_sample",
            ((1, 2, 3, 4), (1, 2, 2, 2)),
            lambda f, t, x, g, mode=mode, padding=padding: sampled(
                f, t, x, g, mode=mode, padding_mode=padding
            ),
        )
        for mode in ("bilinear", "bicubic")
        for padding in ("zeros", "border", "reflection")
    ),
    ("F.grid_sample", ((1, 1, 2, 3, 2), (1, 1, 2, 2, 3)), sampled),
    (
        "F.max_unpool3d",
        ((1, 1, 1, 2, 2),),
        lambda f, t, x: [f(x, t.tensor([[[[[0, 3], [8, 11]]]]]), 2)],
    ),
]
WITHOUT_GRADIENT = {}
OTHERS = {"Tensor": "to_dense to_sparse", "torch": "detach"}
UNKNOWN_TO_PYTORCH = ""
