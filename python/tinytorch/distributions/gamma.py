"""Gamma and what is made of it: Beta, Dirichlet, Chi2, StudentT, FisherSnedecor, InverseGamma."""

import math
from typing import Any, ClassVar

import numpy as np

import tinytorch as torch
from tinytorch import _C
from tinytorch.distributions import constraints
from tinytorch.distributions.distribution import Distribution, ExponentialFamily
from tinytorch.distributions.utils import NUMBERS, broadcast_all, shape_of
from tinytorch.extra._record import record

_NONE = torch.Size()
_AROUND = np.array(  # of u^i, by v^j: the numerator's four, then the denominator's
    [
        [0.16009398, -0.094634809, 0.025146376, -0.0030648343],
        [0.53487893, 0.1298071, 0.065735949, -0.0015649758],
        [0.040121004, -0.0065914022, -0.0026286047, -0.0013441777],
        [1, 0.32668115, 0.10406089, 0.0014179084],
        [0.16639465, 0.020070113, -0.0035938915, -0.00058392623],
        [0.017050642, -0.0021309326, 0.00085092367, -1.5247877e-07],
    ]
)


def _gamma_slope(alpha: Any, x: Any, digamma: Any) -> Any:
    """dx/dalpha of gamma-distributed x at a fixed quantile, of numpy arrays.

    A series for small x, saddle points for large alpha, a rational function between.
    """
    with np.errstate(all="ignore"):
        numerator, denominator = np.ones_like(x), alpha.copy()
        first, second = numerator / denominator, numerator / denominator**2
        for k in range(1, 6):
            numerator, denominator = numerator * -x / k, denominator + 1
            first, second = first + numerator / denominator, second + numerator / denominator**2
        power = x**alpha
        slope = (np.log(x) - digamma) * power * first - power * second
        small = np.nan_to_num(-slope / (x ** (alpha - 1) * np.exp(-x)), nan=0.0)

        near = (
            (1 + 24 * alpha * (1 + 12 * alpha))
            * (
                1440 * alpha**2
                + 6 * x * (53 - 120 * x)
                - 65 * x * x / alpha
                + alpha * (107 + 3600 * x)
            )
            / (1244160 * alpha**4)
        )
        root = np.sqrt(8 * alpha)
        away = root / (alpha - x)
        term = (x - alpha - alpha * np.log(x / alpha)) ** -1.5
        both = np.where(x < alpha, away - term, away + term)
        far = np.log(x / alpha) * both - np.sqrt(2 / alpha) * (alpha + x) / (alpha - x) ** 2
        far = -(1 + 1 / (12 * alpha) * (1 + 1 / (24 * alpha))) * x * far / root
        large = np.where((0.9 * alpha <= x) & (x <= 1.1 * alpha), near, far)

        u, v = np.log(x / alpha), np.log(alpha)
        by_v = [sum(c * v**j for j, c in enumerate(row)) for row in _AROUND]
        top, bottom = (a + u * (b + u * c) for a, b, c in (by_v[:3], by_v[3:]))
        between = np.exp(top / bottom)
        return np.where(x < 0.8, small, np.where(alpha > 8, large, between))


def standard_gamma(concentration: Any) -> Any:
    """Draws of rate 1; gradients reach the concentration.  Source: torch._standard_gamma"""
    y = _C._standard_gamma(concentration.detach())

    def derivative(alpha: Any, x: Any, grad: Any) -> Any:
        arrays = (t.double().numpy() for t in (alpha, x, torch.digamma(alpha)))
        return [grad * torch.from_numpy(np.asarray(_gamma_slope(*arrays))).to(grad.dtype)]

    record("StandardGammaBackward0", [concentration], [y], derivative, [concentration, y])
    return y


def _dirichlet(concentration: Any) -> Any:
    if torch.is_grad_enabled() and concentration.requires_grad:
        raise NotImplementedError(
            "rsample: tinytorch has no gradient of Dirichlet and Beta draws by their "
            "concentrations; draw with sample(), or detach the parameters"
        )
    return _C._sample_dirichlet(concentration)


