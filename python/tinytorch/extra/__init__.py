"""What programs need and the course does not teach, composed of the extension's operations.

The C++ half of it is cpp/extra, which comes as `tinytorch._C`; here is what is clearer in Python.
A function becomes part of PyTorch's surface by a decorator: `torch.name`, `Tensor.name` or both.
Importing this package adds the methods; `tinytorch` takes the functions from `FUNCTIONS`.
"""

from tinytorch.extra._surface import FUNCTIONS as FUNCTIONS
from tinytorch.extra import shapes as shapes
from tinytorch.extra import statistics as statistics
