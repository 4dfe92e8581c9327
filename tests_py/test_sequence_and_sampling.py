"""CTC, grids, volumes and adaptive softmax beside PyTorch: values, gradients, what is refused."""

import pytest

from alike import assert_alike

SCORES = (
    "(lambda x: (lambda y: (y, y.sum().backward(), x.grad))({}))(t.randn(8, 3, 5).requires_grad_())"
)
TARGETS = [
    "t.tensor([[1, 2, 2], [1, 3, 1], [4, 4, 1]]), (8, 8, 8), (3, 3, 3)",
    "t.tensor([[1, 2, 2], [1, 3, 1], [2, 2, 2]]), (8, 6, 5), (3, 1, 0)",
    "t.tensor([1, 2, 3, 3]), t.tensor([8, 7, 3]), t.tensor([1, 1, 2])",
    "t.tensor([[3, 3, 3]] * 3), (8, 8, 4), (3, 3, 3)",  # the last does not fit
]
HOW = ["", ", reduction='sum'", ", reduction='none'", ", blank=4", ", zero_infinity=True"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("targets", TARGETS)
def test_ctc(targets, how):
    if "blank=4" in how and "4, 4" in targets:
        pytest.skip("blanks within the targets")
    assert_alike(
        SCORES.format(f"t.nn.functional.ctc_loss(x.log_softmax(-1), {targets}{how})"), 5e-6
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "t.tensor([[1, 2], [1, 3]]), (7, 6), (2, 2)",
        "t.tensor([[1, 2], [1, 3]]), (6,), (2, 2)",
        "t.tensor([[1, 2], [1, 3]]), (6, 6), (3, 2)",
        "t.tensor([1, 2, 3]), (6, 6), (2, 2)",
        "t.tensor([[1, 2], [1, 3]]), (-1, 6), (2, 2)",
        "t.tensor([[1, 2], [1, 3]]), (6, 6), (2, 2), 4",
        "t.tensor([[1, 2], [1, 3]]), t.tensor([6.0, 6.0]), t.tensor([2, 2])",
        "t.tensor([[1, 2], [1, 3]], dtype=t.int32), (6, 6), (2, 2)",
    ],
)
def test_ctc_refuses(arguments):
    assert_alike(f"t.nn.functional.ctc_loss(t.randn(6, 2, 4).log_softmax(-1), {arguments})", 5e-6)


def test_ctc_refuses_labels_outside_the_classes():
    import tinytorch

    scores = tinytorch.randn(6, 1, 4).log_softmax(-1)
    for label in (4, -1):
        with pytest.raises(RuntimeError, match="outside"):
            tinytorch.nn.functional.ctc_loss(scores, tinytorch.tensor([[label]]), (6,), (1,))


SAMPLED = (
    "(lambda x, g: (lambda y: (y, y.square().sum().backward(), x.grad, g.grad is None))"
    "(t.nn.functional.grid_sample(x, g, '{}', '{}', {})))"
    "(t.randn(2, 3, 4, 5, dtype=t.float64).requires_grad_(), "
    "t.randn(2, 3, 6, 2, dtype=t.float64) * 1.5)"
)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("corners", [True, False])
def test_grid_sample(mode, padding, corners):
    assert_alike(SAMPLED.format(mode, padding, corners))
    if mode != "bicubic":
        volume = (
            "t.randn(2, 3, 4, 5, 3, dtype=t.float64), t.randn(2, 3, 6, 2, 3, dtype=t.float64) * 1.5"
        )
        assert_alike(f"t.nn.functional.grid_sample({volume}, '{mode}', '{padding}', {corners})")


@pytest.mark.parametrize(
    "call",
    [
        "grid_sample(t.randn(1, 2, 4, 4), t.randn(1, 3, 3, 2))",
        "grid_sample(t.randn(1, 2, 4, 4), t.randn(1, 3, 3, 2), mode='x')",
        "grid_sample(t.randn(1, 2, 4, 4), t.randn(2, 3, 3, 2))",
        "grid_sample(t.randn(1, 2, 4, 4), t.randn(1, 3, 3, 3))",
        "grid_sample(t.randn(1, 2, 4, 4), t.randn(1, 3, 3, 2).double())",
        "grid_sample(t.randn(1, 2, 0, 4), t.randn(1, 3, 3, 2))",
        "affine_grid(t.randn(2, 2, 3), (2, 4, 5))",
        "affine_grid(t.randn(2, 2, 3).long(), (2, 3, 4, 5))",
        "affine_grid(t.randn(2, 3, 3), (2, 3, 4, 5))",
        "affine_grid(t.randn(2, 2, 3), (2, 3, 4, 0))",
        "affine_grid(t.randn(2, 2, 3), (2, 3, 4, 5))",
        "affine_grid(t.randn(2, 2, 3), (2, 3, 1, 5), align_corners=True)",
        "affine_grid(t.randn(2, 3, 4), (2, 3, 2, 4, 5), align_corners=False)",
        "adaptive_max_pool3d(t.randn(2, 3, 5, 6, 7), (2, 3, 4), True)",
        "adaptive_max_pool3d(t.randn(3, 5, 6, 7), (None, 2, 3))",
        "lp_pool3d(t.randn(1, 3, 5, 6, 7).abs(), 3.0, (1, 2, 3), stride=2, ceil_mode=True)",
        "max_unpool3d(*t.nn.functional.max_pool3d(t.randn(1, 2, 4, 4, 6), 2, "
        "return_indices=True), 2)",
        "conv_transpose3d(t.randn(1, 2, 3, 4, 3), t.randn(2, 3, 2, 2, 2), output_padding=1)",
    ],
)
def test_functions(call):
    assert_alike(f"t.nn.functional.{call}", 2e-6)


