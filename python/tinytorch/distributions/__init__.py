"""Probability distributions: samples, densities, entropies and divergences: torch.distributions."""

from tinytorch.distributions import constraints as constraints
from tinytorch.distributions.continuous import Cauchy as Cauchy
from tinytorch.distributions.continuous import Exponential as Exponential
from tinytorch.distributions.continuous import Laplace as Laplace
from tinytorch.distributions.continuous import LogNormal as LogNormal
from tinytorch.distributions.continuous import Normal as Normal
from tinytorch.distributions.continuous import Uniform as Uniform
from tinytorch.distributions.discrete import Bernoulli as Bernoulli
from tinytorch.distributions.discrete import Categorical as Categorical
from tinytorch.distributions.discrete import Geometric as Geometric
from tinytorch.distributions.discrete import Multinomial as Multinomial
from tinytorch.distributions.discrete import OneHotCategorical as OneHotCategorical
from tinytorch.distributions.discrete import (
    OneHotCategoricalStraightThrough as OneHotCategoricalStraightThrough,
)
from tinytorch.distributions.discrete import Poisson as Poisson
from tinytorch.distributions.distribution import Distribution as Distribution
from tinytorch.distributions.distribution import ExponentialFamily as ExponentialFamily
from tinytorch.distributions.kl import kl_divergence as kl_divergence
from tinytorch.distributions.kl import register_kl as register_kl
from tinytorch.distributions.multivariate import Independent as Independent
from tinytorch.distributions.multivariate import MultivariateNormal as MultivariateNormal
