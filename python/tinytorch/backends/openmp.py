"""torch.backends.openmp: threads are this package's own."""


def is_available() -> bool:
    return False
