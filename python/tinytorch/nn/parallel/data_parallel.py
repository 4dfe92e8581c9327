"""DataParallel: a batch split over devices."""

from typing import Any

from tinytorch.nn.modules.module import Module


class DataParallel(Module):
    """Calls `module` as it is: there are no devices to split a batch over.

    As in PyTorch the wrapped model is `.module`, and names in its state start with "module.".
    Source: torch.nn.DataParallel
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []
        self.output_device = output_device
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Any = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """module(*inputs, **module_kwargs).  Source: torch.nn.parallel.data_parallel"""
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*given, **(module_kwargs or {}))
