"""Convolution, pooling, normalisation, padding and resampling."""

import warnings

from operations import of

CONVOLUTIONS = [
    ({}, 1),
    ({"stride": 2, "padding": 1}, 1),
    ({"padding": (2, 1), "dilation": (1, 2)}, 1),
    ({"padding": "same", "dilation": 2}, 1),
    ({"stride": (1, 2), "groups": 2}, 2),
]
TRANSPOSED = [
    ({}, 1),
    ({"stride": 2, "padding": 1, "output_padding": 1}, 1),
    ({"stride": (1, 2), "dilation": (2, 1)}, 1),
    ({"stride": 2, "groups": 2}, 2),
]
LINES = [
    ({}, 1),
    ({"stride": 2, "padding": 1, "dilation": 2}, 1),
    ({"padding": "same"}, 1),
    ({"groups": 2}, 2),
]
RESIZED = [
    ((2, 2, 5), {"scale_factor": 1.7}),
    ((2, 2, 5), {"size": 8, "mode": "linear"}),
    ((1, 2, 4, 3), {"size": (3, 5), "mode": "nearest-exact"}),
    ((1, 2, 4, 3), {"size": (7, 2), "mode": "bilinear"}),
    ((1, 2, 4, 3), {"scale_factor": 2.0, "mode": "bilinear", "align_corners": True}),
    ((1, 1, 4, 3), {"size": (6, 5), "mode": "bicubic"}),
    ((1, 1, 3, 2, 3), {"size": (2, 4, 3), "mode": "trilinear"}),
    ((1, 1, 5, 7), {"size": (3, 4), "mode": "area"}),
]


def batch(x, t, weight=None, bias=None, f=None, **options):
    channels = x.shape[1]
    mean, var = t.linspace(-1, 1, channels).double(), t.linspace(1, 2, channels).double()
    return [f(x, mean, var, weight, bias, **options)]


def vision_norm(f, t, x, weight, bias):
    return [f(x, weight, bias, None, None, True, 0.1, 1e-5, False)]


def quietly(f, t, x, **options):
    with warnings.catch_warnings():  # old names, which say so
        warnings.simplefilter("ignore")
        return [f(x, **options)]


