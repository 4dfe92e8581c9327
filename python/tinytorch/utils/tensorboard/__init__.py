"""SummaryWriter: what training measures, in the files that TensorBoard shows."""

from tinytorch.utils.tensorboard._events import EventFile
from tinytorch.utils.tensorboard.writer import SummaryWriter

__all__ = ["EventFile", "SummaryWriter"]
