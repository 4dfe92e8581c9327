"""device: where a tensor lives. Here always the CPU; the names exist so that programs run."""

from typing import Any


class device:
    """`device("cpu")`.  Other kinds can be named and compared, but nothing can be put there.

    Source: torch.device
    """

    __slots__ = ("index", "type")
    index: int | None
    type: str

    def __init__(self, type: "str | device", index: int | None = None) -> None:
        if isinstance(type, device):
            index = type.index
            type = type.type
        if not isinstance(type, str):
            raise TypeError(f"device: expected a string, got {type!r}")
        kind, colon, number = type.partition(":")
        if kind not in ("cpu", "cuda", "mps", "xpu", "meta") or (colon and not number.isdecimal()):
            raise RuntimeError(f'device: expected "cpu" or "cuda:0" or the like, got {type!r}')
        self.type = kind
        self.index = int(number) if colon else index

    def __repr__(self) -> str:
        where = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{where})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


cpu = device("cpu")


def check_cpu(where: Any) -> None:
    """Raises unless `where` names the CPU (or nothing)."""
    if where is None:
        return
    if not isinstance(where, (str, device)):
        raise TypeError(f"device: expected a device, a string or None, got {where!r}")
    if device(where).type != "cpu":
        raise RuntimeError(f"tinytorch computes on the CPU; there is no device {str(where)!r} here")
