"""Probability distributions: samples, densities, entropies and divergences: torch.distributions."""

from tinytorch.distributions import constraints as constraints
from tinytorch.distributions import transforms as transforms
from tinytorch.distributions.continuous import Cauchy as Cauchy
from tinytorch.distributions.continuous import Exponential as Exponential
from tinytorch.distributions.continuous import Laplace as Laplace
from tinytorch.distributions.continuous import LogNormal as LogNormal
from tinytorch.distributions.continuous import Normal as Normal
from tinytorch.distributions.continuous import Uniform as Uniform
from tinytorch.distributions.counts import Binomial as Binomial
from tinytorch.distributions.counts import NegativeBinomial as NegativeBinomial
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
from tinytorch.distributions.gamma import Beta as Beta
from tinytorch.distributions.gamma import Chi2 as Chi2
from tinytorch.distributions.gamma import Dirichlet as Dirichlet
from tinytorch.distributions.gamma import FisherSnedecor as FisherSnedecor
from tinytorch.distributions.gamma import Gamma as Gamma
from tinytorch.distributions.gamma import InverseGamma as InverseGamma
from tinytorch.distributions.gamma import StudentT as StudentT
from tinytorch.distributions.kl import kl_divergence as kl_divergence
from tinytorch.distributions.kl import register_kl as register_kl
from tinytorch.distributions.mixture import MixtureSameFamily as MixtureSameFamily
from tinytorch.distributions.multivariate import Independent as Independent
from tinytorch.distributions.multivariate import MultivariateNormal as MultivariateNormal
from tinytorch.distributions.relaxed import RelaxedBernoulli as RelaxedBernoulli
from tinytorch.distributions.relaxed import RelaxedOneHotCategorical as RelaxedOneHotCategorical
from tinytorch.distributions.transformed import Gumbel as Gumbel
from tinytorch.distributions.transformed import HalfCauchy as HalfCauchy
from tinytorch.distributions.transformed import HalfNormal as HalfNormal
from tinytorch.distributions.transformed import Pareto as Pareto
from tinytorch.distributions.transformed import TransformedDistribution as TransformedDistribution
from tinytorch.distributions.transformed import Weibull as Weibull
from tinytorch.distributions.transforms import AbsTransform as AbsTransform
from tinytorch.distributions.transforms import AffineTransform as AffineTransform
from tinytorch.distributions.transforms import ComposeTransform as ComposeTransform
from tinytorch.distributions.transforms import ExpTransform as ExpTransform
from tinytorch.distributions.transforms import IndependentTransform as IndependentTransform
from tinytorch.distributions.transforms import PowerTransform as PowerTransform
from tinytorch.distributions.transforms import ReshapeTransform as ReshapeTransform
from tinytorch.distributions.transforms import SigmoidTransform as SigmoidTransform
from tinytorch.distributions.transforms import SoftmaxTransform as SoftmaxTransform
from tinytorch.distributions.transforms import SoftplusTransform as SoftplusTransform
from tinytorch.distributions.transforms import StickBreakingTransform as StickBreakingTransform
from tinytorch.distributions.transforms import TanhTransform as TanhTransform
from tinytorch.distributions.transforms import Transform as Transform
from tinytorch.distributions.transforms import identity_transform as identity_transform
