"""What programs need and the course does not teach, composed of the extension's operations.

The C++ half of it is cpp/extra, which comes as `tinytorch._C`; here is what is clearer in Python.
A function becomes part of PyTorch's surface by a decorator: `torch.name`, `Tensor.name` or both.
Importing this package adds the methods; `tinytorch` takes the functions from `FUNCTIONS`.
"""

from tinytorch import _C
from tinytorch.extra import comparison as comparison
from tinytorch.extra import conversion as conversion
from tinytorch.extra import einsum as einsum
from tinytorch.extra import linear_algebra as linear_algebra
from tinytorch.extra import neural as neural
from tinytorch.extra import pointwise as pointwise
from tinytorch.extra import products as products
from tinytorch.extra import selection as selection
from tinytorch.extra import shapes as shapes
from tinytorch.extra import statistics as statistics
from tinytorch.extra._surface import FUNCTIONS as FUNCTIONS

if "spatial" in _C.build_info()["units"]:
    from tinytorch.extra import spatial as spatial
