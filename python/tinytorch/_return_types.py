"""The named tuples that `max(x, dim)`, `histogram` and their kin return."""

from operator import itemgetter
from typing import Any, ClassVar


class _Named(tuple[Any, ...]):
    """Tensors by name, made from one sequence.  Source: torch.return_types"""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]]

    def __repr__(self) -> str:
        fields = zip(self._fields, self, strict=True)
        lines = ",\n".join(f"{name}={value!r}" for name, value in fields)
        return f"torch.return_types.{type(self).__name__}(\n{lines})"


def _named(name: str, *fields: str) -> type[_Named]:
    by_name = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    where = {"__slots__": (), "_fields": fields, "__module__": __name__}
    return type(name, (_Named,), where | by_name)


def _pair(name: str, first: str = "values", second: str = "indices") -> type[_Named]:
    return _named(name, first, second)


max = _pair("max")
min = _pair("min")
sort = _pair("sort")
topk = _pair("topk")
kthvalue = _pair("kthvalue")
median = _pair("median")
nanmedian = _pair("nanmedian")
mode = _pair("mode")
cummax = _pair("cummax")
cummin = _pair("cummin")
aminmax = _pair("aminmax", "min", "max")
histogram = _pair("histogram", "hist", "bin_edges")
slogdet = _named("slogdet", "sign", "logabsdet")
qr = _named("qr", "Q", "R")
svd = _named("svd", "U", "S", "V")
triangular_solve = _named("triangular_solve", "solution", "cloned_coefficient")
linalg_slogdet = _named("linalg_slogdet", "sign", "logabsdet")
linalg_inv_ex = _named("linalg_inv_ex", "inverse", "info")
linalg_solve_ex = _named("linalg_solve_ex", "result", "info")
linalg_cholesky_ex = _named("linalg_cholesky_ex", "L", "info")
linalg_qr = _named("linalg_qr", "Q", "R")
linalg_svd = _named("linalg_svd", "U", "S", "Vh")
linalg_eigh = _named("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_lstsq = _named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
