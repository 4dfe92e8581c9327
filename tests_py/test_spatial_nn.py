"""torch.nn's spatial modules and functions beside PyTorch: values, gradients, streams, errors."""

import itertools
import pickle

import numpy as np
import pytest

import tinytorch
from beside import beside_torch

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """What is computed here is small: threads would only wait for each other."""
    before = torch.get_num_threads(), tinytorch.get_num_threads()
    torch.set_num_threads(1)
    tinytorch.set_num_threads(2)
    yield
    torch.set_num_threads(before[0])
    tinytorch.set_num_threads(before[1])


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


def alike(ours, theirs, dtype, name=""):
    ours, theirs = np.asarray(ours.detach()), np.asarray(theirs.detach())
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), name
    close = {"float32": 2e-4, "float64": 1e-10}.get(np.dtype(dtype).name, 0)
    np.testing.assert_allclose(ours, theirs, close, close, err_msg=str(name))


def compare(call, *arrays, dtype=np.float64, name=""):
    """call(library, *leaves) and its gradients by every leaf, here and on PyTorch."""
    results, grads = [], []
    for library in (tinytorch, torch):
        leaves = [library.from_numpy(a.astype(dtype)).requires_grad_() for a in arrays]
        y = call(library, *leaves)
        y.backward(library.from_numpy(uniform(*y.shape, seed=9, dtype=dtype)))
        results.append(y)
        grads.append([leaf.grad for leaf in leaves])
    alike(*results, dtype, name)
    for ours, theirs in zip(*grads, strict=True):
        alike(ours, theirs, dtype, name)


# --- convolution: every combination that fits ---

GRID = list(
    itertools.product(
        [(1, 1), (2, 3)], [(0, 0), (1, 2), "same"], [(1, 1), (2, 1)], [1, 2], [(1, 1), (3, 2)]
    )
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_convolutions_of_every_kind(dtype):
    for stride, padding, dilation, groups, size in GRID:
        if padding == "same" and (stride != (1, 1) or size == (3, 2)):
            continue
        how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        x, weight = uniform(2, 4, 7, 6), uniform(6, 4 // groups, *size, seed=1)
        compare(
            lambda t, x, w, b, how=how: t.nn.functional.conv2d(x, w, b, **how),
            x, weight, uniform(6, seed=2), dtype=dtype, name=how,
        )  # fmt: skip
        line = {k: v if k == "groups" or v == "same" else v[1] for k, v in how.items()}
        compare(
            lambda t, x, w, b, how=line: t.nn.functional.conv1d(x, w, b, **how),
            x[:, :, 0], weight[:, :, 0, :1] if padding == "same" else weight[:, :, 0],
            uniform(6, seed=2), dtype=dtype, name=line,
        )  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transposed_convolutions_of_every_kind(dtype):
    for stride, padding, dilation, groups, size in GRID:
        if padding == "same":
            continue
        extra = tuple(max(s, d) - 1 for s, d in zip(stride, dilation, strict=True))
        how = {"stride": stride, "padding": padding, "output_padding": extra}
        how |= {"dilation": dilation, "groups": groups}
        x, weight = uniform(2, 4, 6, 7), uniform(4, 3, *size, seed=1)
        bias = uniform(3 * groups, seed=2)
        compare(
            lambda t, x, w, b, how=how: t.nn.functional.conv_transpose2d(x, w, b, **how),
            x, weight, bias, dtype=dtype, name=how,
        )  # fmt: skip
        line = {k: v if k == "groups" else v[1] for k, v in how.items()}
        compare(
            lambda t, x, w, b, how=line: t.nn.functional.conv_transpose1d(x, w, b, **how),
            x[:, :, 0], weight[:, :, 0], bias, dtype=dtype, name=line,
        )  # fmt: skip


@pytest.mark.parametrize("kernels", ["reference", "accelerated"])
@pytest.mark.parametrize("shape", [(3, 16, 20, 18), (1, 3, 33, 17), (0, 16, 8, 8), (2, 8, 4, 40)])
def test_convolutions_large_enough_for_other_loops(kernels, shape):
    with tinytorch.kernels(kernels):
        for size, how in ((3, {"padding": 1}), (5, {"stride": 2}), (1, {}), (3, {"dilation": 2})):
            if 2 * (size - 1) >= min(shape[2:]) + 2 * how.get("padding", 0):
                continue
            weight, bias = uniform(24, shape[1], size, size, seed=1), uniform(24, seed=2)
            for dtype in (np.float32, np.float64):
                compare(
                    lambda t, x, w, b, how=how: t.nn.functional.conv2d(x, w, b, **how),
                    uniform(*shape) / 4, weight / 4, bias, dtype=dtype, name=(size, how),
                )  # fmt: skip


# --- pooling ---


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_pooling_of_every_kind(dtype, ceil_mode):
    x = uniform(2, 3, 7, 8).round(1)
    for size, stride, padding in itertools.product(
        [2, (3, 2), 4], [None, 1, (2, 3)], [0, 1, (1, 0)]
    ):
        for dilation in (1, (1, 2)):
            how = {"stride": stride, "padding": padding, "dilation": dilation}
            how |= {"ceil_mode": ceil_mode}
            compare(
                lambda t, x, size=size, how=how: t.nn.functional.max_pool2d(x, size, **how),
                x, dtype=dtype, name=(size, how),
            )  # fmt: skip
            found = [
                t.nn.functional.max_pool2d(t.from_numpy(x), size, **how, return_indices=True)[1]
                for t in (tinytorch, torch)
            ]
            alike(*found, np.int64, (size, how))
        for counts, divisor in ((True, None), (False, None), (True, 3)):
            how = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode}
            how |= {"count_include_pad": counts, "divisor_override": divisor}
            compare(
                lambda t, x, size=size, how=how: t.nn.functional.avg_pool2d(x, size, **how),
                x, dtype=dtype, name=(size, how),
            )  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 5, 9, (3, None), (7, 4), (None, 1)])
