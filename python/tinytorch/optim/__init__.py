"""Optimizers: how parameters follow their gradients: torch.optim."""

from tinytorch.optim import lr_scheduler as lr_scheduler
from tinytorch.optim.adam import Adam as Adam
from tinytorch.optim.adam import AdamW as AdamW
from tinytorch.optim.optimizer import Optimizer as Optimizer
from tinytorch.optim.rmsprop import RMSprop as RMSprop
from tinytorch.optim.sgd import SGD as SGD
