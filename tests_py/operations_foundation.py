"""The operations of the foundation: tensor, activations, layers, losses, autograd."""

import numpy as np

from operations import Operation, binary, of, reduction, sample, unary


def assigned(set_item, x, at, value):
    y = x * 1
    set_item(y, at, value)
    return y


PROBABILITIES = (sample(3, 4, positive=True) / 4 + 0.05, sample(3, 4, 1, positive=True)[..., 0] / 4)
CLASSES = np.array([1, 0, 3])
INDEX = np.array([[0, 1, 1], [1, 0, 0]])

OPERATIONS = [
    # elementwise, one operand
    unary("torch.neg Tensor.neg Tensor.__neg__ Tensor.neg_"),
    unary("torch.abs Tensor.abs Tensor.__abs__ Tensor.abs_"),
    unary("torch.exp Tensor.exp Tensor.exp_"),
    unary("torch.log Tensor.log Tensor.log_", positive=True),
    unary("torch.sqrt Tensor.sqrt Tensor.sqrt_", positive=True),
    unary("torch.reciprocal Tensor.reciprocal Tensor.reciprocal_"),
    unary("torch.square Tensor.square Tensor.square_"),
    unary("torch.sin Tensor.sin Tensor.sin_"),
    unary("torch.cos Tensor.cos Tensor.cos_"),
    unary("torch.sign Tensor.sign Tensor.sign_"),
    unary("torch.floor Tensor.floor Tensor.floor_"),
    unary("torch.ceil Tensor.ceil Tensor.ceil_"),
    unary("torch.round Tensor.round Tensor.round_"),
    unary("torch.trunc Tensor.trunc Tensor.trunc_"),
    unary("Tensor.__pos__"),
    unary("torch.clamp Tensor.clamp Tensor.clamp_", -0.2, 0.3),
    unary("torch.clamp Tensor.clamp", min=0.0),
    unary("torch.pow Tensor.pow Tensor.__pow__ Tensor.pow_ Tensor.__ipow__", 3),
    unary("torch.pow Tensor.pow", 0.5, positive=True),
    unary("Tensor.__rpow__", 2.0),
    unary("Tensor.__rsub__ Tensor.__radd__ Tensor.__rmul__", 2.0),
    unary("Tensor.__rtruediv__", 2.0),
    unary("Tensor.__rmod__", 2.0, positive=True),
    unary("torch.add torch.mul torch.sub torch.div", 3.0),
    # elementwise, two operands
    binary("torch.add Tensor.add Tensor.__add__"),
    binary("torch.sub Tensor.sub Tensor.__sub__"),
    binary("torch.mul Tensor.mul Tensor.__mul__"),
    binary("torch.div Tensor.div Tensor.__truediv__"),
    binary("torch.pow Tensor.pow Tensor.__pow__", positive=True),
    binary("torch.maximum Tensor.maximum torch.max Tensor.max"),
    binary("torch.minimum Tensor.minimum torch.min Tensor.min"),
    binary("torch.remainder Tensor.remainder Tensor.__mod__"),
    binary("Tensor.add_ Tensor.__iadd__ Tensor.sub_ Tensor.__isub__", in_place=True),
    binary("Tensor.mul_ Tensor.__imul__ Tensor.div_ Tensor.__itruediv__", in_place=True),
    binary("Tensor.pow_", positive=True, in_place=True),
    binary("Tensor.remainder_ Tensor.__imod__", in_place=True),
    binary("Tensor.copy_", in_place=True),
    of("torch.add Tensor.add torch.sub Tensor.sub", (2, 3), (3,), alpha=2.5),
    of("Tensor.fill_", (2, 3), args=(2.0,)),
    of("Tensor.zero_", (2, 3)),
    # reductions
    *(
        reduction(f"torch.{name} Tensor.{name}", *args)
        for name in ("sum", "mean", "var", "std", "amax", "amin")
        for args in ((), (1,), ((0, 2),))
    ),
    *(
        reduction(f"torch.{name} Tensor.{name}", 1, keepdim=True)
        for name in ("sum", "mean", "var", "std", "amax", "amin", "prod", "max", "min")
    ),
    *(
        reduction(f"torch.{name} Tensor.{name}", *args)
        for name in ("prod", "max", "min")
        for args in ((), (-1,))
    ),
    reduction("torch.var Tensor.var", 1, correction=0),
    reduction("torch.sum Tensor.sum torch.prod Tensor.prod", shape=(0, 3)),
    reduction("torch.mean Tensor.mean", shape=()),
    # matrix products
    *(
        of("torch.matmul Tensor.matmul Tensor.__matmul__", a, b)
        for a, b in [
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3, 4)),
            ((2, 2, 3), (3, 2)),
            ((2, 1, 2, 3), (2, 3, 2)),
            ((3,), (2, 3, 2)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
        ]
    ),
    of("torch.mm Tensor.mm", (2, 3), (3, 4)),
    of("Tensor.__rmatmul__", (3, 4), (2, 3)),
    of("torch.bmm Tensor.bmm", (2, 2, 3), (2, 3, 2)),
    of("torch.dot Tensor.dot", (3,), (3,)),
    # views
    of("Tensor.view", (2, 6), args=(3, 4)),
    of("torch.reshape Tensor.reshape", (2, 6), args=((3, -1),)),
    of("torch.reshape", (0, 6), args=((0, 2, 3),)),
    of("torch.permute Tensor.permute", (2, 3, 2), args=((2, 0, 1),)),
    of("torch.transpose Tensor.transpose torch.swapaxes Tensor.swapaxes", (2, 3), args=(0, 1)),
    of("torch.t Tensor.t Tensor.T", (2, 3)),
    of("Tensor.mT", (2, 3, 2)),
    of("torch.select Tensor.select", (2, 3), args=(1, -1)),
    of("torch.narrow Tensor.narrow", (2, 4), args=(1, 1, 2)),
    of("torch.unsqueeze Tensor.unsqueeze", (2, 3), args=(1,)),
    of("torch.squeeze Tensor.squeeze", (2, 1, 3)),
    of("torch.squeeze Tensor.squeeze", (2, 1, 3), args=(1,)),
    of("Tensor.expand", (2, 1), args=(4, 2, 3)),
    of("torch.flatten Tensor.flatten", (2, 3, 2), args=(1,)),
    of("torch.as_strided Tensor.as_strided", (6,), args=((4, 3), (1, 1))),
    of("torch.split Tensor.split", (4, 3), args=(3,)),
    of("torch.chunk Tensor.chunk", (4, 3), args=(2,)),
    of("torch.unbind Tensor.unbind", (3, 2)),
    of("Tensor.__iter__", (3, 2)),
    *(
        of("Tensor.__getitem__", (3, 4), args=(at,))
        for at in (
            1,
            slice(None, None, 2),
            (slice(1, 3), -1),
            (None, Ellipsis, slice(0, 3)),
            [2, 0, 2],
            ([0, 1], [1, 1]),
        )
    ),
    # joining and picking
    Operation(
        "torch.cat torch.concat torch.concatenate",
        [
            (sample(2, 3), sample(1, 3, seed=1), sample(0, 3)),
            (sample(2), sample(0), sample(3, seed=1)),
        ],
        as_list=True,
    ),
    Operation("torch.cat", [(sample(2, 3), sample(2, 1, seed=1))], (1,), as_list=True),
    Operation("torch.stack", [(sample(2, 3), sample(2, 3, seed=1))], (1,), as_list=True),
    # copies
    of("Tensor.clone Tensor.contiguous Tensor.cpu Tensor.double", (2, 3)),
    of("Tensor.to", (2, 3), args=("cpu",)),
    # activations
    *(unary(f"torch.{name} Tensor.{name} F.{name}") for name in ("relu", "sigmoid", "tanh")),
    unary("F.gelu"),
    unary("F.gelu", approximate="tanh"),
    unary("F.relu_"),
    *(
        of(f"torch.{name} Tensor.{name} F.{name}", shape, args=(dim,))
        for name in ("softmax", "log_softmax")
        for shape, dim in (((2, 3, 2), 1), ((3, 2), 0), ((0, 3), 1), ((), 0))
    ),
    # layers
    *(
        of("F.linear", x, (4, 3), *bias)
        for x in ((3,), (2, 3), (2, 2, 3), (0, 3))
        for bias in ((), ((4,),))
    ),
    of("torch.dropout F.dropout", (4, 5), args=(0.4, True)),
    of("torch.dropout F.dropout", (4, 5), args=(0.4, False)),
    # losses
    *(
        Operation(f"F.{name}", [inputs], kwargs={"reduction": reduction})
        for reduction in ("none", "mean", "sum")
        for name, inputs in (
            ("mse_loss", (sample(3, 4), sample(3, 4, seed=1))),
            ("binary_cross_entropy", PROBABILITIES),
            ("binary_cross_entropy_with_logits", (sample(3, 4), PROBABILITIES[1])),
        )
    ),
]

