"""Mixed precision as programs ask for it: here everything stays in the dtype it has."""

from tinytorch.amp.autocast_mode import autocast as autocast
from tinytorch.amp.autocast_mode import custom_bwd as custom_bwd
from tinytorch.amp.autocast_mode import custom_fwd as custom_fwd
from tinytorch.amp.autocast_mode import is_autocast_available as is_autocast_available
from tinytorch.amp.grad_scaler import GradScaler as GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
