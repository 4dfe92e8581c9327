"""Distributions beside PyTorch: the same samples from the same seed, densities and errors."""

import numpy as np
import pytest

import tinytorch
from beside import beside_torch, outcome

LOC = [[0.5, -1.0, 2.0], [0.0, 3.0, -0.5]]
SCALE = [[0.5, 1.0, 2.0], [0.1, 3.0, 1.5]]
SIMPLEX = [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]
COVARIANCE = [[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 0.7]]
TRIL = [[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-0.3, 0.2, 0.5]]


def tensor(torch, values, grad=False):
    return torch.tensor(values, dtype=torch.float64, requires_grad=grad)


# name: (make(torch, distributions, tensor of float64), values in its support)
MAKE = {
    "Normal": (lambda d, t: d.Normal(t(LOC), t(SCALE)), [0.3, -1.0, 2.5]),
    "Normal of numbers": (lambda d, t: d.Normal(0.5, 2), 0.3),
    "Normal, float32": (lambda d, t: d.Normal(t(LOC).float(), 1.0), [0.3, -1.0, 2.5]),
    "LogNormal": (lambda d, t: d.LogNormal(t(LOC), t(SCALE)), [0.3, 1.0, 2.5]),
    "Laplace": (lambda d, t: d.Laplace(t(LOC), t(SCALE)), [0.3, -1.0, 2.5]),
    "Cauchy": (lambda d, t: d.Cauchy(t(LOC), t(SCALE)), [0.3, -1.0, 2.5]),
    "Uniform": (lambda d, t: d.Uniform(t([-1.0, 0.0, 2.0]), 3.0), [0.3, 1.0, 2.5]),
    "Exponential": (lambda d, t: d.Exponential(t(SCALE)), [0.3, 1.0, 2.5]),
    "Bernoulli": (lambda d, t: d.Bernoulli(t(SIMPLEX)), [0.0, 1.0, 1.0]),
    "Bernoulli, logits": (lambda d, t: d.Bernoulli(logits=t(LOC)), [0.0, 1.0, 1.0]),
    "Geometric": (lambda d, t: d.Geometric(t(SIMPLEX)), [0.0, 1.0, 4.0]),
    "Poisson": (lambda d, t: d.Poisson(t(SCALE)), [0.0, 1.0, 4.0]),
    "Categorical": (lambda d, t: d.Categorical(t(SCALE)), [2, 0]),
    "Categorical, logits": (lambda d, t: d.Categorical(logits=t(LOC)), [[2, 0], [1, 1]]),
    "Categorical, one": (lambda d, t: d.Categorical(t(SIMPLEX[0])), 1),
    "OneHotCategorical": (lambda d, t: d.OneHotCategorical(t(SIMPLEX)), [0.0, 1.0, 0.0]),
    "Multinomial": (lambda d, t: d.Multinomial(4, t(SIMPLEX)), [1.0, 1.0, 2.0]),
    "Multinomial, logits": (lambda d, t: d.Multinomial(3, logits=t(LOC)), [0.0, 1.0, 2.0]),
    "Independent": (lambda d, t: d.Independent(d.Normal(t(LOC), t(SCALE)), 1), [0.3, -1.0, 2.5]),
    "MultivariateNormal": (
        lambda d, t: d.MultivariateNormal(t(LOC), t(COVARIANCE)),
        [0.3, -1.0, 2.5],
    ),
    "MultivariateNormal, precision": (
        lambda d, t: d.MultivariateNormal(t(LOC[0]), precision_matrix=t(COVARIANCE)),
        [[0.3, -1.0, 2.5], [1.0, 1.0, 1.0]],
    ),
    "MultivariateNormal, factor": (
        lambda d, t: d.MultivariateNormal(t(LOC[1]), scale_tril=t(TRIL)),
        [0.3, -1.0, 2.5],
    ),
}


def rounded(value):
    digits = 6 if str(value.dtype) == "torch.float64" else 4
    return [np.round(np.array(value.tolist(), float), digits).tolist(), str(value.dtype)]


