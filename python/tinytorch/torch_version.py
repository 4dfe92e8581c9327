"""TorchVersion: a version as a string that compares as a version."""

import re
from typing import Any

_Key = tuple[tuple[int, ...], str]


class TorchVersion(str):
    """`torch.__version__ >= "1.13"` and `>= (1, 13)` compare numbers, not letters.

    A build ("+cpu") comes after the release it was made of.  Source: torch.torch_version
    """

    def _order(self, other: Any) -> int:
        """-1, 0 or 1 as this comes before, is or comes after `other`; letters where no numbers."""
        theirs = ".".join(map(str, other)) if isinstance(other, (tuple, list)) else str(other)
        pair = _key(str(self)), _key(theirs)
        a, b = (str(self), theirs) if None in pair else pair
        return (a > b) - (a < b)  # type: ignore[operator]

    def __lt__(self, other: Any) -> bool:
        return self._order(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._order(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._order(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._order(other) >= 0

    def __eq__(self, other: object) -> bool:
        return self._order(other) == 0

    def __ne__(self, other: object) -> bool:
        return self._order(other) != 0

    def __hash__(self) -> int:
        return str.__hash__(self)


def _key(version: str) -> _Key | None:
    found = re.match(r"v?(\d+(?:\.\d+)*)[^+]*\+?(.*)", version.strip())
    if found is None:
        return None
    numbers = tuple(map(int, found[1].split(".")))
    while numbers and numbers[-1] == 0:
        numbers = numbers[:-1]
    return numbers, found[2]
