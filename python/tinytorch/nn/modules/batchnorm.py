"""Batch and instance normalisation as modules, with running statistics for use after training."""

from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch._dtype import int64
from tinytorch._grad_mode import no_grad
from tinytorch.nn import functional as F
from tinytorch.nn import init
from tinytorch.nn.modules.lazy import LazyModuleMixin
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter


class _NormBase(Module):
    """weight and bias, (C,), when affine; running_mean, running_var and a count when tracked."""

    _version = 2

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        check_cpu(device)
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight: Any
        self.bias: Any
        self.running_mean: Any
        self.running_var: Any
        self.num_batches_tracked: Any
        vector = (num_features,)
        for name, there in (("weight", affine), ("bias", affine and bias)):
            parameter = Parameter(_creation.empty(vector, dtype=dtype)) if there else None
            self.register_parameter(name, parameter)
        if track_running_stats:
            self.register_buffer("running_mean", _creation.zeros(vector, dtype=dtype))
            self.register_buffer("running_var", _creation.ones(vector, dtype=dtype))
            self.register_buffer("num_batches_tracked", _creation.tensor(0, dtype=int64))
        else:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Mean 0, variance 1, no batch seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """weight 1, bias 0."""
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def _check_input_dim(self, input: Any) -> None:
        raise NotImplementedError

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *rest: Any
    ) -> None:
        version = local_metadata.get("version", None)
        if (version is None or version < 2) and self.track_running_stats:
            key = prefix + "num_batches_tracked"  # files from before there was one
            if key not in state_dict:
                counted = self.num_batches_tracked
                state_dict[key] = (
                    counted if counted is not None else _creation.tensor(0, dtype=int64)
                )
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


def _check_dims(input: Any, *dims: int) -> None:
    if input.dim() not in dims:
        expected = " or ".join(f"{d}D" for d in dims)
        raise ValueError(f"expected {expected} input (got {input.dim()}D input)")


class _BatchNorm(_NormBase):
    """Trains on each batch's own statistics, and is used on the running ones."""

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        tracks = self.training and self.track_running_stats
        factor = 0.0 if self.momentum is None else self.momentum
        if tracks and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # the mean over all batches
                factor = 1.0 / float(self.num_batches_tracked)
        own = self.training or (self.running_mean is None and self.running_var is None)
        used = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if used else None,
            self.running_var if used else None,
            self.weight,
            self.bias,
            own,
            factor,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """Each feature to mean 0 and variance 1 over the batch, times weight, plus bias.

    (N, C) or (N, C, L) -> the same.  momentum None: running statistics are means over all batches.
    Raises ValueError for other dims, and for a batch of one value in training.
    Source: torch.nn.BatchNorm1d
    """

    def _check_input_dim(self, input: Any) -> None:
        _check_dims(input, 2, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel to mean 0 and variance 1 over the batch and all places, times weight, plus bias.

    (N, C, H, W) -> the same.  Otherwise as BatchNorm1d.  Source: torch.nn.BatchNorm2d
    """

    def _check_input_dim(self, input: Any) -> None:
        _check_dims(input, 4)


class BatchNorm3d(_BatchNorm):
    """(N, C, D, H, W) -> the same.  Otherwise as BatchNorm1d.  Source: torch.nn.BatchNorm3d"""

    def _check_input_dim(self, input: Any) -> None:
        _check_dims(input, 5)


class SyncBatchNorm(_BatchNorm):
    """BatchNorm over the batches of all processes; of one process here, of which there is one.

    (N, C, ...) of two dims or more.  Source: torch.nn.SyncBatchNorm
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, process_group: Any = None,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.process_group = process_group

    def _check_input_dim(self, input: Any) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected at least 2D input (got {input.dim()}D input)")

    @classmethod
    def convert_sync_batchnorm(cls, module: Any, process_group: Any = None) -> Any:
        """`module` with a SyncBatchNorm in the place of every BatchNorm.

        Source: torch.nn.SyncBatchNorm.convert_sync_batchnorm
        """
        result = module
        if isinstance(module, _BatchNorm) and not isinstance(module, cls):
            result = cls(
                module.num_features, module.eps, module.momentum, module.affine,
                module.track_running_stats, process_group,
            )  # fmt: skip
            result.weight, result.bias = module.weight, module.bias
            result.running_mean, result.running_var = module.running_mean, module.running_var
            result.num_batches_tracked = module.num_batches_tracked
            result.training = module.training
        for name, child in module.named_children():
            result.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return result


class _InstanceNorm(_NormBase):
    """Every picture is a batch of its own."""

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    _without_batch = 0

    def forward(self, input: Any) -> Tensor:
        self._check_input_dim(input)
        dim = input.dim() - (1 if input.dim() == self._without_batch else 0)
        features = 0 if input.dim() == self._without_batch else 1
        if input.shape[features] != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={features} to match num_features "
                    f"({self.num_features}), but got: {input.shape[features]}."
                )
            _warn_of_features(input.shape[features], features, self.num_features)
        if features == 0:
            return self._normalise(input.unsqueeze(0)).squeeze(0)  # type: ignore[no-any-return]
        assert dim
        return self._normalise(input)  # type: ignore[no-any-return]

    def _normalise(self, input: Any) -> Any:
        return F.instance_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0, self.eps,
        )  # fmt: skip


