"""Calling a module: forward, and the hooks around it.

Hooks are rare, calls are not: `_hooked` says whether a module, or with hooks on all modules the
class, has any, and a call without is forward at once.
"""

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tinytorch._C import Tensor
from tinytorch.nn.modules._backward_hooks import BackwardHooks
from tinytorch.utils.hooks import RemovableHandle

Hooks = OrderedDict[int, Any]


class _Everywhere:
    """The hooks that are called for every module."""

    def __init__(self) -> None:
        self.pre: Hooks = OrderedDict()
        self.post: Hooks = OrderedDict()
        self.with_kwargs: Hooks = OrderedDict()
        self.always_called: Hooks = OrderedDict()
        self.backward_pre: Hooks = OrderedDict()
        self.backward: Hooks = OrderedDict()
        self.full_backward: bool | None = None

    def any(self) -> bool:
        return bool(self.pre or self.post or self.backward_pre or self.backward)


everywhere = _Everywhere()

_MIXED = (
    "Cannot use both regular backward hooks and full backward hooks on a single Module. "
    "Please use only one of them."
)
_MIXED_EVERYWHERE = (
    "Cannot use both regular backward hooks and full backward hooks as a global Module hook. "
    "Please use only one of them."
)


class Callables:
    """The part of Module that calls and is hooked."""

    # Whether calling may be more than forward: hooks, or a __call__ of the subclass's own.
    _hooked = False
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: Hooks
    _forward_hooks_always_called: Hooks
    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: Hooks
    _backward_hooks: Hooks
    _backward_pre_hooks: Hooks
    _is_full_backward_hook: bool | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" in cls.__dict__:
            cls._hooked = True

    def forward(self, *input: Any) -> Any:
        """The computation; every subclass writes its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooked:
            return self._call_with_hooks(args, kwargs)
        if len(args) == 1 and not kwargs:  # the usual call, which so is twice as fast
            return self.forward(args[0])
        return self.forward(*args, **kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not everywhere.any():
            Callables._hooked = False
            if not (
                self._forward_hooks
                or self._forward_pre_hooks
                or self._backward_hooks
                or self._backward_pre_hooks
            ):
                self.__dict__.pop("_hooked", None)
                return self.forward(*args, **kwargs)
        called: set[int] = set()
        result = None
        try:
            args, kwargs = self._before_forward(args, kwargs)
            watch = None
            before = [*everywhere.backward_pre.values(), *self._backward_pre_hooks.values()]
            after = [*everywhere.backward.values(), *self._backward_hooks.values()]
            if before or after:
                watch = BackwardHooks(self, after, before)
                args = watch.before_forward(args)
            result = self.forward(*args, **kwargs)
            for key in (*everywhere.post, *self._forward_hooks):
                called.add(key)
                result = self._after_forward(key, args, kwargs, result)
            return result if watch is None else self._watched(watch, result)
        except Exception:
            self._after_failure(called, args, kwargs, result)
            raise

    def _before_forward(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for key, hook in (*everywhere.pre.items(), *self._forward_pre_hooks.items()):
            if key in self._forward_pre_hooks_with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    if not isinstance(changed, tuple) or len(changed) != 2:
                        raise RuntimeError(
                            "forward pre-hook must return None or a tuple of "
                            f"(new_args, new_kwargs), but got {changed}."
                        )
                    args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        return args, kwargs

    def _after_forward(
        self, key: int, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Any:
        hook = everywhere.post.get(key) or self._forward_hooks.get(key)
        if hook is None:  # removed by a hook before it
            return result
        if key in self._forward_hooks_with_kwargs or key in everywhere.with_kwargs:
            changed = hook(self, args, kwargs, result)
        else:
            changed = hook(self, args, result)
        return result if changed is None else changed

    @staticmethod
    def _watched(watch: BackwardHooks, result: Any) -> Any:
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
        return watch.after_forward(result)

    def _after_failure(
        self, called: set[int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        """Calls the hooks that want to be called always, and were not yet."""
        always = (*everywhere.always_called, *self._forward_hooks_always_called)
        for key in (key for key in always if key not in called):
            try:
                result = self._after_forward(key, args, kwargs, result)
            except Exception as error:
                kind = "global module" if key in everywhere.post else "module"
                warnings.warn(
                    f"{kind} forward hook with ``always_call=True`` raised an exception that was "
                    f"silenced as another error was raised in forward: {error}",
                    stacklevel=4,
                )

    # --- registering ---

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """`hook(module, args)` runs before forward; what it returns, unless None, replaces args."""
        flags = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return self._register(self._forward_pre_hooks, hook, flags, prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """`hook(module, args, output)` runs after forward; its result, unless None, is the output.

        always_call: also when forward raises, with None as output.
        """
        flags = [self._forward_hooks_with_kwargs] if with_kwargs else []
        flags += [self._forward_hooks_always_called] if always_call else []
        return self._register(self._forward_hooks, hook, flags, prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """`hook(module, grad_output)` runs before the module's backward; it may return others."""
        return self._register(self._backward_pre_hooks, hook, [], prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """`hook(module, grad_input, grad_output)` runs when the gradients by all inputs are there.

        Each is a tuple, None in it for what is no tensor.  The hook may return another grad_input.
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError(_MIXED)
        self._is_full_backward_hook = True
        return self._register(self._backward_hooks, hook, [], prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The older form of `register_full_backward_hook`.

        PyTorch gives it the gradients of the module's last operation; here it sees the module's.
        """
        if self._is_full_backward_hook is True:
            raise RuntimeError(_MIXED)
        self._is_full_backward_hook = False
        return self._register(self._backward_hooks, hook, [])

    def _register(
        self, hooks: Hooks, hook: Any, flags: list[Hooks], prepend: bool = False
    ) -> RemovableHandle:
        handle = _add(hooks, hook, flags)
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        self.__dict__["_hooked"] = True
        return handle


def _add(hooks: Hooks, hook: Any, flags: list[Hooks]) -> RemovableHandle:
    handle = RemovableHandle(hooks, extra_dict=flags)
    hooks[handle.id] = hook
    for flag in flags:
        flag[handle.id] = True
    return handle


def _add_everywhere(hooks: Hooks, hook: Any, flags: list[Hooks]) -> RemovableHandle:
    Callables._hooked = True
    return _add(hooks, hook, flags)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`register_forward_pre_hook` of every module, before its own."""
    return _add_everywhere(everywhere.pre, hook, [])


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """`register_forward_hook` of every module, before its own."""
    flags = [everywhere.with_kwargs] if with_kwargs else []
    flags += [everywhere.always_called] if always_call else []
    return _add_everywhere(everywhere.post, hook, flags)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`register_full_backward_pre_hook` of every module, before its own."""
    return _add_everywhere(everywhere.backward_pre, hook, [])


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`register_full_backward_hook` of every module, before its own."""
    if everywhere.full_backward is False:
        raise RuntimeError(_MIXED_EVERYWHERE)
    everywhere.full_backward = True
    return _add_everywhere(everywhere.backward, hook, [])


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`register_backward_hook` of every module."""
    if everywhere.full_backward is True:
        raise RuntimeError(_MIXED_EVERYWHERE)
    everywhere.full_backward = False
    return _add_everywhere(everywhere.backward, hook, [])
