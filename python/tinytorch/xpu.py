"""torch.xpu where there is no such device: questions are answered."""


def is_available() -> bool:
    return False


def is_initialized() -> bool:
    return False


def device_count() -> int:
    return 0


def empty_cache() -> None:
    """Nothing: no memory of a device is kept.  Source: torch.xpu.empty_cache"""


def manual_seed(seed: int) -> None:
    """Nothing: there is no generator of a device.  Source: torch.xpu.manual_seed"""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Nothing: there is no generator of a device.  Source: torch.xpu.manual_seed_all"""
    int(seed)
