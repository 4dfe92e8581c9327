"""torch.backends.opt_einsum: not there; its switches can be set."""

enabled = False
strategy: str | None = None


def is_available() -> bool:
    return False
