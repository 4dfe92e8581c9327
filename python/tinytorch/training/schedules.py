"""Learning-rate schedules as functions of the step: large steps first, fine ones at the end."""

import math


def cosine_schedule(
    step: float, total_steps: float, lr: float, min_lr: float = 0.0, warmup_steps: float = 0
) -> float:
    """The learning rate at `step` (from 0): a linear warm-up, then half a cosine down to min_lr.

    Warm-up: lr / (warmup_steps + 1) at step 0, growing by as much each step, lr at warmup_steps.
    Then from lr, flat at first, to min_lr at total_steps, flat at last; min_lr ever after.
    Loshchilov and Hutter, 2016.
    """
    # TASK training.cosine_schedule (3 points): (1 + cos(pi t)) / 2 falls from 1 to 0 on [0, 1].
    if step < warmup_steps:
        return lr * (step + 1) / (warmup_steps + 1)
    if step >= total_steps:
        return min_lr
    done = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (lr - min_lr) * (1 + math.cos(math.pi * done)) / 2
    # END TASK
