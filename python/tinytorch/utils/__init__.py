"""What programs use beside tensors and models: datasets and loaders, hook handles."""

from tinytorch.utils import data as data
from tinytorch.utils import hooks as hooks