def described(torch, name):
    torch.manual_seed(1)
    make, values = MAKE[name]
    distribution = make(torch.distributions, lambda v: tensor(torch, v))
    seen = [repr(distribution), str(distribution.batch_shape), str(distribution.event_shape)]
    seen += [distribution.has_rsample, distribution.has_enumerate_support]
    kind = torch.int64 if np.array(values).dtype == np.int64 else distribution.mean.dtype
    value = torch.tensor(values, dtype=kind)
    for ask in (
        lambda: distribution.sample(),
        lambda: distribution.sample((2, 3)),
        lambda: distribution.rsample((20,)),
        lambda: distribution.log_prob(value),
        lambda: distribution.entropy(),
        lambda: distribution.mean,
        lambda: distribution.mode,
        lambda: distribution.variance,
        lambda: distribution.stddev,
        lambda: distribution.cdf(value),
        lambda: distribution.icdf(torch.full_like(distribution.mean, 0.3)),
        lambda: distribution.enumerate_support(),
        lambda: distribution.support.check(value),
        lambda: distribution.expand((4, *distribution.batch_shape)).sample((2,)),
        lambda: distribution.expand((2, *distribution.batch_shape)).log_prob(value),
        lambda: distribution.perplexity(),
    ):
        try:
            seen.append(rounded(ask()))
        except NotImplementedError:
            seen.append("not there")
    return seen


@pytest.mark.parametrize("name", MAKE)
def test_distributions_beside_pytorch(name):
    beside_torch(lambda torch: described(torch, name))


