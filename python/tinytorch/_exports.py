"""PyTorch's top-level names, from the unit tensor on: each becomes `tinytorch.<name>`."""

import math

from tinytorch import _C, _tensor
from tinytorch import _return_types as return_types
from tinytorch._creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    from_numpy,
    frombuffer,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    range,
    scalar_tensor,
    set_default_dtype,
    tensor,
    zeros,
    zeros_like,
)
from tinytorch._device import device, get_default_device, set_default_device
from tinytorch._dtype import (
    bfloat16,
    bool,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    short,
    uint8,
)
from tinytorch._legacy import TYPES as _TYPES
from tinytorch._legacy import set_default_tensor_type
from tinytorch._memory_format import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from tinytorch._numeric_limits import finfo, iinfo
from tinytorch._random import (
    bernoulli,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from tinytorch._size import Size
from tinytorch._tensor_str import set_printoptions
from tinytorch._typename import typename
from tinytorch.random import get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from tinytorch.serialization import load, save
from tinytorch.utils.dlpack import from_dlpack

Tensor = _tensor.Tensor
Generator = _C.Generator
default_generator = _C.default_generator
pi, e, inf, nan = math.pi, math.e, math.inf, math.nan
newaxis = None

# The extension's functions are PyTorch's under their own names; internal ones start with _.
_SWITCHES = {"build_info", "kernel_table", "memory_stats", "task_calls", "reset_peak_memory"}
_SWITCHES |= {"count_task", "kernels_accelerated", "set_kernels_accelerated"}
_IN_NN_FUNCTIONAL = {"gelu", "linear", "mse_loss", "nll_loss", "cross_entropy"}
_IN_NN_FUNCTIONAL |= {"binary_cross_entropy", "binary_cross_entropy_with_logits"}
_FUNCTIONS = {
    name: value
    for name, value in vars(_C).items()
    if callable(value) and not isinstance(value, type) and not name.startswith("_")
    if name not in _SWITCHES | _IN_NN_FUNCTIONAL
}
if "autograd" in _C.build_info()["units"]:
    from tinytorch.extra import FUNCTIONS as _COMPOSED

    _FUNCTIONS |= _COMPOSED
globals().update(_FUNCTIONS | _TYPES)

__all__ = [
    "Generator",
    "Size",
    "Tensor",
    "arange",
    "as_tensor",
    "asarray",
    "bernoulli",
    "bfloat16",
    "bool",
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "default_generator",
    "device",
    "double",
    "dtype",
    "e",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eye",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "get_default_device",
    "get_rng_state",
    "half",
    "iinfo",
    "inf",
    "initial_seed",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "layout",
    "linspace",
    "load",
    "logspace",
    "long",
    "manual_seed",
    "memory_format",
    "nan",
    "newaxis",
    "normal",
    "ones",
    "ones_like",
    "pi",
    "preserve_format",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "range",
    "return_types",
    "save",
    "scalar_tensor",
    "seed",
    "set_default_device",
    "set_default_dtype",
    "set_default_tensor_type",
    "set_printoptions",
    "set_rng_state",
    "short",
    "strided",
    "tensor",
    "typename",
    "uint8",
    "zeros",
    "zeros_like",
    *_FUNCTIONS,
    *_TYPES,
]