class Gamma(ExponentialFamily):
    """Density x^(concentration - 1) exp(-rate x), up to a constant.

    Source: torch.distributions.Gamma
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    support: Any = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        shape = shape_of(self.concentration, concentration, rate)
        super().__init__(shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        shape = self._extended_shape(sample_shape)
        value = standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        value.detach().clamp_(min=torch.finfo(value.dtype).tiny)
        return value

    def log_prob(self, value: Any) -> Any:
        value = torch.as_tensor(value, dtype=self.rate.dtype)
        self._check_sample(value)
        return (
            torch.xlogy(self.concentration, self.rate)
            + torch.xlogy(self.concentration - 1, value)
            - self.rate * value
            - torch.lgamma(self.concentration)
        )

    def entropy(self) -> Any:
        return (
            self.concentration
            - torch.log(self.rate)
            + torch.lgamma(self.concentration)
            + (1.0 - self.concentration) * torch.digamma(self.concentration)
        )


class Chi2(Gamma):
    """The sum of df squares of standard normals.  Source: torch.distributions.Chi2"""

    arg_constraints: ClassVar[dict[str, Any]] = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Any:
        return self.concentration * 2

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.concentration = self.concentration.expand(new._batch_shape)
        new.rate = self.rate.expand(new._batch_shape)
        return new


class Dirichlet(ExponentialFamily):
    """Points of a simplex: probabilities that add up to 1.

    concentration: (..., K).  Raises ValueError for one without dims.
    Source: torch.distributions.Dirichlet
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "concentration": constraints.independent(constraints.positive, 1)
    }
    support: Any = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        less = (self.concentration - 1).clamp(min=0.0)
        mode = less / less.sum(-1, True)
        flat = (self.concentration < 1).all(dim=-1)
        if not bool(flat.any()):
            return mode
        top = torch.nn.functional.one_hot(mode.argmax(-1), self.concentration.shape[-1])
        return torch.where(flat.unsqueeze(-1), top.to(mode), mode)

    @property
    def variance(self) -> Any:
        total = self.concentration.sum(-1, True)
        rest = total - self.concentration
        return self.concentration * rest / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        return _dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        return (
            torch.xlogy(self.concentration - 1.0, value).sum(-1)
            + torch.lgamma(self.concentration.sum(-1))
            - torch.lgamma(self.concentration).sum(-1)
        )

    def entropy(self) -> Any:
        k, total = self.concentration.size(-1), self.concentration.sum(-1)
        return (
            torch.lgamma(self.concentration).sum(-1)
            - torch.lgamma(total)
            - (k - total) * torch.digamma(total)
            - ((self.concentration - 1.0) * torch.digamma(self.concentration)).sum(-1)
        )