def test_adaptive_pooling(size):
    x = uniform(2, 3, 7, 8)
    compare(lambda t, x: t.nn.functional.adaptive_avg_pool2d(x, size), x)
    compare(lambda t, x: t.nn.functional.adaptive_max_pool2d(x, size), x)
    found = [
        t.nn.functional.adaptive_max_pool2d(t.from_numpy(x), size, return_indices=True)[1]
        for t in (tinytorch, torch)
    ]
    alike(*found, np.int64)


def test_nan_and_infinity_in_pooling():
    x = np.array([[np.nan, 1, -np.inf, 2], [np.nan, 3, -np.inf, np.inf]]).reshape(1, 1, 2, 4)
    x = np.concatenate([x, np.full((1, 1, 2, 4), -np.inf), np.full((1, 1, 2, 4), np.nan)])
    for size in (2, (2, 4), 1):
        compare(lambda t, x, size=size: t.nn.functional.max_pool2d(x, size), x)
        compare(lambda t, x, size=size: t.nn.functional.avg_pool2d(x, size), x)


@pytest.mark.parametrize("width", [2, 3, 5, 8, 9, 14, 17, 20, 30, 31, 32, 33, 34, 47, 63, 101])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_pooling_in_pairs(width, ceil_mode):
    """Of equals the first, of NaNs the last, and a row and a column that may be left over."""
    x = uniform(2, 3, 7, width, dtype=np.float32).round(1)
    x[0, :, 2:4, width // 2 :] = np.nan
    x[1, 0] = -np.inf
    compare(lambda t, x: t.nn.functional.max_pool2d(x, 2, ceil_mode=ceil_mode), x, dtype=np.float32)
    alike(
        *(
            t.nn.functional.max_pool2d(t.from_numpy(x), 2, None, 0, 1, ceil_mode, True)[1]
            for t in (tinytorch, torch)
        ),
        np.int64,
    )


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8"])
def test_max_pooling_of_integers(dtype):
    x = np.random.default_rng(0).integers(0, 100, (2, 3, 7, 8)).astype(dtype)
    for pooled in ("max_pool1d", "max_pool2d"):
        of = x[:, :, 0] if pooled == "max_pool1d" else x
        both = [
            getattr(t.nn.functional, pooled)(t.from_numpy(of), 3, 2, 1, return_indices=True)
            for t in (tinytorch, torch)
        ]
        for ours, theirs in zip(*both, strict=True):
            alike(ours, theirs, dtype, pooled)
    for t in (tinytorch, torch):
        with pytest.raises(NotImplementedError):  # but without indices, in one dimension
            t.nn.functional.max_pool1d(t.from_numpy(x[:, :, 0]), 3)


# --- normalisation ---

NORMS = [
    ("BatchNorm1d", (3,), {}, [(5, 3), (4, 3, 6)]),
    ("BatchNorm2d", (3,), {"momentum": None}, [(2, 3, 4, 5)]),
    ("BatchNorm2d", (3,), {"affine": False, "track_running_stats": False}, [(2, 3, 4, 5)]),
    ("BatchNorm2d", (3,), {"bias": False, "eps": 0.1}, [(2, 3, 4, 5), (1, 3, 2, 2)]),
    ("BatchNorm3d", (2,), {"momentum": 0.3}, [(2, 2, 3, 2, 2)]),
    ("InstanceNorm1d", (3,), {}, [(2, 3, 4), (3, 4)]),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, [(2, 3, 4, 5)]),
    ("GroupNorm", (2, 4), {}, [(2, 4, 3, 3), (3, 4), (1, 4, 5)]),
    ("GroupNorm", (1, 3), {"affine": False}, [(2, 3, 4)]),
    ("LocalResponseNorm", (3,), {"alpha": 0.5}, [(2, 5, 3, 2), (1, 2, 4)]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm", NORMS, ids=lambda norm: f"{norm[0]}-{norm[2]}")
def test_normalisation_trains_and_evaluates_alike(norm, dtype):
    name, args, options, shapes = norm
    pair = [getattr(t.nn, name)(*args, **options) for t in (tinytorch, torch)]
    assert repr(pair[0]) == repr(pair[1])
    assert list(pair[0].state_dict()) == list(pair[1].state_dict())
    for module, library in zip(pair, (tinytorch, torch), strict=True):
        module.to(getattr(library, dtype))
        for i, p in enumerate(module.parameters()):
            p.data.copy_(library.from_numpy(uniform(*p.shape, seed=i + 5, dtype=dtype)))
    for training, shape, seed in itertools.product((True, False), shapes, (0, 1)):
        for module in pair:
            module.train(training)
            module.zero_grad()
        compare(lambda t, x: pair[t is torch](x), uniform(*shape, seed=seed), dtype=dtype)
        for ours, theirs in zip(*(m.parameters() for m in pair), strict=True):
            alike(ours.grad, theirs.grad, dtype)
        for key, value in pair[1].state_dict().items():
            alike(pair[0].state_dict()[key], value, dtype, key)


def test_a_large_mean_in_batch_norm():
    x = (uniform(16, 2, 8, 8) + 1000).astype(np.float32)
    y = tinytorch.nn.functional.batch_norm(tinytorch.from_numpy(x), None, None, training=True)
    exact = x.astype(np.float64)
    over = (0, 2, 3)
    expected = (exact - exact.mean(over, keepdims=True)) / np.sqrt(
        exact.var(over, keepdims=True) + 1e-5
    )
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-3)


# --- the modules: printed, seeded, saved alike ---

MODULES = """Conv1d(2, 4, 3) Conv1d(2,4,3,padding=1,padding_mode='circular') Conv2d(3, 4, 3)
Conv2d(4,6,(3,2),(2,1),(1,0),(1,2),2,False) Conv2d(3,4,3,padding='same',padding_mode='reflect')
Conv2d(3,4,3,padding=(2,1),padding_mode='replicate') Conv3d(2,3,2,padding=1)
ConvTranspose1d(2,4,3,2) ConvTranspose2d(4,6,3,2,1,1,2) ConvTranspose2d(3,4,(3,2),bias=False)
MaxPool1d(2) MaxPool2d(3,2,1) MaxPool2d((2,3),ceil_mode=True) MaxPool3d(2) AvgPool1d(2)
AvgPool2d(2) AvgPool2d((3,2),1,1,count_include_pad=False) AvgPool3d(2) AdaptiveAvgPool1d(3)
AdaptiveAvgPool2d((2,None)) AdaptiveMaxPool2d(2) AdaptiveMaxPool1d(2) AdaptiveAvgPool3d(2)
LPPool1d(2,3) LPPool2d(2,2)
BatchNorm1d(3) BatchNorm2d(3,affine=False) GroupNorm(2,4) InstanceNorm2d(3) LocalResponseNorm(2)
Dropout1d(0.3) Dropout2d(0.4) Dropout3d() Upsample(scale_factor=2) UpsamplingNearest2d(size=(5,3))
Upsample(size=(5,7),mode='bilinear') UpsamplingBilinear2d(scale_factor=2)
Upsample(scale_factor=(1.5,2.0),mode='bicubic',align_corners=True) ZeroPad1d(1)
ZeroPad2d((1,2,0,-1)) ConstantPad1d(2,3.5) ConstantPad2d(1,-1.0) ReflectionPad1d(2)
ReflectionPad2d((1,2,2,0)) ReplicationPad1d((2,1)) ReplicationPad2d(1) CircularPad1d(2)
CircularPad2d((1,0,2,1)) Unfold((2,3)) Fold((4,5),(2,2)) PixelShuffle(2) PixelUnshuffle(2)
ChannelShuffle(2)"""

INPUTS = {
    "1d": (2, 2, 9), "2d": (2, 4, 8, 6), "3d": (1, 2, 4, 4, 4), "Conv2d(3": (2, 3, 8, 6),
    "ConvTranspose2d(3": (2, 3, 4, 5), "BatchNorm1d": (4, 3), "BatchNorm2d": (2, 3, 4, 4),
    "InstanceNorm2d": (2, 3, 4, 4), "GroupNorm": (2, 4, 5), "LocalResponseNorm": (2, 3, 4),
    "Upsample": (1, 2, 4, 5), "Unfold": (2, 3, 4, 5), "Fold": (2, 12, 12),
    "PixelShuffle": (2, 8, 2, 3), "PixelUnshuffle": (2, 2, 4, 6), "ChannelShuffle": (2, 4, 3),
}  # fmt: skip


@pytest.mark.parametrize("code", MODULES.replace(", ", ",").split())
def test_a_module_is_the_same_module(code):
    shape = next(
        (s for name, s in INPUTS.items() if code.startswith(name)),
        next((s for name, s in INPUTS.items() if name in code.partition("(")[0]), None),
    )
    made, results = [], []
    for library in (tinytorch, torch):
        library.manual_seed(3)
        module = eval(f"nn.{code}", {"nn": library.nn})
        x = library.from_numpy(uniform(*shape, dtype=np.float32)).requires_grad_()
        y = module(x)
        y.backward(library.from_numpy(uniform(*y.shape, seed=1, dtype=np.float32)))
        made.append(module)
        results.append([y, x.grad, *(p.grad for p in module.parameters())])
        assert repr(pickle.loads(pickle.dumps(module))) == repr(module)
    assert repr(made[0]) == repr(made[1])
    states = [m.state_dict() for m in made]
    assert list(states[0]) == list(states[1])
    for key in states[0]:
        alike(states[0][key], states[1][key], np.float32, key)
    for ours, theirs in zip(*results, strict=True):
        alike(ours, theirs, np.float32)


LAZY = [
    ("LazyConv1d(4,3)", (2, 3, 7)),
    ("LazyConv2d(4,3)", (2, 3, 7, 5)),
    ("LazyConv2d(6,3,stride=2,groups=3,bias=False)", (2, 3, 7, 5)),
    ("LazyConvTranspose2d(4,3,2)", (2, 3, 4, 5)),
    ("LazyBatchNorm1d()", (4, 3)),
    ("LazyBatchNorm2d(affine=False)", (2, 3, 4, 4)),
    ("LazyInstanceNorm2d()", (2, 3, 4, 4)),
]


@pytest.mark.parametrize(("code", "shape"), LAZY)
def test_lazy_modules_take_channels_from_their_input(code, shape):
    texts, results = [], []
    for library in (tinytorch, torch):
        library.manual_seed(3)
        module = eval(f"nn.{code}", {"nn": library.nn})
        before = repr(module)
        y = module(library.from_numpy(uniform(*shape, dtype=np.float32)))
        texts.append((before, repr(module), type(module).__name__, list(module.state_dict())))
        results.append(y)
    assert texts[0] == texts[1]
    alike(*results, np.float32)


# --- padding, resampling, channels dropped ---


def test_padding_of_every_mode():
    x = uniform(2, 3, 4, 5)
    for mode in ("constant", "reflect", "replicate", "circular"):
        for lengths in ((1, 2, 3, 0), (-1, 2, 0, -2), (0, 0, 0, 0), (4, 3, 2, 3), (-2, -2, 1, 1)):
            compare(
                lambda t, x, mode=mode, n=lengths: t.nn.functional.pad(x, n, mode),
                x, name=(mode, lengths),
            )  # fmt: skip
    for dtype in (np.int64, np.bool_, np.uint8, np.int32):
        y = [
            t.nn.functional.pad(t.from_numpy(x.astype(dtype)), (1, -1, 2, 0), value=1)
            for t in (tinytorch, torch)
        ]
        alike(*y, dtype)


RESIZED = [
    {"scale_factor": s} for s in (2, 0.5, 1.3, (0.7, 2.6))
] + [{"size": s} for s in (1, (3, 9), (11, 2))]  # fmt: skip


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_interpolation(mode):
    x = uniform(2, 2, 5, 7)
    corners = (False, True) if mode in ("bilinear", "bicubic") else (None,)
    for target, align, again in itertools.product(RESIZED, corners, (None, True)):
        if again and "size" in target:
            continue
        how = {**target, "mode": mode, "align_corners": align, "recompute_scale_factor": again}
        compare(lambda t, x, how=how: t.nn.functional.interpolate(x, **how), x, name=how)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_the_nearest_element_is_found_in_float32(mode):
    for dims, n in itertools.product((1, 2, 3), (1, 2, 3, 7, 23, 100)):
        for scale in (0.3, 0.7, 1.1, 1.2, 1.7, 2.0, 2.1, 2.3, 2.6, 3.3):
            if n * scale < 1:
                continue
            x = np.broadcast_to(np.arange(n, dtype=np.float32), (1, 2, *[3] * (dims - 1), n))
            beside_torch(
                lambda t, x=x, scales=(*[1.0] * (x.ndim - 3), scale): t.nn.functional.interpolate(
                    t.tensor(x.copy()), scale_factor=scales, mode=mode
                )
            )


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_channels_are_dropped_by_the_same_draws(p):
    for name, shape in (("1d", (4, 5, 3)), ("1d", (6, 3)), ("2d", (3, 9, 2, 2))):
        for library in (tinytorch, torch):
            library.manual_seed(7)

        def call(t, x, name=name):
            return getattr(t.nn.functional, f"dropout{name}")(x, p)

        compare(call, uniform(*shape))
        drawn = [library.rand(3).tolist() for library in (tinytorch, torch)]
        assert drawn[0] == drawn[1]


# --- what is refused ---

REFUSED = """F.conv2d(t.ones(2,3,8,8), t.ones(4,2,3,3))
F.conv2d(t.ones(2,3), t.ones(4,2,3,3))
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,9,9))
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), stride=0)
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), padding=-1)
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), dilation=0)
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), groups=3)
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), groups=0)
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), t.ones(3))
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), stride=(1,2,3))
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), padding='some')
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), padding='same', stride=2)
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3).double())
F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), stride=1.5)
F.conv2d(t.ones(1,3,8,8), 'a')
F.conv2d(None, None)
F.conv_transpose2d(t.ones(1,3,8,8), t.ones(4,3,3,3))
F.conv_transpose2d(t.ones(1,3,8,8), t.ones(3,4,3,3), output_padding=1)
F.conv_transpose2d(t.ones(1,3,2,2), t.ones(3,4,3,3), padding=3)
F.max_pool2d(t.ones(2,3,8,8), 0)
F.max_pool2d(t.ones(2,3,8,8), (2,2,2))
F.max_pool2d(t.ones(2,3,8,8), 2, padding=2)
F.max_pool2d(t.ones(2,3,8,8), 9)
F.max_pool2d(t.ones(2,3,8,8), 2, dilation=0)
F.max_pool2d(t.ones(2,3,8,8).bool(), 2)
F.max_pool2d(t.ones(2,3,8,8), 'a')
F.max_pool2d(t.ones(2,0,8,8), 2)
F.avg_pool2d(t.ones(2,3,8,8), 2, divisor_override=0)
F.adaptive_avg_pool2d(t.ones(2,3,8,8), (2,2,2))
F.adaptive_avg_pool2d(t.ones(2,3,8,8), -1)
F.adaptive_avg_pool2d(t.ones(2,3,0,8), 2)
F.batch_norm(t.ones(1,3), None, None, training=True)
F.batch_norm(t.ones(2,3), None, None)
F.batch_norm(t.ones(2,3), t.zeros(4), t.ones(4))
F.batch_norm(t.ones(2,3).long(), t.zeros(3), t.ones(3))
F.batch_norm(t.ones(2,3), t.zeros(3).double(), t.ones(3).double())
F.group_norm(t.ones(2,6,3), 4)
F.group_norm(t.ones(2,6,3), 0)
F.group_norm(t.ones(6), 3)
F.group_norm(t.ones(1,2), 2)
F.instance_norm(t.ones(2,3,1))
F.pad(t.ones(2,3), (1,))
F.pad(t.ones(2,3), (1,2,3,4,5,6))
F.pad(t.ones(2,3), (-4,0))
F.pad(t.ones(2,3,4), (4,1), 'reflect')
F.pad(t.ones(2,3,4), (5,1), 'circular')
F.pad(t.ones(2,3,4), (1,1), 'some')
F.pad(t.ones(4), (1,1), 'replicate')
F.pad(t.ones(2,3), (1.5,1))
F.interpolate(t.ones(1,2,3), size=3, mode='bilinear')
F.interpolate(t.ones(1,2,3), size=3, scale_factor=2)
F.interpolate(t.ones(1,2,3))
F.interpolate(t.ones(1,2,3,3), size=0)
F.interpolate(t.ones(1,2,3,3), size=(2,2,2))
F.unfold(t.ones(1,2,3,3), 4)
F.fold(t.ones(1,7,4), (3,3), 2)
F.fold(t.ones(1,8,5), (3,3), 2)
F.pixel_shuffle(t.ones(1,3,2,2), 2)
F.dropout2d(t.ones(2,3,4,4), 1.5)
nn.Conv2d(3, 4, 3, groups=2)
nn.Conv2d(3, 4, 3, padding_mode='some')
nn.Conv2d(3, 4, 3, padding='same', stride=2)
nn.ConvTranspose2d(3, 4, 3, padding_mode='reflect')
nn.ConvTranspose2d(3, 4, 3, 2)(t.ones(1,3,4,4), output_size=(30, 30))
nn.BatchNorm2d(3)(t.ones(2,3))
nn.BatchNorm1d(3)(t.ones(2,3,4,4))
nn.GroupNorm(2, 3)
nn.InstanceNorm2d(3, affine=True)(t.ones(2,4,3,3))
nn.MaxUnpool2d(2)(t.ones(1,1,2,2), t.full((1,1,2,2), 99))
F.conv3d(t.ones(2,8,1,1,0), t.ones(4,8,1,3,4), padding=2)
F.batch_norm(t.ones(2,3), t.zeros(3), None, training=True)
F.batch_norm(t.ones(2,3), t.zeros(3), t.ones(3), eps=-1.0)
F.conv3d(3, t.ones(2,2,3,3,3))
F.max_pool1d(3, 2)
F.max_pool2d(None, 2)
F.max_pool3d([1], 2)
F.max_unpool2d(t.ones(1,1,2,2), 3, 2)
F.adaptive_avg_pool1d('a', 3)
F.unfold([1], 2)
F.fold(1.5, (3,3), 2)
F.pad(3, (1,1))
F.group_norm(t.ones(2,4,3), 2, [1.0])
F.instance_norm(t.ones(2,4,3), weight={})
F.logsigmoid(3)"""


@pytest.mark.parametrize("code", REFUSED.splitlines())
def test_what_does_not_fit_raises_the_same_kind_of_error(code):
    kinds = []
    for library in (tinytorch, torch):
        names = {"t": library, "nn": library.nn, "F": library.nn.functional}
        with pytest.raises(Exception) as caught:  # noqa: PT011
            eval(code, names)
        kinds.append(caught.type.__name__)
        assert str(caught.value), code
    assert kinds[0] == kinds[1]


def test_words_of_the_common_mistakes():
    for code in (
        "F.conv2d(t.ones(2,3,8,8), t.ones(4,2,3,3))",
        "F.conv2d(t.ones(1,3,8,8), t.ones(4,3,9,9))",
        "F.conv2d(t.ones(1,3,8,8), t.ones(4,3,3,3), t.ones(3))",
        "F.max_pool2d(t.ones(2,3,8,8), 9)",
        "F.batch_norm(t.ones(1,3), None, None, training=True)",
        "nn.BatchNorm2d(3)(t.ones(2,3))",
    ):
        beside_torch(lambda t, code=code: eval(code, {"t": t, "F": t.nn.functional, "nn": t.nn}))


def test_an_empty_batch_gives_zero_gradients():
    layers = "Conv2d(3, 4, 3)", "ConvTranspose2d(3, 4, 3)", "BatchNorm2d(3)", "MaxPool2d(2)"
    for code in (*layers, "GroupNorm(1, 3)"):
        grads = []
        for library in (tinytorch, torch):
            module = eval(f"nn.{code}", {"nn": library.nn})
            x = library.zeros(0, 3, 6, 6, requires_grad=True)
            module(x).sum().backward()
            grads.append([x.grad.shape, *(p.grad.abs().sum().item() for p in module.parameters())])
        assert grads[0] == grads[1], code


def test_halves_are_computed_in_float32():
    for code in (
        "F.conv2d(t.ones(1, 2, 4, 4).half(), t.ones(3, 2, 3, 3).half())",
        "F.max_pool2d(t.arange(16.0).reshape(1, 1, 4, 4).half(), 2, return_indices=True)",
        "F.avg_pool2d(t.arange(16.0).reshape(1, 1, 4, 4).bfloat16(), 2)",
        "F.batch_norm(t.arange(12.0).reshape(4, 3).bfloat16(), t.zeros(3), t.ones(3)).dtype",
        "F.pad(t.ones(1, 2, 3).half(), (1, 1), 'reflect')",
    ):
        beside_torch(lambda t, code=code: eval(code, {"t": t, "F": t.nn.functional}))


def test_memory_in_any_order():
    x, weight = uniform(5, 6, 3, 2), uniform(3, 3, 3, 4)
    for dtype in (np.float32, np.float64):
        compare(
            lambda t, x, w: t.conv2d(x.permute(3, 2, 0, 1), w.transpose(0, 3), padding=1),
            x, weight, dtype=dtype,
        )  # fmt: skip
    for name, args in (("max_pool2d", (2,)), ("avg_pool2d", (2,)), ("adaptive_avg_pool2d", (3,))):
        compare(
            lambda t, x, name=name, args=args: getattr(t.nn.functional, name)(
                x.permute(3, 2, 0, 1), *args
            ),
            x,
        )
