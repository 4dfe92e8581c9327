"""Random draws: none of them passes a gradient on."""

OPERATIONS = []
CALLS = []
WITHOUT_GRADIENT = {}
OTHERS = {
    "torch": "bernoulli binomial multinomial normal poisson randint_like seed",
    "Tensor": "bernoulli cauchy_ geometric_ log_normal_ multinomial random_",
}
UNKNOWN_TO_PYTORCH = ""
