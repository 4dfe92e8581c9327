"""Learning-rate schedulers: torch.optim.lr_scheduler."""

from tinytorch.optim.lr_scheduler.base import LRScheduler as LRScheduler
from tinytorch.optim.lr_scheduler.composed import ChainedScheduler as ChainedScheduler
from tinytorch.optim.lr_scheduler.composed import SequentialLR as SequentialLR
from tinytorch.optim.lr_scheduler.cycles import CosineAnnealingLR as CosineAnnealingLR
from tinytorch.optim.lr_scheduler.cycles import (
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
)
from tinytorch.optim.lr_scheduler.cycles import CyclicLR as CyclicLR
from tinytorch.optim.lr_scheduler.cycles import OneCycleLR as OneCycleLR
from tinytorch.optim.lr_scheduler.factors import ConstantLR as ConstantLR
from tinytorch.optim.lr_scheduler.factors import ExponentialLR as ExponentialLR
from tinytorch.optim.lr_scheduler.factors import LambdaLR as LambdaLR
from tinytorch.optim.lr_scheduler.factors import LinearLR as LinearLR
from tinytorch.optim.lr_scheduler.factors import MultiplicativeLR as MultiplicativeLR
from tinytorch.optim.lr_scheduler.factors import MultiStepLR as MultiStepLR
from tinytorch.optim.lr_scheduler.factors import PolynomialLR as PolynomialLR
from tinytorch.optim.lr_scheduler.factors import StepLR as StepLR
from tinytorch.optim.lr_scheduler.plateau import ReduceLROnPlateau as ReduceLROnPlateau

_LRScheduler = LRScheduler  # its name before PyTorch 2.0