# What needs more than arrays and numbers: a name, its inputs, and how it is called.
CALLS = [
    ("torch.where", ((2, 3), (3,)), lambda f, t, a, b: f(t.tensor(INDEX > 0), a, b)),
    ("torch.where", ((2, 3), ()), lambda f, t, a, b: f(t.tensor(INDEX > 0), a, b)),
    ("Tensor.where", ((2, 3), (1, 3)), lambda f, t, a, b: f(a, t.tensor(INDEX > 0), b)),
    ("torch.gather", ((2, 3),), lambda f, t, x: f(x, 0, t.tensor(INDEX))),
    ("Tensor.gather", ((2, 3),), lambda f, t, x: f(x, 0, t.tensor(INDEX))),
    ("Tensor.expand_as", ((1, 3), (2, 3)), lambda f, t, x, y: f(x, y) * y),
    ("Tensor.view_as", ((2, 3), (3, 2)), lambda f, t, x, y: f(x, y) * y),
    ("Tensor.reshape_as", ((2, 3), (3, 2)), lambda f, t, x, y: f(x, y) * y),
    ("Tensor.type_as", ((2, 3), (2, 3)), lambda f, t, x, y: f(x, y) * y),
    ("Tensor.__getitem__", ((2, 3),), lambda f, t, x: f(x, t.tensor(INDEX > 0))),
    ("Tensor.__setitem__", ((2, 3), (3,)), lambda f, t, x, y: assigned(f, x, 0, y)),
    ("Tensor.__setitem__", ((3, 4), ()), lambda f, t, x, y: assigned(f, x, (slice(1, 3), 1), y)),
    ("Tensor.__setitem__", ((2, 3),), lambda f, t, x: assigned(f, x, t.tensor(INDEX > 0), 1.5)),
    ("Tensor.__setitem__", ((3, 2), (2, 2)), lambda f, t, x, y: assigned(f, x, [2, 0], y)),
    *(
        (f"F.{name}", ((3, 4),), lambda f, t, x, k=kwargs: f(x, t.tensor(CLASSES), **k))
        for name in ("nll_loss", "cross_entropy")
        for kwargs in (
            {},
            {"reduction": "none"},
            {"reduction": "sum"},
            {"ignore_index": 0},
        )
    ),
    ("F.nll_loss", ((3, 4),), lambda f, t, x: f(x, t.tensor(CLASSES), t.arange(4).double())),
    ("F.cross_entropy", ((3, 4),), lambda f, t, x: f(x, t.tensor(CLASSES), t.arange(4).double())),
    ("F.cross_entropy", ((3, 4),), lambda f, t, x: f(x, t.tensor(CLASSES), label_smoothing=0.2)),
    ("F.cross_entropy", ((3, 4, 2),), lambda f, t, x: f(x, t.tensor(CLASSES[:, None] * [1, 0]))),
    ("F.cross_entropy", ((3, 4), (3, 4)), lambda f, t, x, p: f(x, p.softmax(1))),
    (
        "F.cross_entropy",
        ((3, 4), (3, 4)),
        lambda f, t, x, p: f(x, p.softmax(1), t.arange(4).double(), label_smoothing=0.2),
    ),
]

