"""Collation: a list of samples becomes one sample of batches, as deep as the samples are."""

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

Join = Callable[[Sequence[Any]], Any]


def collate(samples: Sequence[Any], joiner_of: Callable[[Any], Join | None]) -> Any:
    """[(x, y), (x, y), ...] -> [all x joined, all y joined], and so on inside of x and y.

    joiner_of(sample): the function that makes a batch of a list of such samples, or None for a
    container: then a mapping is collated key by key, a sequence position by position, and
    `rebuilt` makes a container like the first sample's of the results.
    Raises RuntimeError for sequences of unequal length, TypeError for samples of another kind.
    """
    # TASK dataloader.collate (4 points): turn a list of rows into columns, and collate each.
    first = samples[0]
    join = joiner_of(first)
    if join is not None:
        return join(samples)
    if isinstance(first, Mapping):
        return rebuilt(first, {k: collate([s[k] for s in samples], joiner_of) for k in first})
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in samples):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = zip(*samples, strict=True)
        return rebuilt(first, [collate(column, joiner_of) for column in columns])
    raise TypeError(cannot_collate(type(first)))
    # END TASK


def rebuilt(like: Any, parts: Any) -> Any:
    """A container like `like` with these parts: a dict of its keys, or a list.  Tuples give lists.

    Other types are copied and filled, or called with the parts, where they can be.
    """
    kind = type(like)
    if kind is dict or kind is list or kind is tuple:
        return parts
    if isinstance(like, tuple):
        return kind(*parts) if hasattr(like, "_fields") else parts
    try:
        if isinstance(like, MutableMapping):
            copied = copy.copy(like)
            copied.update(parts)
            return copied
        if isinstance(like, MutableSequence):
            filled = copy.copy(like)
            for position, part in enumerate(parts):
                filled[position] = part
            return filled
        return kind(parts)
    except TypeError:
        return parts


def cannot_collate(kind: Any) -> str:
    return (
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {kind}"
    )
