"""Functions of one, two and three numbers beyond those of the course."""

from operations import Operation, binary, of, sample, unary

ANYWHERE = """
    asinh atan cosh sinh tan deg2rad rad2deg sinc erf erfc exp2 expm1 frac fix sgn negative absolute
    i0 digamma lgamma arcsinh arctan nan_to_num
"""
POSITIVE = "log1p log2 log10 rsqrt"
WITHIN_ONE = "acos asin atanh erfinv arccos arcsin arctanh logit"
ABOVE_ONE = "acosh arccosh"
ONLY_METHODS = "digamma_ lgamma_ erfinv_ sgn_ absolute_"  # in place, and no functions


def names(name, in_place=True):
    functions = f"torch.{name} Tensor.{name}"
    if not in_place:
        return functions
    methods = f"{functions} Tensor.{name}_"
    return methods if f"{name}_" in ONLY_METHODS.split() else f"{methods} torch.{name}_"


def within(name, low, high, **kwargs):
    """Samples squeezed into (low, high)."""
    middle, half = (low + high) / 2, (high - low) / 2
    inputs = [(middle + half * 0.9 * sample(*shape) / 2,) for shape in ((2, 3), (), (0, 3))]
    return Operation(names(name), inputs, (), kwargs)


PLAIN = "acos acosh asin asinh atan atanh cosh sinh tan"
OPERATIONS = [
    *(unary(names(name)) for name in ANYWHERE.split()),
    *(unary(names(name), positive=True) for name in POSITIVE.split()),
    *(within(name, -1, 1) for name in WITHIN_ONE.split() if name != "logit"),
    within("logit", 0, 1),
    within("logit", 0, 1, eps=0.2),
    *(within(name, 1.2, 3) for name in ABOVE_ONE.split()),
    unary("torch.positive Tensor.positive torch.real torch.conj Tensor.conj"),
    unary("torch.conj_physical Tensor.conj_physical"),
    unary("torch.resolve_conj Tensor.resolve_conj torch.resolve_neg Tensor.resolve_neg"),
    unary("torch.angle Tensor.angle"),
    unary("torch.round Tensor.round Tensor.round_", decimals=1),
    unary("Tensor.polygamma Tensor.polygamma_", 1, positive=True),
    Operation(
        "torch.mvlgamma Tensor.mvlgamma Tensor.mvlgamma_",
        [(sample(2, 3, positive=True) + 1,)],
        (2,),
    ),
    unary("Tensor.relu_ Tensor.sigmoid_ Tensor.tanh_ torch.sigmoid_ torch.tanh_ torch.relu_"),
    unary("torch.abs_ torch.ceil_ torch.cos_ torch.exp_ torch.floor_ torch.neg_ torch.reciprocal_"),
    unary("torch.round_ torch.sin_ torch.square_ torch.trunc_ torch.zero_"),
    unary("torch.log_ torch.sqrt_", positive=True),
    unary("torch.fill_ torch.fill", 2.0),
    # two numbers
    binary("torch.atan2 Tensor.atan2 torch.arctan2 Tensor.arctan2"),
    binary("Tensor.atan2_ Tensor.arctan2_ Tensor.hypot_ Tensor.copysign_", in_place=True),
    binary("torch.fmod Tensor.fmod torch.fmax Tensor.fmax torch.fmin Tensor.fmin"),
    binary("torch.hypot Tensor.hypot torch.copysign Tensor.copysign"),
    binary("torch.logaddexp Tensor.logaddexp torch.logaddexp2 Tensor.logaddexp2"),
    binary("torch.xlogy Tensor.xlogy torch.float_power Tensor.float_power", positive=True),
    binary("Tensor.xlogy_ torch.xlogy_ Tensor.float_power_", positive=True, in_place=True),
    binary("torch.ldexp Tensor.ldexp"),
    binary("Tensor.ldexp_ torch.ldexp_ Tensor.fmod_", in_place=True),
    binary("torch.subtract Tensor.subtract torch.multiply Tensor.multiply torch.rsub"),
    binary("torch.divide Tensor.divide torch.true_divide Tensor.true_divide"),
    binary("Tensor.subtract_ Tensor.multiply_ Tensor.divide_ Tensor.true_divide_", in_place=True),
    binary("torch.clamp_min Tensor.clamp_min torch.clamp_max Tensor.clamp_max"),
    binary("torch.clamp Tensor.clamp torch.clip Tensor.clip"),
    binary(
        "Tensor.clamp_min_ Tensor.clamp_max_ torch.clamp_min_ torch.clamp_max_ Tensor.clip_"
        " torch.clip_ Tensor.clamp_ torch.clamp_",
        in_place=True,
    ),
    of("torch.clamp_min Tensor.clamp_min Tensor.clamp_min_", (2, 3), args=(0.1,)),
    of("torch.clamp_max Tensor.clamp_max Tensor.clamp_max_", (2, 3), args=(0.1,)),
    # three
    of("torch.clamp Tensor.clamp torch.clip", (2, 3), (3,), (2, 1)),
    of("torch.lerp Tensor.lerp Tensor.lerp_", (2, 3), (2, 3), args=(0.3,)),
    of("torch.lerp Tensor.lerp Tensor.lerp_", (2, 3), (3,), (2, 1)),
    of("torch.addcmul Tensor.addcmul Tensor.addcmul_", (2, 3), (3,), (2, 1), value=0.7),
    of("torch.addcdiv Tensor.addcdiv Tensor.addcdiv_", (2, 3), (3,), (2, 1), value=0.7),
]
CALLS = [
    ("torch.polygamma", ((2, 3),), lambda f, t, x: f(1, x.abs() + 0.2)),
]
PREDICATES = "isneginf isposinf isreal signbit greater greater_equal less less_equal not_equal"
WITHOUT_GRADIENT = {
    "torch": f"{PREDICATES} heaviside",
    "Tensor": f"{PREDICATES} heaviside",
}
OTHERS = {
    # of integers, or refused where a gradient is wanted
    "torch": "bitwise_left_shift bitwise_right_shift gcd gcd_ lcm lcm_ nextafter imag",
    "Tensor": "bitwise_left_shift bitwise_left_shift_ bitwise_right_shift bitwise_right_shift_ gcd"
    " gcd_ lcm lcm_ nextafter nextafter_ heaviside_ __lshift__ __ilshift__ __rlshift__ __rshift__"
    " __irshift__ __rrshift__ greater_ greater_equal_ less_ less_equal_ not_equal_",
}
# In place PyTorch has no derivative for them, and ldexp's it computes with a rounded log 2.
UNKNOWN_TO_PYTORCH = """
    Tensor.asinh_ torch.asinh_ Tensor.acosh_ torch.acosh_ Tensor.arcsinh_ torch.arcsinh_
    Tensor.arccosh_ torch.arccosh_ Tensor.atanh_ torch.atanh_ Tensor.arctanh_ torch.arctanh_
    Tensor.sgn torch.sgn Tensor.sgn_ torch.ldexp Tensor.ldexp Tensor.ldexp_ torch.ldexp_
"""
