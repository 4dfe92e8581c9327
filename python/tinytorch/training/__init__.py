"""Training: schedules, clipping, accumulation, early stopping, checkpoints and the Trainer."""

from tinytorch.training.checkpoint import restore as restore
from tinytorch.training.checkpoint import snapshot as snapshot
from tinytorch.training.gradients import clip_grad_norm as clip_grad_norm
from tinytorch.training.gradients import gradient_norms as gradient_norms
from tinytorch.training.schedules import cosine_schedule as cosine_schedule
from tinytorch.training.steps import evaluate as evaluate
from tinytorch.training.steps import train_step as train_step
from tinytorch.training.stopping import EarlyStopping as EarlyStopping
from tinytorch.training.trainer import Trainer as Trainer
