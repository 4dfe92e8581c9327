"""Gamma's family, transformed and mixed distributions beside PyTorch: draws, densities, moments."""

import pytest

from alike import assert_alike

FAMILIES = """
Gamma(t.tensor([0.3, 1.0, 2.5, 20.0]), t.tensor([1.0, 2.0, 0.5, 3.0]))
Gamma(2.0, 3.0)
Chi2(t.tensor([1.0, 3.0, 8.0]))
Beta(t.tensor([0.5, 2.0, 3.0]), t.tensor([0.5, 1.0, 4.0]))
Beta(2.0, 3.0)
Dirichlet(t.tensor([[0.5, 1.0, 2.0], [3.0, 4.0, 5.0]]))
InverseGamma(t.tensor([0.5, 2.5, 3.0]), t.tensor([0.5, 1.0, 4.0]))
StudentT(t.tensor([0.5, 2.5, 3.0]), t.tensor([0.5, 1.0, 4.0]), t.tensor(2.0))
FisherSnedecor(t.tensor([0.5, 2.5, 3.0]), t.tensor([0.5, 3.0, 9.0]))
Gumbel(t.tensor([0.0, 1.0]), t.tensor([1.0, 2.0]))
Gumbel(0.0, 1.0)
HalfNormal(t.tensor([1.0, 2.0]))
HalfCauchy(t.tensor([1.0, 2.0]))
Weibull(t.tensor([1.0, 2.0]), t.tensor([1.5, 0.7]))
Pareto(t.tensor([1.0, 2.0]), t.tensor([1.5, 2.7]))
Binomial(10, t.tensor([0.2, 0.5]))
Binomial(t.tensor([3.0, 20.0]), logits=t.tensor([0.2, -0.5]))
NegativeBinomial(t.tensor([3.0, 20.0]), t.tensor([0.2, 0.5]))
RelaxedBernoulli(t.tensor(0.5), probs=t.tensor([0.2, 0.7]))
RelaxedOneHotCategorical(t.tensor(0.5), probs=t.tensor([0.2, 0.7, 0.1]))
MixtureSameFamily(D.Categorical(t.tensor([0.3, 0.7])), D.Normal(t.randn(2), t.rand(2)))
MixtureSameFamily(D.Categorical(t.rand(3, 2)), D.Independent(D.Normal(t.randn(3, 2, 4), t.rand(3, 2, 4)), 1))
TransformedDistribution(D.Normal(t.zeros(3), t.ones(3)), [D.TanhTransform(cache_size=1)])
TransformedDistribution(D.Normal(t.zeros(3), t.ones(3)), [D.AffineTransform(1.0, 2.0), D.SigmoidTransform()])
TransformedDistribution(D.Independent(D.Normal(t.zeros(3), t.ones(3)), 1), [D.StickBreakingTransform()])
TransformedDistribution(D.Uniform(t.zeros(2), t.ones(2)), [D.SigmoidTransform().inv, D.AffineTransform(t.ones(2), t.tensor([2.0, -1.0]))])
TransformedDistribution(D.Normal(t.zeros(2, 3), t.ones(2, 3)), D.ReshapeTransform((3,), (3, 1)))
""".strip().splitlines()  # noqa: E501
ASKED = """
repr(d)
(d.batch_shape, d.event_shape, d.has_rsample)
d.sample((4,))
d.rsample((3,))
d.mean
d.variance
d.entropy()
d.log_prob(d.sample((3,)))
d.icdf(t.full(d.batch_shape, 0.3))
d.expand((2,) + d.batch_shape).sample()
d.expand((2,) + d.batch_shape).log_prob(d.sample())
d.log_prob(-5 * t.ones(d.batch_shape + d.event_shape))
""".strip().splitlines()


@pytest.mark.parametrize("family", FAMILIES)
def test_family(family):
    made = f"t.distributions.{family}".replace("D.", "t.distributions.")
    for asked in ASKED:
        assert_alike(f"(lambda d: {asked})({made})", 2e-6)


@pytest.mark.parametrize(
    "expression",
    [
        "(lambda a, b: (D.Gamma(a, b).rsample((50,)).sum().backward(), a.grad, b.grad))"
        "(t.tensor([0.1, 0.6, 2.0, 5.0, 9.0, 30.0]).requires_grad_(), t.ones(6).requires_grad_())",
        "(lambda a: (D.StudentT(a).rsample((50,)).sum().backward(), a.grad))"
        "(t.tensor([1.0, 6.0, 2.0]).requires_grad_())",
        "D.kl_divergence(D.Gamma(t.tensor([0.3, 1.0]), 2.0), D.Gamma(t.tensor([1.3, 1.0]), 1.0))",
        "D.kl_divergence(D.Beta(t.tensor([0.3, 1.0]), 2.0), D.Beta(t.tensor([1.3, 1.0]), 1.0))",
        "D.kl_divergence(D.Dirichlet(t.rand(3, 4)), D.Dirichlet(t.rand(3, 4)))",
        "D.Gamma(-1.0, 1.0)",
        "D.Beta(t.tensor([1.0, -1.0]), 1.0)",
        "D.Dirichlet(t.tensor(1.0))",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), 3)",
        "D.Binomial(3)",
    ],
)
def test_gradients_divergences_and_refusals(expression):
    assert_alike(expression.replace("D.", "t.distributions."), 2e-5)


def test_draws_without_a_gradient_say_so():
    import tinytorch

    concentration = tinytorch.ones(2, requires_grad=True)
    beta = tinytorch.distributions.Beta(concentration, concentration)
    assert not beta.sample().requires_grad
    with pytest.raises(NotImplementedError, match=r"sample\(\)"):
        beta.rsample()