# Functions whose results require no gradient even where their arguments do.
COMPARISONS = (
    "eq ge gt isfinite isinf isnan le logical_and logical_not logical_or logical_xor lt ne"
)
WITHOUT_GRADIENT = {
    "torch": f"{COMPARISONS} all any argmax argmin",
    "Tensor": f"{COMPARISONS} all any argmax argmin __eq__ __ge__ __gt__ __le__ __lt__ __ne__"
    " detach",
}

# Functions that are not a matter of gradients at all.
OTHERS = {
    # integers and bools only
    "torch": "bitwise_and bitwise_not bitwise_or bitwise_xor"
    # a quotient without slope, which refuses to go backwards
    " floor_divide"
    # fresh tensors
    " arange as_tensor empty empty_like eye from_numpy full full_like linspace ones ones_like rand"
    " rand_like randint randn randn_like randperm tensor zeros zeros_like"
    # questions and settings
    " empty_cache get_default_dtype get_num_threads get_rng_state include_dir"
    " initial_seed is_grad_enabled"
    " library_dir load manual_seed promote_types result_type save"
    " set_default_dtype set_num_threads set_printoptions set_rng_state show_config typename",
    "Tensor": "bitwise_and bitwise_and_ bitwise_not bitwise_not_ bitwise_or bitwise_or_ bitwise_xor"
    " bitwise_xor_ __and__ __iand__ __rand__ __or__ __ior__ __ror__ __xor__ __ixor__ __rxor__"
    " __invert__"
    # comparisons written into their operand, and a quotient without slope
    " eq_ ge_ gt_ le_ lt_ ne_ logical_and_ logical_not_ logical_or_ logical_xor_ floor_divide_"
    " __ifloordiv__ floor_divide __floordiv__ __rfloordiv__"
    # conversions to dtypes without gradients, and to float32, in which differences say nothing
    " bool byte char int long short float type"
    # random values instead of what was there
    " bernoulli_ exponential_ normal_ uniform_"
    # autograd's own
    " backward detach_ register_hook requires_grad_ retain_grad"
    # questions
    " data_ptr dim element_size is_contiguous is_floating_point item ndimension nelement numel"
    " numpy size storage_offset stride tolist __array__ __bool__ __complex__ __contains__"
    " __deepcopy__ __delitem__ __float__ __format__ __hash__ __index__ __int__ __len__"
    " __reduce_ex__ __repr__",
}

# Names and gradients that PyTorch does not have.
UNKNOWN_TO_PYTORCH = """
    Tensor.__rmod__
"""