class Beta(ExponentialFamily):
    """Density x^(a - 1) (1 - x)^(b - 1) on [0, 1], up to a constant.

    Source: torch.distributions.Beta
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support: Any = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        if isinstance(concentration1, NUMBERS) and isinstance(concentration0, NUMBERS):
            both = torch.tensor([float(concentration1), float(concentration0)])
        else:
            both = torch.stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(self._dirichlet._batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._dirichlet = self._dirichlet.expand(new._batch_shape)
        return new

    @property
    def concentration1(self) -> Any:
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Any:
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Any:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        return self._dirichlet.rsample(sample_shape).select(-1, 0)

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        return self._dirichlet.log_prob(torch.stack([value, 1.0 - value], -1))

    def entropy(self) -> Any:
        return self._dirichlet.entropy()


class InverseGamma(Distribution):
    """1 / Gamma(concentration, rate).  Source: torch.distributions.InverseGamma"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    support: Any = constraints.positive
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.base_dist = Gamma(concentration, rate, validate_args=validate_args)
        super().__init__(self.base_dist.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.base_dist = self.base_dist.expand(batch_shape)
        return new

    @property
    def concentration(self) -> Any:
        return self.base_dist.concentration

    @property
    def rate(self) -> Any:
        return self.base_dist.rate

    @property
    def mean(self) -> Any:
        mean = self.rate / (self.concentration - 1)
        return torch.where(self.concentration > 1, mean, torch.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        a = self.concentration
        variance = self.rate.square() / ((a - 1).square() * (a - 2))
        return torch.where(a > 2, variance, torch.inf)

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        return self.base_dist.rsample(sample_shape).reciprocal()

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        return self.base_dist.log_prob(value.reciprocal()) - 2 * value.log()

    def entropy(self) -> Any:
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()


class StudentT(Distribution):
    """A normal over the root of a Chi2 / df.  Source: torch.distributions.StudentT"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support: Any = constraints.real
    has_rsample = True

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._chi2 = self._chi2.expand(new._batch_shape)
        return new

    @property
    def mean(self) -> Any:
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        finite = self.scale.pow(2) * self.df / (self.df - 2)
        finite = torch.where(self.df > 2, finite, math.inf)
        return finite.masked_fill(self.df <= 1, math.nan)

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        shape = self._extended_shape(sample_shape)
        x = torch.empty(shape, dtype=self.df.dtype).normal_()
        z = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * (x * torch.rsqrt(z / self.df))

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        y = (value - self.loc) / self.scale
        constant = (
            self.scale.log()
            + 0.5 * self.df.log()
            + 0.5 * math.log(math.pi)
            + torch.lgamma(0.5 * self.df)
            - torch.lgamma(0.5 * (self.df + 1.0))
        )
        return -0.5 * (self.df + 1.0) * torch.log1p(y**2.0 / self.df) - constant

    def entropy(self) -> Any:
        beta = torch.lgamma(0.5 * self.df) + math.lgamma(0.5) - torch.lgamma(0.5 * (self.df + 1))
        half = 0.5 * (self.df + 1)
        return (
            self.scale.log()
            + half * (torch.digamma(half) - torch.digamma(0.5 * self.df))
            + 0.5 * self.df.log()
            + beta
        )


class FisherSnedecor(Distribution):
    """(Chi2(df1) / df1) / (Chi2(df2) / df2).  Source: torch.distributions.FisherSnedecor"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "df1": constraints.positive,
        "df2": constraints.positive,
    }
    support: Any = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._gamma1 = Gamma(self.df1 * 0.5, self.df1)
        self._gamma2 = Gamma(self.df2 * 0.5, self.df2)
        super().__init__(shape_of(self.df1, df1, df2), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._gamma1 = self._gamma1.expand(new._batch_shape)
        new._gamma2 = self._gamma2.expand(new._batch_shape)
        return new

    @property
    def mean(self) -> Any:
        return torch.where(self.df2 > 2, self.df2 / (self.df2 - 2), math.nan)

    @property
    def mode(self) -> Any:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return mode.masked_fill(self.df1 <= 2, math.nan)

    @property
    def variance(self) -> Any:
        a, b = self.df1, self.df2
        variance = 2 * b.pow(2) * (a + b - 2) / (a * (b - 2).pow(2) * (b - 4))
        return torch.where(b > 4, variance, math.nan)

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        shape = torch.Size(sample_shape)
        top = self._gamma1.rsample(shape).reshape(self._extended_shape(shape))
        bottom = self._gamma2.rsample(shape).reshape(self._extended_shape(shape))
        return top / bottom.clamp(min=torch.finfo(bottom.dtype).tiny)

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        ratio = self.df1 / self.df2
        half1, half2 = self.df1 * 0.5, self.df2 * 0.5
        return (
            (half1 + half2).lgamma()
            - half1.lgamma()
            - half2.lgamma()
            + half1 * ratio.log()
            + (half1 - 1) * torch.log(value)
            - (half1 + half2) * torch.log1p(ratio * value)
        )
