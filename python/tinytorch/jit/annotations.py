"""torch.jit.annotations: typing's names, which programs for TorchScript took from there."""

# ruff: noqa: UP035  (the names are what this module is for)

from typing import Any as Any
from typing import Dict as Dict
from typing import List as List
from typing import Optional as Optional
from typing import Tuple as Tuple
from typing import Union as Union
