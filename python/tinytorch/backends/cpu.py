"""torch.backends.cpu: what the processor can do."""

from tinytorch import _C

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """ "DEFAULT", "AVX2" or "AVX512": what the library in use was compiled for."""
    variant = str(_C.build_info()["variant"]).lower()
    if "avx512" in variant or "v4" in variant:
        return "AVX512"
    return "AVX2" if "avx2" in variant or "v3" in variant else "DEFAULT"
