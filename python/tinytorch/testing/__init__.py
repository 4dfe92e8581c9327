"""Assertions about tensors.                                            Source: torch.testing"""

from tinytorch.testing._comparison import assert_allclose as assert_allclose
from tinytorch.testing._comparison import assert_close as assert_close
