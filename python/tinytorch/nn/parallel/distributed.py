"""DistributedDataParallel: a batch split over processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tinytorch.nn.modules.module import Module


class DistributedDataParallel(Module):
    """Calls `module` as it is: for one process there is nobody to share gradients with.

    As in PyTorch the wrapped model is `.module`, and names in its state start with "module.".
    Source: torch.nn.parallel.DistributedDataParallel
    """

    def __init__(
        self,
        module: Module,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        **options: Any,
    ) -> None:
        super().__init__()
        if not any(parameter.requires_grad for parameter in module.parameters()):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter "
                "that requires a gradient."
            )
        self.module = module
        self.device_ids = device_ids
        self.output_device = output_device
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """A context in which gradients would not be shared."""
        yield