OPERATIONS = [
    *(
        of("F.conv2d torch.conv2d", (2, 2, 5, 4), (4, 2 // groups, 3, 2), (4,), **how)
        for how, groups in CONVOLUTIONS
    ),
    of("F.conv2d torch.conv2d", (2, 5, 4), (3, 2, 2, 2)),
    *(
        of("F.conv1d torch.conv1d", (2, 2, 7), (4, 2 // groups, 3), (4,), **how)
        for how, groups in LINES
    ),
    of("F.conv1d torch.conv1d", (2, 7), (3, 2, 2)),
    *(
        of(
            "F.conv_transpose2d torch.conv_transpose2d",
            (2, 2, 3, 4),
            (2, 3, 3, 2),
            (3 * groups,),
            **how,
        )
        for how, groups in TRANSPOSED
    ),
    of("F.conv_transpose1d torch.conv_transpose1d", (2, 2, 4), (2, 3, 3), (3,), stride=2),
    of("F.conv_transpose1d torch.conv_transpose1d", (2, 4), (2, 3, 3), padding=1, dilation=2),
    of("F.conv3d torch.conv3d", (1, 2, 3, 4, 3), (2, 2, 2, 2, 2), (2,), padding=1, stride=2),
    of("F.conv3d torch.conv3d", (2, 3, 4, 3), (2, 1, 3, 1, 1), groups=2, padding="same"),
    # pooling
    of("F.max_pool2d torch.max_pool2d", (2, 2, 5, 6), args=(2,)),
    of("F.max_pool2d F.max_pool2d_with_indices", (2, 5, 6), args=((3, 2), 2, 1), ceil_mode=True),
    of("F.max_pool2d torch.max_pool2d", (1, 2, 5, 6), args=(2, 1, 0, 2)),
    of("F.max_pool1d torch.max_pool1d", (2, 2, 7), args=(3, 2, 1)),
    of("F.max_pool1d_with_indices torch.max_pool1d_with_indices", (2, 7), args=(3, 2, 1)),
    of("F.max_pool3d torch.max_pool3d F.max_pool3d_with_indices", (1, 2, 4, 4, 5), args=(2,)),
    of("F.avg_pool2d", (2, 2, 5, 6), args=(2,)),
    of("F.avg_pool2d", (2, 5, 6), args=((3, 2), 2, 1), ceil_mode=True, count_include_pad=False),
    of("F.avg_pool2d", (2, 5, 6), args=(3,), divisor_override=5),
    of("F.avg_pool1d torch.avg_pool1d", (2, 2, 7), args=(3, 2, 1)),
    of("F.avg_pool3d", (1, 2, 4, 5, 4), args=(2,), padding=1, count_include_pad=False),
    of("F.adaptive_avg_pool1d torch.adaptive_avg_pool1d", (2, 2, 7), args=(3,)),
    of("F.adaptive_avg_pool2d", (2, 2, 5, 6), args=((3, 2),)),
    of("F.adaptive_avg_pool2d", (2, 5, 6), args=((None, 7),)),
    of("F.adaptive_avg_pool3d", (1, 2, 3, 4, 5), args=((2, 3, 2),)),
    of("F.adaptive_max_pool1d F.adaptive_max_pool1d_with_indices", (2, 2, 7), args=(3,)),
    of("torch.adaptive_max_pool1d", (2, 2, 7), args=(3,)),
    of("F.adaptive_max_pool2d F.adaptive_max_pool2d_with_indices", (2, 2, 5, 6), args=((3, 4),)),
    of("F.lp_pool1d", (2, 2, 7), args=(2.0, 3)),
    of("F.lp_pool2d", (2, 2, 5, 6), args=(2.0, (3, 2)), stride=2),
    # normalisation
    of("F.group_norm torch.group_norm", (2, 4, 3), args=(2,)),
    of("F.instance_norm", (2, 3, 4, 2)),
    of("F.local_response_norm", (2, 5, 3), args=(3,), alpha=0.3),
    # padding
    of("F.pad", (2, 3), args=((1, 2, -1, 1), "constant"), value=2.0),
    of("torch.constant_pad_nd", (2, 3), args=((1, 2, -1, 1), 2.0)),
    *(
        of("F.pad", (2, 3, 4, 5), args=(lengths, mode))
        for mode in ("reflect", "replicate", "circular")
        for lengths in ((1, 2, 0, 3), (-1, 2, 1, -1))
    ),
    of("F.pad", (3, 4), args=((2, 1), "reflect")),
    # windows, sizes
    of("F.unfold", (2, 2, 4, 5), args=((2, 3),), padding=1, stride=(2, 1)),
    of("F.unfold", (2, 4, 5), args=(2,), dilation=2),
    of("F.fold", (2, 8, 12), args=((4, 5), 2)),
    of("F.fold", (4, 6), args=((3, 4), 2)),
    *(of("F.interpolate", shape, **how) for shape, how in RESIZED),
    of("F.pixel_shuffle torch.pixel_shuffle", (2, 8, 2, 3), args=(2,)),
    of("F.pixel_unshuffle torch.pixel_unshuffle", (2, 2, 4, 6), args=(2,)),
    of("F.channel_shuffle torch.channel_shuffle", (2, 6, 2), args=(3,)),
    # whole channels dropped
    of("F.dropout1d", (3, 4, 5), args=(0.4,)),
    of("F.dropout2d", (3, 4, 5, 2), args=(0.4,)),
    of("F.dropout3d", (2, 3, 2, 2, 2), args=(0.4,)),
    of("torch.feature_dropout torch.feature_dropout_", (3, 4, 5), args=(0.4, True)),
]
CALLS = [
    *(
        (f"F.{name}", ((1, 2, 3, 2),), lambda f, t, x: quietly(f, t, x, scale_factor=2))
        for name in ("upsample", "upsample_nearest", "upsample_bilinear")
    ),
    ("F.batch_norm", ((4, 3),), lambda f, t, x: batch(x, t, f=f, training=True)),
    ("F.batch_norm", ((4, 3),), lambda f, t, x: batch(x, t, f=f)),
    *(
        (
            "F.batch_norm",
            ((2, 3, 4), (3,), (3,)),
            lambda f, t, x, w, b, training=training: batch(x, t, w, b, f=f, training=training),
        )
        for training in (True, False)
    ),
    ("torch.batch_norm", ((2, 3, 4), (3,), (3,)), vision_norm),
    ("torch.instance_norm", ((2, 3, 4), (3,), (3,)), vision_norm),
    (
        "F.instance_norm",
        ((2, 3, 4), (3,), (3,)),
        lambda f, t, x, w, b: batch(x, t, w, b, f=f, use_input_stats=False),
    ),
    (
        "F.group_norm",
        ((2, 4, 3), (4,), (4,)),
        lambda f, t, x, w, b: [f(x, 2, w, b)],
    ),
    (
        "F.max_unpool2d",
        ((1, 2, 2, 2),),
        lambda f, t, x: [f(x, t.tensor([[0, 3], [8, 11]]).expand(1, 2, 2, 2), 2)],
    ),
    (
        "F.max_unpool1d",
        ((2, 3),),
        lambda f, t, x: [f(x, t.tensor([[0, 3, 4], [1, 2, 5]]), 2)],
    ),
]
WITHOUT_GRADIENT = {}
OTHERS = {}
UNKNOWN_TO_PYTORCH = ""
