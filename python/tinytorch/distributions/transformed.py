"""Distributions of a function of another's values: transformed, mixed, relaxed; and counts."""

import math
from typing import Any, ClassVar

import tinytorch as torch
from tinytorch.distributions import constraints
from tinytorch.distributions.continuous import Cauchy, Exponential, Normal, Uniform
from tinytorch.distributions.discrete import Bernoulli, Categorical
from tinytorch.distributions.distribution import Distribution
from tinytorch.distributions.gamma import Gamma
from tinytorch.distributions.multivariate import Independent
from tinytorch.distributions.transforms import (
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    PowerTransform,
    SigmoidTransform,
    Transform,
)
from tinytorch.distributions.utils import (
    broadcast_all,
    clamp_probs,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
    shape_of,
    sum_rightmost,
)

_NONE = torch.Size()


class TransformedDistribution(Distribution):
    """Transforms of the values of base_distribution, one after another.

    Raises ValueError for what is no Transform, or a base with too few dims.
    Source: torch.distributions.TransformedDistribution
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, base_distribution: Any, transforms: Any, validate_args: bool | None = None
    ) -> None:
        if isinstance(transforms, Transform):
            self.transforms = [transforms]
        elif isinstance(transforms, list):
            if not all(isinstance(t, Transform) for t in transforms):
                raise ValueError("transforms must be a Transform or a list of Transforms")
            self.transforms = transforms
        else:
            raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        base_shape = base_distribution.batch_shape + base_distribution.event_shape
        whole = ComposeTransform(self.transforms)
        if len(base_shape) < whole.domain.event_dim:
            raise ValueError(
                "base_distribution needs to have shape with size at least "
                f"{whole.domain.event_dim}, but got {base_shape}."
            )
        shape = torch.Size(whole.forward_shape(base_shape))
        base_dims = len(base_distribution.event_shape)
        more = self._needed(whole) - base_dims
        self.base_dist: Any = (
            Independent(base_distribution, more) if more > 0 else base_distribution
        )
        event_dims = max(self._deepest(base_dims), 0)
        cut = len(shape) - event_dims
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    def _needed(self, whole: Transform) -> int:
        return int(whole.domain.event_dim) if self.transforms else 0

    def _deepest(self, event_dims: int) -> int:
        """The dims of an event after the last transform."""
        dims = max(event_dims, self.transforms[0].domain.event_dim if self.transforms else 0)
        for t in self.transforms:
            dims = max(dims, t.domain.event_dim) + t.codomain.event_dim - t.domain.event_dim
        return int(dims)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.base_dist = self.base_dist.expand(torch.Size(batch_shape))
        return new

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return bool(self.base_dist.has_rsample)

    @property
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self.event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    def sample(self, sample_shape: Any = _NONE) -> Any:
        with torch.no_grad():
            x = self.base_dist.sample(sample_shape)
            for transform in self.transforms:
                x = transform(x)
            return x

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        x = self.base_dist.rsample(sample_shape)
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        dims = len(self.event_shape)
        total: Any = 0.0
        y = value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            term = transform.log_abs_det_jacobian(x, y)
            total = total - sum_rightmost(term, dims - transform.domain.event_dim)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, dims - len(self.base_dist.event_shape))

    def _falls(self) -> Any:
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return sign

    def cdf(self, value: Any) -> Any:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        p, sign = self.base_dist.cdf(value), self._falls()
        return p if isinstance(sign, int) and sign == 1 else sign * (p - 0.5) + 0.5

    def icdf(self, value: Any) -> Any:
        sign = self._falls()
        value = value if isinstance(sign, int) and sign == 1 else sign * (value - 0.5) + 0.5
        value = self.base_dist.icdf(value)
        for transform in self.transforms:
            value = transform(value)
        return value


class _Of(TransformedDistribution):
    """A family with parameters of its own over a transformed base."""

    def _own(self, base: Any, transforms: Any, validate_args: bool | None) -> None:
        super().__init__(base, transforms, validate_args=validate_args)


class Gumbel(_Of):
    """loc - scale log(-log(uniform)).  Source: torch.distributions.Gumbel"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support: Any = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        eps = torch.finfo(self.loc.dtype)
        if not shape_of(self.loc, loc, scale):
            base: Any = Uniform(eps.tiny, 1 - eps.eps, validate_args=validate_args)
        else:
            low = torch.full_like(self.loc, eps.tiny)
            base = Uniform(low, torch.full_like(self.loc, 1 - eps.eps), validate_args=validate_args)
        one = torch.ones_like(self.scale)
        transforms = [
            ExpTransform().inv,
            AffineTransform(0, -one),
            ExpTransform().inv,
            AffineTransform(self.loc, -self.scale),
        ]
        self._own(base, transforms, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return Gumbel(self.loc.expand(batch_shape), self.scale.expand(batch_shape))

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * 0.57721566490153286060

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev.pow(2)

    def entropy(self) -> Any:
        return self.scale.log() + (1 + 0.57721566490153286060)


class _Half(_Of):
    """|x| of a symmetric distribution around 0."""

    arg_constraints: ClassVar[dict[str, Any]] = {"scale": constraints.positive}
    support: Any = constraints.nonnegative
    has_rsample: Any = True
    _whole: Any = None

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        from tinytorch.distributions.transforms import AbsTransform

        self._own(self._whole(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def scale(self) -> Any:
        return self.base_dist.scale

    @property
    def mode(self) -> Any:
        return torch.zeros_like(self.scale)

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        twice = self.base_dist.log_prob(value) + math.log(2)
        return torch.where(value >= 0, twice, -math.inf)

    def cdf(self, value: Any) -> Any:
        self._check_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, prob: Any) -> Any:
        return self.base_dist.icdf((prob + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(_Half):
    """|x| of a Normal around 0.  Source: torch.distributions.HalfNormal"""

    _whole = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale.pow(2) * (1 - 2 / math.pi)


class HalfCauchy(_Half):
    """|x| of a Cauchy around 0.  Source: torch.distributions.HalfCauchy"""

    _whole = Cauchy

    @property
    def mean(self) -> Any:
        return torch.full(self._extended_shape(), math.inf, dtype=self.scale.dtype)

    @property
    def variance(self) -> Any:
        return self.base_dist.variance


class Weibull(_Of):
    """scale * Exponential(1)^(1 / concentration).  Source: torch.distributions.Weibull"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "scale": constraints.positive,
        "concentration": constraints.positive,
    }
    support: Any = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        base = Exponential(torch.ones_like(self.scale), validate_args=validate_args)
        power = PowerTransform(exponent=self.concentration_reciprocal)
        self._own(base, [power, AffineTransform(0, self.scale)], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return Weibull(self.scale.expand(batch_shape), self.concentration.expand(batch_shape))

    @property
    def mean(self) -> Any:
        return self.scale * torch.exp(torch.lgamma(1 + self.concentration_reciprocal))

    @property
    def mode(self) -> Any:
        k = self.concentration
        return self.scale * ((k - 1) / k) ** k.reciprocal()

    @property
    def variance(self) -> Any:
        r = self.concentration_reciprocal
        moments = torch.exp(torch.lgamma(1 + 2 * r)) - torch.exp(2 * torch.lgamma(1 + r))
        return self.scale.pow(2) * moments

    def entropy(self) -> Any:
        r = self.concentration_reciprocal
        return 0.57721566490153286060 * (1 - r) + torch.log(self.scale * r) + 1


class Pareto(_Of):
    """scale * exp(Exponential(alpha)): power-law tails.  Source: torch.distributions.Pareto"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "alpha": constraints.positive,
        "scale": constraints.positive,
    }

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        self._own(base, [ExpTransform(), AffineTransform(loc=0, scale=self.scale)], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return Pareto(self.scale.expand(batch_shape), self.alpha.expand(batch_shape))

    @property
    def support(self) -> Any:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        a = self.alpha.clamp(min=2)
        return self.scale.pow(2) * a / ((a - 1).pow(2) * (a - 2))

    def entropy(self) -> Any:
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())


class MixtureSameFamily(Distribution):
    """One of several distributions of a family, chosen by a Categorical.

    mixture_distribution: over the last batch dim of component_distribution.
    Source: torch.distributions.MixtureSameFamily
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        mixture_distribution: Any,
        component_distribution: Any,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution need to be an instance of "
                "torch.distributions.Distribution"
            )
        of_mixture = mixture_distribution.batch_shape
        shape = component_distribution.batch_shape[:-1]
        for a, b in zip(reversed(of_mixture), reversed(shape), strict=False):
            if a != 1 and b != 1 and a != b:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({of_mixture}) is not compatible with "
                    f"`component_distribution.batch_shape`({shape})"
                )
        count = mixture_distribution.logits.shape[-1]
        if count != component_distribution.batch_shape[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({count}) does not equal "
                "`component_distribution.batch_shape[-1]` "
                f"({component_distribution.batch_shape[-1]})"
            )
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        self._num_component = count
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(shape, component_distribution.event_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        shape = torch.Size(batch_shape)
        mixture = self._mixture_distribution.expand(shape)
        parts = self._component_distribution.expand((*shape, self._num_component))
        return MixtureSameFamily(mixture, parts, validate_args=False)

    @property
    def mixture_distribution(self) -> Any:
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        return self._component_distribution

    @property
    def support(self) -> Any:
        return self._component_distribution.support

    def _weights(self) -> Any:
        probs = self.mixture_distribution.probs
        return probs.reshape(*probs.shape, *(1,) * self._event_ndims)

    @property
    def _dim(self) -> int:
        return -1 - self._event_ndims

    @property
    def mean(self) -> Any:
        return (self._weights() * self.component_distribution.mean).sum(self._dim)

    @property
    def variance(self) -> Any:
        weights, parts = self._weights(), self.component_distribution
        within = (weights * parts.variance).sum(self._dim)
        away = (parts.mean - self.mean.unsqueeze(self._dim)).pow(2.0)
        return within + (weights * away).sum(self._dim)

    def log_prob(self, x: Any) -> Any:
        self._check_sample(x)
        parts = self.component_distribution.log_prob(x.unsqueeze(self._dim))
        logits = torch.log_softmax(self.mixture_distribution.logits, dim=-1)
        return torch.logsumexp(parts + logits, dim=-1)

    def cdf(self, x: Any) -> Any:
        parts = self.component_distribution.cdf(x.unsqueeze(self._dim))
        return (parts * self.mixture_distribution.probs).sum(-1)

    def sample(self, sample_shape: Any = _NONE) -> Any:
        with torch.no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            samples = self.component_distribution.sample(sample_shape)
            lead = len(tuple(sample_shape)) + len(self._batch_shape)
            index = chosen.reshape(*chosen.shape, *(1,) * (1 + self._event_ndims))
            shape = [*samples.shape[:lead], 1, *samples.shape[lead + 1 :]]
            return samples.gather(lead, index.expand(shape)).squeeze(lead)

    def __repr__(self) -> str:
        return (
            f"MixtureSameFamily(\n  {self.mixture_distribution!r},\n  "
            f"{self.component_distribution!r})"
        )


class _Counts(Distribution):
    """total_count, and probs or logits."""

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        given = probs if probs is not None else logits
        self._by_probs = probs is not None
        count, values = broadcast_all(total_count, given)
        self.total_count = count.to(values.dtype)
        if self._by_probs:
            self.probs = values
        else:
            self.logits = values
        super().__init__(values.size(), validate_args=validate_args)

    @lazy_property
    def logits(self) -> Any:
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Any:
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Any:
        return (self.probs if self._by_probs else self.logits).size()


class Binomial(_Counts):
    """How many of total_count trials succeed.  Source: torch.distributions.Binomial"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }

    @property
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = _NONE) -> Any:
        shape = self._extended_shape(sample_shape)
        with torch.no_grad():
            return torch.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        n, logits = self.total_count, self.logits
        counts = torch.lgamma(n + 1) - torch.lgamma(value + 1) - torch.lgamma(n - value + 1)
        normal = n * logits.clamp(min=0) + n * torch.log1p(torch.exp(-logits.abs()))
        return value * logits + counts - normal

    def entropy(self) -> Any:
        count = int(self.total_count.max())
        if not bool((self.total_count == count).all()):
            raise NotImplementedError("Inhomogeneous total count not supported by `entropy`.")
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(torch.exp(log_prob) * log_prob).sum(0)

    has_enumerate_support = True

    def enumerate_support(self, expand: bool = True) -> Any:
        count = int(self.total_count.max())
        if not bool(self.total_count.min() == count):
            raise NotImplementedError(
                "Inhomogeneous total count not supported by `enumerate_support`."
            )
        values = torch.arange(1 + count, dtype=self.total_count.dtype)
        values = values.reshape(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values


class NegativeBinomial(_Counts):
    """Successes before total_count failures.  Source: torch.distributions.NegativeBinomial"""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support: Any = constraints.nonnegative_integer

    def __init__(
        self,
        total_count: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(total_count, probs, logits, validate_args)

    @property
    def mean(self) -> Any:
        return self.total_count * torch.exp(self.logits)

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Any:
        return self.mean / torch.sigmoid(-self.logits)

    def sample(self, sample_shape: Any = _NONE) -> Any:
        with torch.no_grad():
            gamma = Gamma(self.total_count, torch.exp(-self.logits), validate_args=False)
            return torch.poisson(gamma.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        n = self.total_count
        log_sigmoid = torch.nn.functional.logsigmoid
        unnormalised = n * log_sigmoid(-self.logits) + value * log_sigmoid(self.logits)
        normal = -torch.lgamma(n + value) + torch.lgamma(1.0 + value) + torch.lgamma(n)
        return unnormalised - normal.masked_fill(n + value == 0.0, 0.0)


class _LogitRelaxedBernoulli(Distribution):
    """The logit of a RelaxedBernoulli."""

    arg_constraints: ClassVar[dict[str, Any]] = {}
    support: Any = constraints.real
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        self.temperature = temperature
        self._base = Bernoulli(probs, logits, validate_args=validate_args)
        super().__init__(self._base.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._base = self._base.expand(batch_shape)
        return new

    @property
    def logits(self) -> Any:
        return self._base.logits

    @property
    def probs(self) -> Any:
        return self._base.probs

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(torch.rand(shape, dtype=probs.dtype))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Any) -> Any:
        self._check_sample(value)
        logits, value = broadcast_all(self.logits, value)
        away = logits - value.mul(self.temperature)
        return self.temperature.log() + away - 2 * away.exp().log1p()


class RelaxedBernoulli(_Of):
    """A number in (0, 1) near a Bernoulli's for a low temperature.

    Source: torch.distributions.RelaxedBernoulli
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}
    support: Any = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        base = _LogitRelaxedBernoulli(temperature, probs, logits)
        self._own(base, SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Any:
        return self.base_dist.temperature

    @property
    def logits(self) -> Any:
        return self.base_dist.logits

    @property
    def probs(self) -> Any:
        return self.base_dist.probs


class _ExpRelaxedCategorical(Distribution):
    """The logarithm of a RelaxedOneHotCategorical."""

    arg_constraints: ClassVar[dict[str, Any]] = {}
    support: Any = constraints.real_vector
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        shape = self._categorical.logits.shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    @property
    def logits(self) -> Any:
        return self._categorical.logits

    @property
    def probs(self) -> Any:
        return self._categorical.probs

    def rsample(self, sample_shape: Any = _NONE) -> Any:
        shape = self._extended_shape(sample_shape)
        u = clamp_probs(torch.rand(shape, dtype=self.logits.dtype))
        scores = (self.logits - (-(u.log())).log()) / self.temperature
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value: Any) -> Any:
        k = self._event_shape[0]
        self._check_sample(value)
        logits, value = broadcast_all(self.logits, value)
        scale = torch.full_like(self.temperature, float(k)).lgamma() - self.temperature.log().mul(
            -(k - 1)
        )
        score = logits - value.mul(self.temperature)
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + scale


class RelaxedOneHotCategorical(_Of):
    """A point of a simplex, near a corner for a low temperature (Gumbel-softmax).

    Source: torch.distributions.RelaxedOneHotCategorical
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}
    support: Any = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        base = _ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        self._own(base, ExpTransform(), validate_args)

    @property
    def temperature(self) -> Any:
        return self.base_dist.temperature

    @property
    def logits(self) -> Any:
        return self.base_dist.logits

    @property
    def probs(self) -> Any:
        return self.base_dist.probs