DIFFERENTIABLE = {
    "Normal": lambda d, a, b: d.Normal(a, b),
    "LogNormal": lambda d, a, b: d.LogNormal(a, b),
    "Laplace": lambda d, a, b: d.Laplace(a, b),
    "Cauchy": lambda d, a, b: d.Cauchy(a, b),
    "Exponential": lambda d, a, b: d.Exponential(b + 0 * a),
    "Independent": lambda d, a, b: d.Independent(d.Normal(a, b), 2),
    "MultivariateNormal": lambda d, a, b: d.MultivariateNormal(a, scale_tril=b.diag_embed()),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_of_samples_and_densities_beside_pytorch(name):
    def run(torch):
        torch.manual_seed(0)
        a, b = tensor(torch, LOC, grad=True), tensor(torch, SCALE, grad=True)
        distribution = DIFFERENTIABLE[name](torch.distributions, a, b)
        sample = distribution.rsample((3,))
        (sample.sum() + distribution.log_prob(sample.detach()).sum()).backward()
        return rounded(a.grad), rounded(b.grad)

    beside_torch(run)


def test_policy_gradients_beside_pytorch():
    def run(torch):
        torch.manual_seed(0)
        logits = tensor(torch, LOC, grad=True)
        policy = torch.distributions.Categorical(logits=logits)
        action = policy.sample()
        loss = -policy.log_prob(action) * tensor(torch, [1.0, 2.0]) - 0.1 * policy.entropy()
        loss.sum().backward()
        return action.tolist(), rounded(logits.grad)

    beside_torch(run)


PAIRS = {
    "Normal": lambda d, a, b, s: (d.Normal(a, b), d.Normal(b, 2.0)),
    "LogNormal": lambda d, a, b, s: (d.LogNormal(a, b), d.LogNormal(b, 2.0)),
    "Laplace": lambda d, a, b, s: (d.Laplace(a, b), d.Laplace(b, 2.0)),
    "Cauchy": lambda d, a, b, s: (d.Cauchy(a, b), d.Cauchy(b, 2.0)),
    "Uniform": lambda d, a, b, s: (d.Uniform(a, a + b), d.Uniform(a - 1, a + 2)),
    "Exponential": lambda d, a, b, s: (d.Exponential(b), d.Exponential(2 * b)),
    "Bernoulli": lambda d, a, b, s: (d.Bernoulli(s), d.Bernoulli(logits=a)),
    "Bernoulli, edges": lambda d, a, b, s: (d.Bernoulli((a > 0) * 1.0), d.Bernoulli((b > 1) * 1.0)),
    "Categorical": lambda d, a, b, s: (d.Categorical(s), d.Categorical(logits=a)),
    "OneHotCategorical": lambda d, a, b, s: (d.OneHotCategorical(s), d.OneHotCategorical(b)),
    "Geometric": lambda d, a, b, s: (d.Geometric(s), d.Geometric(logits=a)),
    "Poisson": lambda d, a, b, s: (d.Poisson(b), d.Poisson(s)),
    "Independent": lambda d, a, b, s: (
        d.Independent(d.Normal(a, b), 1),
        d.Independent(d.Normal(b, s), 1),
    ),
    "MultivariateNormal": lambda d, a, b, s: (
        d.MultivariateNormal(a, scale_tril=b.diag_embed()),
        d.MultivariateNormal(b[0], scale_tril=s.diag_embed()),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_divergences_beside_pytorch(name):
    def run(torch):
        arguments = [tensor(torch, values) for values in (LOC, SCALE, SIMPLEX)]
        p, q = PAIRS[name](torch.distributions, *arguments)
        return rounded(torch.distributions.kl_divergence(p, q))

    beside_torch(run)


WRONG = [
    lambda d, t: d.kl_divergence(d.Normal(0.0, 1.0), d.Uniform(0.0, 1.0).entropy()),
    lambda d, t: d.Normal(0.0, -1.0),
    lambda d, t: d.Normal(t([0.0, float("nan")]), 1.0),
    lambda d, t: d.Normal("x", 1.0),
    lambda d, t: d.Normal(t(LOC), t([1.0, 2.0])),
    lambda d, t: d.Normal(0.0, 1.0).log_prob(3),
    lambda d, t: d.Normal(t(LOC), 1.0).log_prob(t([1.0, 2.0])),
    lambda d, t: d.Uniform(1.0, 0.0),
    lambda d, t: d.Uniform(0.0, 1.0).log_prob(t(2.0)),
    lambda d, t: d.Exponential(1.0).log_prob(t(-2.0)),
    lambda d, t: d.Bernoulli(2.0),
    lambda d, t: d.Bernoulli(),
    lambda d, t: d.Bernoulli(0.5, 0.5),
    lambda d, t: d.Bernoulli(0.5).log_prob(t(0.5)),
    lambda d, t: d.Categorical(t(0.5)),
    lambda d, t: d.Categorical(t([-0.5, 0.7])),
    lambda d, t: d.Categorical(logits=t([float("nan"), 0.7])),
    lambda d, t: d.Categorical(t([0.5, 0.5])).log_prob(t(2.0)),
    lambda d, t: d.OneHotCategorical(t([0.5, 0.5])).log_prob(t([1.0, 1.0])),
    lambda d, t: d.OneHotCategorical(t([0.5, 0.5])).log_prob(t([1.0, 0.0, 0.0])),
    lambda d, t: d.Multinomial(t(2.0), t([0.5, 0.5])),
    lambda d, t: d.Multinomial(2, t([0.5, 0.5])).log_prob(t([3.0, 1.0])),
    lambda d, t: d.Poisson(-1.0),
    lambda d, t: d.Independent(d.Normal(0.0, 1.0), 1),
    lambda d, t: d.MultivariateNormal(t(0.0), t([[1.0]])),
    lambda d, t: d.MultivariateNormal(t([0.0])),
    lambda d, t: d.MultivariateNormal(t([0.0]), t([1.0])),
    lambda d, t: d.MultivariateNormal(t([0.0, 0.0]), t([[1.0, 2.0], [2.0, 1.0]])),
    lambda d, t: d.MultivariateNormal(t([0.0, 0.0]), scale_tril=t([[1.0, 2.0], [2.0, 1.0]])),
    lambda d, t: d.Normal(0.0, -1.0, validate_args=False).mean.item(),
    lambda d, t: d.Distribution().sample(),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_errors_beside_pytorch(number):
    """Of one type, and beginning with the same words."""
    torch = pytest.importorskip("torch")
    first, second = (
        outcome(lambda lib: WRONG[number](lib.distributions, lambda v: tensor(lib, v)), library)
        for library in (tinytorch, torch)
    )
    assert first.partition(":")[0] == second.partition(":")[0]
    if not first.startswith("RuntimeError"):
        assert first[:60] == second[:60]
