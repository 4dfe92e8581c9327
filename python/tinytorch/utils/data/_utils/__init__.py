"""What the loader is made of: collation, fetching, seeds, workers."""

from tinytorch.utils.data._utils import collate as collate
from tinytorch.utils.data._utils import fetch as fetch
from tinytorch.utils.data._utils import worker as worker
