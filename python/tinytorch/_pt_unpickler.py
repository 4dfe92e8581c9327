"""A pickle machine that runs nothing: it knows data, and calls only what it is given.

Pickle is a language of a stack and a memo. Python's own reader calls whatever a file names; this
one looks names up in a table, builds dicts, lists and numbers, and raises `UnpicklingError` for the
rest. Nesting is not recursion here, and no number in the file decides how much memory is taken.
"""

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from tinytorch._C import Tensor
from tinytorch._pt_globals import checked_key, checked_pairs, with_attributes

UnpicklingError = pickle.UnpicklingError
_MARK = object()
# What the functions that a file may call raise for arguments that make no sense.
_BROKEN = (TypeError, ValueError, RuntimeError, ArithmeticError, AttributeError, LookupError)


class Unpickler:
    """Reads one pickle from an open binary file.

    names: what GLOBAL finds.  allowed: more of it, which the user vouches for; their classes may be
    made and given their state.  persistent_load: turns a persistent id into an object.
    """

    def __init__(
        self,
        file: Any,
        names: Mapping[str, Any],
        allowed: Mapping[str, Any],
        persistent_load: Callable[[Any], Any] | None = None,
    ) -> None:
        self._file = file
        self._names = names
        self._allowed = allowed
        self._persistent_load = persistent_load
        # By identity: a file must not bring along what only looks like one of them.
        self._functions = {
            id(value)
            for value in names.values()
            if value is complex or (callable(value) and not isinstance(value, type))
        }
        self._kinds = {id(value) for value in allowed.values()}
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The object.  Raises UnpicklingError for everything that is not data."""
        try:
            while (code := self._read(1)) != pickle.STOP:
                step = _STEPS.get(code[0])
                if step is None:
                    raise UnpicklingError(f"unsupported opcode {code!r}")
                step(self)
            return self._pop()
        except _BROKEN as error:
            raise UnpicklingError(str(error)) from None

    # --- the stack ---

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise UnpicklingError("the pickle takes from an empty stack")
        return self._stack.pop()

    def _top(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise UnpicklingError("the pickle takes from an empty stack")
        return self._stack[-1]

    def _pop_to_mark(self) -> list[Any]:
        stack = self._stack
        for at in range(len(stack) - 1, -1, -1):
            if stack[at] is _MARK:
                items = stack[at + 1 :]
                del stack[at:]
                return items
        raise UnpicklingError("the pickle has no mark")

    def _discard(self) -> None:
        self._pop()

    def _discard_to_mark(self) -> None:
        self._pop_to_mark()

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    # --- bytes ---

    def _read(self, count: int) -> bytes:
        if count < 0:
            raise UnpicklingError(f"a length of {count}")
        parts = []
        while count:  # piece by piece: the length may be a lie
            part = self._file.read(min(count, 1 << 20))
            if not part:
                raise EOFError("the pickle ends in the middle")
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _number(self, format: str) -> Any:
        return struct.unpack(format, self._read(struct.calcsize(format)))[0]

    def _line(self) -> str:
        line = self._file.readline(10_000)
        if not line.endswith(b"\n"):
            raise UnpicklingError("a line without an end")
        return str(line[:-1], "utf-8")

    def _text(self, format: str) -> None:
        self._push(str(self._read(self._number(format)), "utf-8", "surrogatepass"))

    def _bytes(self, format: str) -> None:
        self._push(self._read(self._number(format)))

    def _old_string(self, format: str) -> None:
        self._push(str(self._read(self._number(format)), "utf-8"))

    def _long(self, format: str) -> None:
        count = self._number(format)
        self._push(int.from_bytes(self._read(count), "little", signed=True))

    # --- the memo ---

    def _put(self, index: int) -> None:
        self._memo[index] = self._top()

    def _get(self, index: int) -> None:
        if index not in self._memo:
            raise UnpicklingError(f"the pickle takes entry {index} from its memo, which has none")
        self._push(self._memo[index])

    # --- containers ---

    def _tuple(self, count: int) -> None:
        items = [self._pop() for _ in range(count)]
        self._push(tuple(reversed(items)))

    def _marked_tuple(self) -> None:
        self._push(tuple(self._pop_to_mark()))

    def _append(self, items: list[Any]) -> None:
        target = self._top()
        if type(target) is not list:
            raise UnpicklingError(f"cannot append to {type(target).__name__}")
        target.extend(items)

    def _add(self) -> None:
        items = self._pop_to_mark()
        target = self._top()
        if type(target) is not set:
            raise UnpicklingError(f"cannot add to {type(target).__name__}")
        target.update(checked_key(item) for item in items)

    def _set(self, items: list[Any]) -> None:
        target = self._top()
        if not isinstance(target, dict):
            raise UnpicklingError(f"cannot set items of {type(target).__name__}")
        for key, value in checked_pairs(items):
            target[key] = value

    def _set_one(self) -> None:
        value, key = self._pop(), self._pop()
        self._set([key, value])

    # --- names and calls ---

    def _global(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise UnpicklingError("expected the name of a global")
        path = f"{module}.{name}"
        for table in (self._allowed, self._names):
            if path in table:
                return self._push(table[path])
        raise UnpicklingError(f"Unsupported global: {path} is not among the names that are safe")

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        self._global(module, name)

    def _is_allowed(self, value: Any) -> bool:
        return id(value) in self._kinds

    def _reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(arguments, tuple) or not callable(function):
            raise UnpicklingError("expected a function and a tuple of arguments")
        ours = id(function) in self._functions
        if not (ours or self._is_allowed(function)):
            raise UnpicklingError(f"cannot call {getattr(function, '__name__', function)!r:.60}")
        self._push(function(*arguments))

    def _new_object(self) -> None:
        arguments, kind = self._pop(), self._pop()
        if not isinstance(kind, type) or not self._is_allowed(kind):
            raise UnpicklingError(f"cannot make a {getattr(kind, '__name__', type(kind))!r:.60}")
        self._push(kind.__new__(kind, *arguments))

    def _build(self) -> None:
        state, target = self._pop(), self._top()
        plain = isinstance(target, Tensor) and not self._is_allowed(type(target))
        if plain or type(target) is OrderedDict:
            with_attributes(target, state)
        elif self._is_allowed(type(target)):
            if hasattr(target, "__setstate__"):
                target.__setstate__(state)
            else:
                vars(target).update(state)
        else:
            raise UnpicklingError(f"cannot give a state to {type(target).__name__}")

    def _persistent(self) -> None:
        if self._persistent_load is None:
            raise UnpicklingError("a storage where there is none")
        self._push(self._persistent_load(self._pop()))

    def _refuse_extension(self) -> None:
        raise UnpicklingError("extension codes are not supported")

    def _protocol(self) -> None:
        protocol = self._read(1)[0]
        if protocol > pickle.HIGHEST_PROTOCOL:
            raise UnpicklingError(f"unsupported pickle protocol {protocol}")


_STEPS: dict[int, Callable[[Unpickler], Any]] = {
    pickle.PROTO[0]: Unpickler._protocol,
    pickle.FRAME[0]: lambda u: u._number("<Q"),
    pickle.MARK[0]: lambda u: u._push(_MARK),
    pickle.POP[0]: Unpickler._discard,
    pickle.POP_MARK[0]: Unpickler._discard_to_mark,
    pickle.DUP[0]: lambda u: u._push(u._top()),
    pickle.NONE[0]: lambda u: u._push(None),
    pickle.NEWTRUE[0]: lambda u: u._push(True),
    pickle.NEWFALSE[0]: lambda u: u._push(False),
    pickle.BININT[0]: lambda u: u._push(u._number("<i")),
    pickle.BININT1[0]: lambda u: u._push(u._number("<B")),
    pickle.BININT2[0]: lambda u: u._push(u._number("<H")),
    pickle.LONG1[0]: lambda u: u._long("<B"),
    pickle.LONG4[0]: lambda u: u._long("<i"),
    pickle.BINFLOAT[0]: lambda u: u._push(u._number(">d")),
    pickle.BINUNICODE[0]: lambda u: u._text("<I"),
    pickle.SHORT_BINUNICODE[0]: lambda u: u._text("<B"),
    pickle.BINUNICODE8[0]: lambda u: u._text("<Q"),
    pickle.BINBYTES[0]: lambda u: u._bytes("<I"),
    pickle.SHORT_BINBYTES[0]: lambda u: u._bytes("<B"),
    pickle.BINBYTES8[0]: lambda u: u._bytes("<Q"),
    pickle.BINSTRING[0]: lambda u: u._old_string("<i"),
    pickle.SHORT_BINSTRING[0]: lambda u: u._old_string("<B"),
    pickle.EMPTY_TUPLE[0]: lambda u: u._push(()),
    pickle.TUPLE1[0]: lambda u: u._tuple(1),
    pickle.TUPLE2[0]: lambda u: u._tuple(2),
    pickle.TUPLE3[0]: lambda u: u._tuple(3),
    pickle.TUPLE[0]: Unpickler._marked_tuple,
    pickle.EMPTY_LIST[0]: lambda u: u._push([]),
    pickle.LIST[0]: lambda u: u._push(u._pop_to_mark()),
    pickle.APPEND[0]: lambda u: u._append([u._pop()]),
    pickle.APPENDS[0]: lambda u: u._append(u._pop_to_mark()),
    pickle.EMPTY_DICT[0]: lambda u: u._push({}),
    pickle.DICT[0]: lambda u: u._push(dict(checked_pairs(u._pop_to_mark()))),
    pickle.SETITEM[0]: Unpickler._set_one,
    pickle.SETITEMS[0]: lambda u: u._set(u._pop_to_mark()),
    pickle.EMPTY_SET[0]: lambda u: u._push(set()),
    pickle.ADDITEMS[0]: Unpickler._add,
    pickle.FROZENSET[0]: lambda u: u._push(frozenset(map(checked_key, u._pop_to_mark()))),
    pickle.BINPUT[0]: lambda u: u._put(u._number("<B")),
    pickle.LONG_BINPUT[0]: lambda u: u._put(u._number("<I")),
    pickle.MEMOIZE[0]: lambda u: u._put(len(u._memo)),
    pickle.BINGET[0]: lambda u: u._get(u._number("<B")),
    pickle.LONG_BINGET[0]: lambda u: u._get(u._number("<I")),
    pickle.GLOBAL[0]: lambda u: u._global(u._line(), u._line()),
    pickle.STACK_GLOBAL[0]: Unpickler._stack_global,
    pickle.REDUCE[0]: Unpickler._reduce,
    pickle.NEWOBJ[0]: Unpickler._new_object,
    pickle.BUILD[0]: Unpickler._build,
    pickle.BINPERSID[0]: Unpickler._persistent,
}
