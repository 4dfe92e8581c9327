"""Spectral normalisation with a hook: weight / sigma, computed before every forward."""

from typing import Any

from tinytorch import _C, _creation
from tinytorch._grad_mode import no_grad
from tinytorch.nn.functional import normalize
from tinytorch.nn.utils.weight_norm import remove_hook


class SpectralNorm:
    """The hook that divides a weight by its largest singular value, followed by power iteration."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        self.name = name
        self.dim = dim
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but "
                f"got n_power_iterations={n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def as_matrix(self, weight: Any) -> Any:
        """weight with dim first, and the others as one."""
        if self.dim != 0:
            others = [d for d in range(weight.dim()) if d != self.dim]
            weight = weight.permute(self.dim, *others)
        return weight.reshape(weight.shape[0], -1)

    def compute_weight(self, module: Any, do_power_iteration: bool = False) -> Any:
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        matrix = self.as_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalize(_C.matmul(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(normalize(_C.matmul(matrix, v), dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()
        return weight / (u * _C.matmul(matrix, v)).sum()

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """Replaces the parameter `name` by `name_orig`, divided by its largest singular value.

    Source: torch.nn.utils.spectral_norm
    """
    if dim is None:
        transposed = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
        dim = 1 if type(module).__name__ in transposed else 0
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            raise RuntimeError(
                f"Cannot register two spectral_norm hooks on the same parameter {name}"
            )
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    rows, columns = hook.as_matrix(weight.detach()).shape
    u = _creation.empty(rows, dtype=weight.dtype).normal_(0, 1)
    v = _creation.empty(columns, dtype=weight.dtype).normal_(0, 1)
    del module._parameters[name]
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.detach())
    module.register_buffer(name + "_u", normalize(u, dim=0, eps=eps))
    module.register_buffer(name + "_v", normalize(v, dim=0, eps=eps))
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Makes `name` a parameter again, of the value it has now.

    Source: torch.nn.utils.remove_spectral_norm
    """
    return remove_hook(
        module, name, SpectralNorm, "spectral_norm", [name + "_u", name + "_v", name + "_orig"]
    )