def _warn_of_features(size: int, dim: int, expected: int) -> None:
    import warnings

    warnings.warn(
        f"input's size at dim={dim} does not match num_features. You can silence this warning by "
        "not passing in num_features, which is not used because affine=False",
        stacklevel=4,
    )


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each line to mean 0 and variance 1.  (N, C, L) or (C, L) -> the same.

    Raises ValueError for other dims.  Source: torch.nn.InstanceNorm1d
    """

    _without_batch = 2

    def _check_input_dim(self, input: Any) -> None:
        _check_dims(input, 2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each picture to mean 0 and variance 1.  (N, C, H, W) or (C, H, W).

    Raises ValueError for other dims.  Source: torch.nn.InstanceNorm2d
    """

    _without_batch = 3

    def _check_input_dim(self, input: Any) -> None:
        _check_dims(input, 3, 4)


class InstanceNorm3d(_InstanceNorm):
    """(N, C, D, H, W) or (C, D, H, W).  Otherwise as InstanceNorm2d.

    Source: torch.nn.InstanceNorm3d
    """

    _without_batch = 4

    def _check_input_dim(self, input: Any) -> None:
        _check_dims(input, 4, 5)


class _LazyNormBase(LazyModuleMixin, _NormBase):
    """Takes num_features from the first input."""

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        given = {"device": device, "dtype": dtype}
        if affine:
            self.weight = UninitializedParameter(**given)
            if bias:
                self.bias = UninitializedParameter(**given)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(**given)
            self.running_var = UninitializedBuffer(**given)
            self.num_batches_tracked = _creation.tensor(0, dtype=int64)

    def reset_parameters(self) -> None:
        """weight 1, bias 0, once they have a shape."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Gives parameters and buffers the shapes that suit `input`."""
        if not self.has_uninitialized_params():
            return
        self.num_features = input.shape[1]
        waiting = [self.weight, self.bias] if self.affine else []
        if self.track_running_stats:
            waiting += [self.running_mean, self.running_var]
        with no_grad():
            for value in waiting:
                if value is not None:
                    value.materialize((self.num_features,))
            self.reset_parameters()


def _lazy(name: str, norm: type) -> type:
    doc = f"A {norm.__name__} that takes num_features from its first input."
    return type(
        name,
        (_LazyNormBase, norm),
        {
            "__doc__": f"{doc}  Source: torch.nn.{name}",
            "__module__": __name__,
            "cls_to_become": norm,
        },
    )


LazyBatchNorm1d: Any = _lazy("LazyBatchNorm1d", BatchNorm1d)
LazyBatchNorm2d: Any = _lazy("LazyBatchNorm2d", BatchNorm2d)
LazyBatchNorm3d: Any = _lazy("LazyBatchNorm3d", BatchNorm3d)
LazyInstanceNorm1d: Any = _lazy("LazyInstanceNorm1d", InstanceNorm1d)
LazyInstanceNorm2d: Any = _lazy("LazyInstanceNorm2d", InstanceNorm2d)
LazyInstanceNorm3d: Any = _lazy("LazyInstanceNorm3d", InstanceNorm3d)
