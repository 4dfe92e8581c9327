"""Dropout as modules: elements, or whole channels, switched off at random while training."""

from tinytorch._C import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn.functional._dropout import check_probability
from tinytorch.nn.modules.module import Module


class _DropoutNd(Module):
    """A probability of dropping.  Raises ValueError for p outside [0, 1]."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability(p)
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """In training, zeroes each element with probability p and scales the others by 1 / (1 - p).

    Raises ValueError for p outside [0, 1].  Source: torch.nn.Dropout
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean and variance of selu's results.  Source: torch.nn.AlphaDropout"""

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_DropoutNd):
    """AlphaDropout of whole channels.  Source: torch.nn.FeatureAlphaDropout"""

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Dropout of whole channels.  (N, C, L) or (C, L).  Source: torch.nn.Dropout1d"""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Dropout of whole channels.  (N, C, H, W).  Source: torch.nn.Dropout2d"""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """Dropout of whole channels.  (N, C, D, H, W).  Source: torch.nn.Dropout3d"""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)
