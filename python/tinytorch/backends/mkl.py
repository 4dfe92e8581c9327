"""torch.backends.mkl: products of matrices are computed by this package itself."""

VERBOSE_OFF = 0
VERBOSE_ON = 1


def is_available() -> bool:
    return False
