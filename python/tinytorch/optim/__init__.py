"""Optimizers: how parameters follow their gradients: torch.optim."""

import importlib
from typing import Any

from tinytorch.optim import lr_scheduler as lr_scheduler
from tinytorch.optim.adadelta import Adadelta as Adadelta
from tinytorch.optim.adadelta import Adagrad as Adagrad
from tinytorch.optim.adafactor import Adafactor as Adafactor
from tinytorch.optim.adam import Adam as Adam
from tinytorch.optim.adam import AdamW as AdamW
from tinytorch.optim.adamax import Adamax as Adamax
from tinytorch.optim.adamax import NAdam as NAdam
from tinytorch.optim.adamax import RAdam as RAdam
from tinytorch.optim.lbfgs import LBFGS as LBFGS
from tinytorch.optim.muon import Muon as Muon
from tinytorch.optim.optimizer import Optimizer as Optimizer
from tinytorch.optim.rmsprop import RMSprop as RMSprop
from tinytorch.optim.rprop import ASGD as ASGD
from tinytorch.optim.rprop import Rprop as Rprop
from tinytorch.optim.sgd import SGD as SGD


def __getattr__(name: str) -> Any:
    if name == "swa_utils":  # of models, which come later than optimizers
        return importlib.import_module("tinytorch.optim.swa_utils")
    raise AttributeError(f"tinytorch does not have torch.optim.{name}")
