"""What happens inside an epoch: an update from one or more batches, a pass that only measures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tinytorch._grad_mode import no_grad
from tinytorch.training.gradients import clip_grad_norm


def train_step(
    model: Any,
    optimizer: Any,
    loss: Callable[[Any, Any], Any],
    batches: Sequence[tuple[Any, Any]],
    max_norm: float | None = None,
) -> float:
    """One update of the model by the gradient of the mean loss over all samples of `batches`.

    batches: (x, y) pairs, (n, ...) each, as large as memory allows; n may differ. loss(model(x), y)
    is a mean over n samples. With max_norm the gradient is clipped before the step.
    Returns the mean loss before the update. Leaves the gradients as the step saw them.
    """
    # TASK training.train_step (4 points): backward adds to .grad, so let each batch add its share.
    samples = sum(len(x) for x, _ in batches)
    mean_loss = 0.0
    optimizer.zero_grad()
    for x, y in batches:
        share = loss(model(x), y) * (len(x) / samples)
        share.backward()
        mean_loss += share.item()
    if max_norm is not None:
        clip_grad_norm([p.grad for p in model.parameters() if p.grad is not None], max_norm)
    optimizer.step()
    return mean_loss
    # END TASK


def evaluate(
    model: Any,
    batches: Iterable[tuple[Any, Any]],
    measures: Mapping[str, Callable[[Any, Any], Any]],
) -> dict[str, float]:
    """The mean over all samples of each measure(model(x), y), with the model in evaluation mode.

    A measure is a mean over the (n, ...) samples of its batch; n may differ between batches.
    Every module's mode is afterwards as it was, and no gradient is recorded.
    Raises ValueError when there are no samples.
    """
    # TASK training.evaluate (3 points): a mean of means is wrong when the last batch is smaller.
    modes = [(module, module.training) for module in model.modules()]
    totals = dict.fromkeys(measures, 0.0)
    samples = 0
    model.eval()
    try:
        with no_grad():
            for x, y in batches:
                output = model(x)
                for name, measure in measures.items():
                    totals[name] += float(measure(output, y)) * len(x)
                samples += len(x)
    finally:
        for module, mode in modes:
            module.training = mode
    if samples == 0:
        raise ValueError("evaluate: expected at least one sample, got none")
    return {name: total / samples for name, total in totals.items()}
    # END TASK
