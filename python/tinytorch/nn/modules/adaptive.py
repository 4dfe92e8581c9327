"""Softmax over very many classes: the frequent ones exactly, the rare ones in clusters."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn.modules.container import ModuleList, Sequential
from tinytorch.nn.modules.linear import Linear
from tinytorch.nn.modules.module import Module


class _ASMoutput(NamedTuple):
    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log-probability of each target, and the mean of their negatives.

    Classes are sorted by how frequent they are.  The head scores those below cutoffs[0] and, as one
    class each, the clusters between further cutoffs; each cluster projects the input down by
    div_value once more.  input: (N, in_features), target: (N,) -> (output, loss).
    Raises ValueError for cutoffs that do not rise within the classes.
    Grave and others, 2017.  Source: torch.nn.AdaptiveLogSoftmaxWithLoss
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        given = list(cutoffs)
        if not given:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        rising = given == sorted(set(given))
        whole = all(int(c) == c for c in given)
        if not (rising and whole and min(given) > 0 and max(given) <= n_classes - 1):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                "order, where each value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*given, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        how = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **how)
        self.tail = ModuleList()
        for k in range(self.n_clusters):
            width = int(in_features // (div_value ** (k + 1)))
            size = self.cutoffs[k + 1] - self.cutoffs[k]
            down = Linear(in_features, width, bias=False, **how)
            self.tail.append(Sequential(down, Linear(width, size, bias=False, **how)))

    def reset_parameters(self) -> None:
        """Draws every weight anew."""
        self.head.reset_parameters()
        for down, scores in self.tail:
            down.reset_parameters()
            scores.reset_parameters()

    def forward(self, input: Any, target: Any) -> Any:
        if (input.dim() == 1 and target.dim() == 0) or (input.dim() == 2 and target.dim() == 1):
            batched = target.dim() == 1
        elif target.dim() in (0, 1):
            kind = "0D" if target.dim() == 0 else "1D"
            wanted = "1D" if target.dim() == 0 else "2D"
            raise RuntimeError(
                f"{kind} target tensor expects {wanted} input tensors, but found inputs with size "
                f"{input.size()}."
            )
        else:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if not batched:
            input, target = input.unsqueeze(0), target.unsqueeze(0)
        if input.shape[0] != target.shape[0]:
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if target.numel() and not (int(target.min()) >= 0 and int(target.max()) < self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )
        head_class = target.clamp(max=self.shortlist_size)
        beyond: Any = 0
        places: list[Any] = []
        for k in range(self.n_clusters):
            within = (target >= self.cutoffs[k]) & (target < self.cutoffs[k + 1])
            rows = within.nonzero().squeeze(1)
            places.append(rows)
            head_class = head_class.masked_fill(within, self.shortlist_size + k)
        output = self._head_log_prob(input).gather(1, head_class.unsqueeze(1)).squeeze(1)
        for k, rows in enumerate(places):
            if rows.numel() == 0:
                continue
            log_probs: Any = F.log_softmax(self.tail[k](input.index_select(0, rows)), dim=1)
            relative = (target.index_select(0, rows) - self.cutoffs[k]).unsqueeze(1)
            beyond = log_probs.gather(1, relative).squeeze(1)
            output = output.index_add(0, rows, beyond)
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def _head_log_prob(self, input: Any) -> Any:
        return F.log_softmax(self.head(input), dim=1)

    def log_prob(self, input: Any) -> Tensor:
        """(N, in_features) -> (N, n_classes): the log-probability of every class."""
        head = self._head_log_prob(input)
        parts = [head[:, : self.shortlist_size]]
        for k, cluster in enumerate(self.tail):
            log_probs: Any = F.log_softmax(cluster(input), dim=1)
            parts.append(log_probs + head[:, self.shortlist_size + k].unsqueeze(1))
        return _C.cat(parts, 1)

    def predict(self, input: Any) -> Tensor:
        """(N, in_features) -> (N,): the most probable class."""
        head: Any = self.head(input)
        best = head.argmax(1)
        if bool((best < self.shortlist_size).all()):
            return best  # type: ignore[no-any-return]
        rows = (best >= self.shortlist_size).nonzero().squeeze(1)
        chosen = self.log_prob(input.index_select(0, rows)).argmax(1)
        return best.index_copy(0, rows, chosen)  # type: ignore[no-any-return]
