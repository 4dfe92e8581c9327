"""Nested lists, tuples and dicts as a flat list of leaves, and back: torch.utils._pytree."""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

PyTree = Any
Context = Any


class NodeDef(NamedTuple):
    """How a container is taken apart and put together."""

    flatten_fn: Callable[[Any], tuple[list[Any], Any]]
    unflatten_fn: Callable[[Iterable[Any], Any], Any]


def _of_keys(d: Any) -> tuple[list[Any], list[Any]]:
    return list(d.values()), list(d.keys())


SUPPORTED_NODES: dict[Any, NodeDef] = {
    tuple: NodeDef(lambda t: (list(t), None), lambda values, _: tuple(values)),
    list: NodeDef(lambda t: (t, None), lambda values, _: list(values)),
    dict: NodeDef(_of_keys, lambda values, keys: dict(zip(keys, values, strict=True))),
    OrderedDict: NodeDef(
        _of_keys, lambda values, keys: OrderedDict(zip(keys, values, strict=True))
    ),
    defaultdict: NodeDef(
        lambda d: (list(d.values()), [d.default_factory, list(d.keys())]),
        lambda values, how: defaultdict(how[0], zip(how[1], values, strict=True)),
    ),
    deque: NodeDef(lambda d: (list(d), d.maxlen), lambda values, n: deque(values, maxlen=n)),
}
_NAMED_TUPLE = NodeDef(lambda t: (list(t), type(t)), lambda values, kind: kind(*values))


def register_pytree_node(
    cls: type,
    flatten_fn: Callable[[Any], tuple[list[Any], Any]],
    unflatten_fn: Callable[[Iterable[Any], Any], Any],
    **_: Any,
) -> None:
    """From now on a `cls` is a container and no leaf.  Raises ValueError if it is one already."""
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(flatten_fn, unflatten_fn)


def _definition(tree: PyTree) -> NodeDef | None:
    kind = type(tree)
    if kind not in SUPPORTED_NODES and isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return _NAMED_TUPLE
    return SUPPORTED_NODES.get(kind)


class TreeSpec:
    """The shape of a tree without its leaves; a leaf is the TreeSpec of no type."""

    def __init__(self, type: Any, context: Context, children: list["TreeSpec"]) -> None:
        self.type, self.context, self._children = type, context, children
        leaf = type is None
        self.num_nodes: int = 1 + sum(child.num_nodes for child in children)
        self.num_leaves: int = 1 if leaf else sum(child.num_leaves for child in children)
        self.num_children = len(children)

    def is_leaf(self) -> bool:
        return self.type is None

    def children(self) -> list["TreeSpec"]:
        return list(self._children)

    def child(self, index: int) -> "TreeSpec":
        return self._children[index]

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        return tree_unflatten(leaves, self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeSpec) and (
            (self.type, self.context, self._children)
            == (other.type, other.context, other._children)
        )

    def __hash__(self) -> int:
        return hash((self.type, self.num_nodes, self.num_leaves))

    def __repr__(self) -> str:
        if self.is_leaf():
            return "*"
        return f"TreeSpec({self.type.__name__}, {self.context}, {self._children})"


LeafSpec = TreeSpec(None, None, [])


def treespec_leaf() -> TreeSpec:
    return LeafSpec


def tree_is_leaf(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> bool:
    """Whether tree is taken whole: is_leaf says so, or it is no known container."""
    return bool(is_leaf is not None and is_leaf(tree)) or _definition(tree) is None


def tree_flatten(
    tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> tuple[list[Any], TreeSpec]:
    """The leaves from left to right, and what puts them together again."""
    if tree_is_leaf(tree, is_leaf):
        return [tree], LeafSpec
    definition = _definition(tree)
    assert definition is not None
    parts, context = definition.flatten_fn(tree)
    leaves: list[Any] = []
    children = []
    for part in parts:
        found, spec = tree_flatten(part, is_leaf)
        leaves += found
        children.append(spec)
    return leaves, TreeSpec(type(tree), context, children)


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The tree of that shape with these leaves.  Raises ValueError for another number of leaves."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            "tree_unflatten(leaves, treespec): Expected `treespec` to be instance of TreeSpec but "
            f"got item of type {type(treespec)}."
        )
    given = list(leaves)
    if len(given) != treespec.num_leaves:
        raise ValueError(
            f"tree_unflatten(leaves, treespec): `leaves` has length {len(given)} but the spec "
            f"refers to a pytree that holds {treespec.num_leaves} items ({treespec})."
        )
    return _put_together(iter(given), treespec)


def _put_together(leaves: Any, spec: TreeSpec) -> PyTree:
    if spec.is_leaf():
        return next(leaves)
    parts = [_put_together(leaves, child) for child in spec.children()]
    definition = SUPPORTED_NODES.get(spec.type, _NAMED_TUPLE)
    return definition.unflatten_fn(parts, spec.context)


def tree_leaves(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    return tree_flatten(tree, is_leaf)[0]


tree_iter = tree_leaves


def tree_structure(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> TreeSpec:
    return tree_flatten(tree, is_leaf)[1]


def _down_to(tree: PyTree, spec: TreeSpec) -> list[Any]:
    """What stands in `tree` where `spec` has leaves."""
    if spec.is_leaf():
        return [tree]
    definition = _definition(tree)
    parts = definition.flatten_fn(tree)[0] if definition is not None else []
    if definition is None or type(tree) is not spec.type or len(parts) != spec.num_children:
        raise ValueError(f"Node type mismatch; expected {spec.type}, but got {type(tree)}.")
    if isinstance(tree, dict) and spec.type is not defaultdict:
        parts = [tree[key] for key in spec.context]
    found: list[Any] = []
    for part, child in zip(parts, spec.children(), strict=True):
        found += _down_to(part, child)
    return found


def tree_map(
    func: Callable[..., Any],
    tree: PyTree,
    *rests: PyTree,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:
    """The tree of func(leaf, what the other trees have at its place)."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [_down_to(rest, spec) for rest in rests]
    return tree_unflatten([func(*at) for at in zip(leaves, *others, strict=True)], spec)


def tree_map_(
    func: Callable[..., Any],
    tree: PyTree,
    *rests: PyTree,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:
    """func called for each leaf; the tree itself."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def map_only(kind: Any) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """A decorator: the function for leaves of a type, and leaves of others as they are."""

    def decorator(func: Callable[[Any], Any]) -> Callable[[Any], Any]:
        chosen = kind if callable(kind) and not isinstance(kind, type) else None

        def of_kind(x: Any) -> bool:
            return bool(chosen(x)) if chosen is not None else isinstance(x, kind)

        return lambda x: func(x) if of_kind(x) else x

    return decorator


def tree_map_only(
    kind: Any,
    func: Callable[[Any], Any],
    tree: PyTree,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:
    return tree_map(map_only(kind)(func), tree, is_leaf=is_leaf)


def tree_all(
    pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> bool:
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(
    pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> bool:
    return any(map(pred, tree_leaves(tree, is_leaf)))
