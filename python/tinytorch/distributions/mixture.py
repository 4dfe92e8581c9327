"""A distribution that draws from one of several of a family."""

from typing import Any, ClassVar

import tinytorch as torch
from tinytorch.distributions.discrete import Categorical
from tinytorch.distributions.distribution import Distribution

_NONE = torch.Size()


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