@pytest.mark.parametrize(
    "expression",
    [
        "ConvTranspose3d(2, 4, 3, stride=2, padding=1, output_padding=1)(t.randn(2, 2, 3, 4, 3))",
        "ConvTranspose3d(4, 4, (1, 2, 3), stride=(2, 1, 2), dilation=(2, 1, 1), groups=2)"
        "(t.randn(2, 4, 3, 4, 3))",
        "ConvTranspose3d(2, 4, 3, stride=2)(t.randn(1, 2, 3, 4, 3), output_size=(8, 9, 7))",
        "LazyConvTranspose3d(4, 3)(t.randn(2, 3, 4, 3))",
        "AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10], div_value=2.0)"
        "(t.randn(6, 16), t.randint(0, 20, (6,)))",
        "AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10])(t.randn(16), t.tensor(12))",
        "AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10], head_bias=True).log_prob(t.randn(6, 16))",
        "AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10]).predict(t.randn(6, 16))",
        "AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10])(t.randn(2, 16), t.tensor([1, 20]))",
        "AdaptiveLogSoftmaxWithLoss(16, 20, [10, 5])",
        "AdaptiveLogSoftmaxWithLoss(16, 20, [])",
        "CTCLoss()(t.randn(6, 2, 4).log_softmax(-1), t.tensor([[1, 2], [1, 3]]), (6, 6), (2, 2))",
    ],
)
def test_modules(expression):
    assert_alike(f"t.nn.{expression}", 2e-6)


@pytest.mark.parametrize(
    "module",
    [
        "CTCLoss()",
        "ConvTranspose3d(2, 4, 3)",
        "AdaptiveMaxPool3d(2)",
        "MaxUnpool3d(2)",
        "LPPool3d(2, 3)",
        "AdaptiveLogSoftmaxWithLoss(16, 10, [3, 6])",
        "SyncBatchNorm.convert_sync_batchnorm(t.nn.Sequential(t.nn.BatchNorm2d(2)))",
    ],
)
def test_repr(module):
    assert_alike(f"repr(t.nn.{module})")


TRAINED = (
    "(lambda m, x: (lambda o: [(o.zero_grad(), m(x).square().sum().backward(), o.step(), "
    "[p.detach().clone() for p in m.parameters()]) for _ in range(3)] + [repr(o), "
    "str(sorted(o.state_dict()['state'][0]))])(t.optim.{}))"
    "(t.nn.Sequential(t.nn.Linear(6, 4, bias={bias}), t.nn.Linear(4, 8, bias={bias})), "
    "t.randn(5, 6))"
)


@pytest.mark.parametrize(
    "optimizer",
    [
        "Muon(m.parameters(), lr=0.02)",
        "Muon(m.parameters(), nesterov=False, weight_decay=0.0, adjust_lr_fn='match_rms_adamw')",
        "Adafactor(m.parameters())",
        "Adafactor(m.parameters(), 0.1, weight_decay=0.1, d=1.5, eps=(1e-8, 1e-2), maximize=True)",
    ],
)
def test_optimizers(optimizer):
    half = "Muon" in optimizer  # computed in bfloat16, where the last bit of float32 may decide
    assert_alike(TRAINED.format(optimizer, bias=not half), 8e-3 if half else 2e-5)


@pytest.mark.parametrize(
    "expression",
    [
        "Muon([t.nn.Parameter(t.randn(3))])",
        "Muon([t.nn.Parameter(t.randn(3, 3))], lr=-1)",
        "Adafactor([t.nn.Parameter(t.randn(3, 3))], d=0.5)",
    ],
)
def test_optimizers_refuse(expression):
    assert_alike(f"t.optim.{expression}")
