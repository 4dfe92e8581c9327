"""The types of tinytorch._C, written by scripts/update_stubs.py."""

import builtins
import collections.abc
import typing

import numpy as np

from tinytorch import _device, _dtype, _memory_format
from tinytorch.storage import TypedStorage, UntypedStorage

class Tensor:
    """An n-d array, with its gradient where autograd is built."""

    __array_priority__: typing.ClassVar[builtins.int] = 1000
    is_cpu: typing.ClassVar[builtins.bool] = True
    is_cuda: typing.ClassVar[builtins.bool] = False
    is_ipu: typing.ClassVar[builtins.bool] = False
    is_maia: typing.ClassVar[builtins.bool] = False
    is_meta: typing.ClassVar[builtins.bool] = False
    is_mkldnn: typing.ClassVar[builtins.bool] = False
    is_mps: typing.ClassVar[builtins.bool] = False
    is_mtia: typing.ClassVar[builtins.bool] = False
    is_nested: typing.ClassVar[builtins.bool] = False
    is_quantized: typing.ClassVar[builtins.bool] = False
    is_sparse: typing.ClassVar[builtins.bool] = False
    is_sparse_csr: typing.ClassVar[builtins.bool] = False
    is_vulkan: typing.ClassVar[builtins.bool] = False
    is_xla: typing.ClassVar[builtins.bool] = False
    is_xpu: typing.ClassVar[builtins.bool] = False
    layout: typing.ClassVar[_memory_format.layout]
    data: Tensor
    grad: typing.Any
    requires_grad: builtins.bool

    def __init__(self, *args: typing.Any, **kwargs: typing.Any) -> None: ...
    def addbmm(
        self,
        *args: typing.Any,
        beta: typing.Any = 1,
        alpha: typing.Any = 1,
        out: typing.Any = None,
        **named: typing.Any,
    ) -> typing.Any:
        """beta * input + alpha * the batch's sum of (batch1 @ batch2).  Source: torch.Tensor.addbmm"""

    def addmm(
        self,
        *args: typing.Any,
        beta: typing.Any = 1,
        alpha: typing.Any = 1,
        out: typing.Any = None,
        **named: typing.Any,
    ) -> typing.Any:
        """beta * input + alpha * (mat1 @ mat2).  Source: torch.Tensor.addmm"""

    def addmv(
        self,
        *args: typing.Any,
        beta: typing.Any = 1,
        alpha: typing.Any = 1,
        out: typing.Any = None,
        **named: typing.Any,
    ) -> typing.Any:
        """beta * input + alpha * (mat @ vec).  Source: torch.Tensor.addmv"""

    def addr(
        self,
        *args: typing.Any,
        beta: typing.Any = 1,
        alpha: typing.Any = 1,
        out: typing.Any = None,
        **named: typing.Any,
    ) -> typing.Any:
        """beta * input + alpha * outer(vec1, vec2).  Source: torch.Tensor.addr"""

    def allclose(
        self,
        other: typing.Any,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> builtins.bool:
        """Whether every element is close.  Source: torch.allclose"""

    def aminmax(
        self, *, dim: builtins.int | None = None, keepdim: builtins.bool = False
    ) -> typing.Any:
        """(min, max) over dim or over all.  Source: torch.aminmax"""

    def baddbmm(
        self,
        *args: typing.Any,
        beta: typing.Any = 1,
        alpha: typing.Any = 1,
        out: typing.Any = None,
        **named: typing.Any,
    ) -> typing.Any:
        """beta * input + alpha * (batch1 @ batch2).  Source: torch.Tensor.baddbmm"""

    def cholesky(self, upper: builtins.bool = False, *, out: typing.Any = None) -> typing.Any:
        """torch.linalg.cholesky.  Source: torch.cholesky"""

    def cholesky_inverse(self, upper: builtins.bool = False) -> typing.Any:
        """The inverse of A, given its Cholesky factor.  Source: torch.cholesky_inverse"""

    def cholesky_solve(self, L: typing.Any, upper: builtins.bool = False) -> typing.Any:
        """X with A X = B, given A's Cholesky factor.  Source: torch.cholesky_solve"""

    def conj(self) -> typing.Any:
        """`input` itself: it is real.  Source: torch.conj"""

    def conj_physical(self) -> typing.Any:
        """A copy-free `conj`: numbers here are real.  Source: torch.conj_physical"""

    def corrcoef(self) -> typing.Any:
        """The covariances of the rows of input divided by both deviations.  Source: torch.corrcoef"""

    def count_nonzero(self, dim: typing.Any = None) -> typing.Any:
        """How many elements are not zero, in all or along `dim`.  Source: torch.count_nonzero"""

    def cov(
        self,
        *,
        correction: builtins.int = 1,
        fweights: typing.Any | None = None,
        aweights: typing.Any | None = None,
    ) -> typing.Any:
        """The covariances of the rows of input, (variables, observations).

        fweights: how often each observation counts.  aweights: how much.
        Returns (variables, variables), 0-d for one.  Source: torch.cov
        """

    def cross(self, other: typing.Any, dim: builtins.int | None = None) -> typing.Any:
        """The cross product of 3-vectors along dim; without it, the first dim of size 3.

        Source: torch.cross
        """

    def det(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """torch.linalg.det.  Source: torch.det"""

    def diag(self, diagonal: builtins.int = 0) -> typing.Any:
        """A vector on a matrix's diagonal, or a matrix's diagonal.  Source: torch.diag"""

    def diagflat(self, offset: builtins.int = 0) -> typing.Any:
        """All elements on the diagonal of a matrix.  Source: torch.diagflat"""

    def diagonal_scatter(
        self,
        src: typing.Any,
        offset: builtins.int = 0,
        dim1: builtins.int = 0,
        dim2: builtins.int = 1,
    ) -> typing.Any:
        """A copy of `input` with `src` on a diagonal.  Source: torch.diagonal_scatter"""

    def diff(
        self,
        n: builtins.int = 1,
        dim: builtins.int = -1,
        prepend: typing.Any | None = None,
        append: typing.Any | None = None,
    ) -> typing.Any:
        """The n-th differences of neighbours along dim, after joining prepend and append to it.

        Of bools, whether neighbours differ.  Raises RuntimeError for a 0-d input.  Source: torch.diff
        """

    def dist(self, other: typing.Any, p: builtins.float = 2) -> typing.Any:
        """The norm of the difference.  Source: torch.dist"""

    def dsplit(
        self,
        indices_or_sections: typing.Any = None,
        *,
        indices: typing.Any = None,
        sections: typing.Any = None,
    ) -> tuple[typing.Any, ...]:
        """Parts of one dim, all equally long, or cut.  Source: torch.dsplit"""

    def equal(self, other: typing.Any) -> builtins.bool:
        """Whether both have the same shape and the same elements.  Source: torch.equal"""

    def fliplr(self) -> typing.Any:
        """Dim 1 in reverse order.  Source: torch.fliplr"""

    def flipud(self) -> typing.Any:
        """Dim 0 in reverse order.  Source: torch.flipud"""

    def ger(self, vec2: typing.Any) -> typing.Any:
        """Every product of two elements, (m) (n) -> (m, n).  Source: torch.outer"""

    def hardshrink(self, lambd: builtins.float = 0.5) -> Tensor:
        """input, but 0 where |input| <= lambd.  Source: torch.hardshrink"""

    def histc(
        self, bins: builtins.int = 100, min: builtins.float = 0, max: builtins.float = 0
    ) -> typing.Any:
        """How many values fall into each of `bins` equal parts of [min, max]; of their range for 0, 0.

        Raises RuntimeError for a range that is not finite.  Source: torch.histc
        """

    def histogram(
        self,
        bins: builtins.int | typing.Any,
        *,
        range: collections.abc.Sequence[builtins.float] | None = None,
        weight: typing.Any | None = None,
        density: builtins.bool = False,
    ) -> typing.Any:
        """The number of values, or the sum of their weights, in each bin, and the bins' edges.

        bins: how many, of equal width over range (else input's), or their rising edges (bins + 1,).
        density: divides by the total and the widths, so that the histogram integrates to 1.
        Returns (hist, bin_edges).  Source: torch.histogram
        """

    def hsplit(
        self,
        indices_or_sections: typing.Any = None,
        *,
        indices: typing.Any = None,
        sections: typing.Any = None,
    ) -> tuple[typing.Any, ...]:
        """Parts of one dim, all equally long, or cut.  Source: torch.hsplit"""

    def index_reduce(
        self,
        dim: builtins.int,
        index: typing.Any,
        source: typing.Any,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> typing.Any:
        """Slices of `source` reduced into those of `input` at `index` along `dim`.

        reduce: "prod", "mean", "amax" or "amin".  Source: torch.index_reduce
        """

    def inner(self, other: typing.Any) -> typing.Any:
        """Dot products along the last dim, (.., k) (.., k) -> (.., ..).  Source: torch.inner"""

    def inverse(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """torch.linalg.inv.  Source: torch.inverse"""

    def is_conj(self) -> builtins.bool:
        """Always False for the tensors that there are here.  Source: torch.is_conj"""

    def is_distributed(self) -> builtins.bool:
        """Always False for the tensors that there are here.  Source: torch.is_distributed"""

    def is_inference(self) -> builtins.bool:
        """Always False for the tensors that there are here.  Source: torch.is_inference"""

    def is_neg(self) -> builtins.bool:
        """Always False for the tensors that there are here.  Source: torch.is_neg"""

    def is_nonzero(self) -> builtins.bool:
        """Whether a tensor of one element is not zero.  Source: torch.is_nonzero"""

    def is_same_size(self, other: typing.Any) -> builtins.bool:
        """Whether the shapes are equal.  Source: torch.is_same_size"""

    def isclose(
        self,
        other: typing.Any,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> typing.Any:
        """|input - other| <= atol + rtol |other|, element by element.  Source: torch.isclose"""

    def kron(self, other: typing.Any) -> typing.Any:
        """Every element of input times all of other, block by block.  Source: torch.kron"""

    def log_softmax(
        self, dim: typing.SupportsInt | typing.SupportsIndex, dtype: _dtype.dtype | None = None
    ) -> Tensor: ...
    def logdet(self) -> typing.Any:
        """The logarithm of the determinant; NaN where that is negative.  Source: torch.logdet"""

    def matrix_exp(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """torch.linalg.matrix_exp.  Source: torch.matrix_exp"""

    def matrix_power(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """torch.linalg.matrix_power.  Source: torch.matrix_power"""

    def moveaxis(self, source: typing.Any, destination: typing.Any) -> typing.Any:
        """Dims `source` moved to the places `destination`, the others in order.

        Source: torch.movedim
        """

    def movedim(self, source: typing.Any, destination: typing.Any) -> typing.Any:
        """Dims `source` moved to the places `destination`, the others in order.

        Source: torch.movedim
        """

    def mv(self, vec: typing.Any) -> typing.Any:
        """Matrix times vector, (m, k) (k) -> (m).  Source: torch.mv"""

    def mvlgamma(self, p: builtins.int) -> typing.Any:
        """The logarithm of the multivariate gamma function of dimension `p`.

        Raises RuntimeError unless p >= 1.  Source: torch.mvlgamma
        """

    def nanmean(
        self, dim: typing.Any = None, keepdim: builtins.bool = False, *, dtype: typing.Any = None
    ) -> typing.Any:
        """The mean over dim of what is not NaN.  Source: torch.nanmean"""

    def nanquantile(
        self,
        q: typing.Any,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        interpolation: str = "linear",
    ) -> typing.Any:
        """The same of what is not NaN.  Source: torch.nanquantile"""

    def nansum(
        self, dim: typing.Any = None, keepdim: builtins.bool = False, *, dtype: typing.Any = None
    ) -> typing.Any:
        """The sum over dim, NaN counting as zero.  Source: torch.nansum"""

    def outer(self, vec2: typing.Any) -> typing.Any:
        """Every product of two elements, (m) (n) -> (m, n).  Source: torch.outer"""

    def pinverse(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """torch.linalg.pinv.  Source: torch.pinverse"""

    def positive(self) -> typing.Any:
        """`input` itself.  Raises RuntimeError for bool.  Source: torch.positive"""

    def prelu(self, weight: Tensor) -> Tensor:
        """input where positive, else weight * input.  Source: torch.prelu"""

    def qr(self, some: builtins.bool = True) -> typing.Any:
        """torch.linalg.qr, reduced if `some`.  Source: torch.qr"""

    def quantile(
        self,
        q: typing.Any,
        dim: builtins.int | None = None,
        keepdim: builtins.bool = False,
        *,
        interpolation: str = "linear",
    ) -> typing.Any:
        """The q-th quantiles along dim, or of all; NaN where there is one.

        q: a number, or (Q,) of input's dtype, which adds a first dim of size Q.
        interpolation: "linear", "lower", "higher", "midpoint" or "nearest".
        Raises RuntimeError for q outside [0, 1].  Source: torch.quantile
        """

    def ravel(self) -> typing.Any:
        """All elements in one dim; a view where that is possible.  Source: torch.ravel"""

    def relu(self) -> Tensor: ...
    def renorm(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> typing.Any:
        """Each slice along dim scaled down where its norm exceeds maxnorm.  Source: torch.renorm"""

    def repeat_interleave(
        self,
        repeats: typing.Any = None,
        dim: builtins.int | None = None,
        *,
        output_size: builtins.int | None = None,
    ) -> typing.Any:
        """Each element `repeats` times in a row, along `dim` or of the flattened tensor.

        repeats: an integer, or one for each index.  Source: torch.repeat_interleave
        """

    def resolve_conj(self) -> typing.Any:
        """`input` itself: there is nothing to resolve.  Source: torch.resolve_conj"""

    def resolve_neg(self) -> typing.Any:
        """`input` itself: there is nothing to resolve.  Source: torch.resolve_neg"""

    def rot90(self, k: builtins.int = 1, dims: typing.Any = (0, 1)) -> typing.Any:
        """Rotated k times by 90 degrees in the plane of two dims, from the first towards the second.

        Source: torch.rot90
        """

    def select_scatter(self, src: typing.Any, dim: builtins.int, index: builtins.int) -> typing.Any:
        """A copy of `input` with `src` at `index` along `dim`.  Source: torch.select_scatter"""

    def sigmoid(self) -> Tensor: ...
    def slice_scatter(
        self,
        src: typing.Any,
        dim: builtins.int = 0,
        start: builtins.int | None = None,
        end: builtins.int | None = None,
        step: builtins.int = 1,
    ) -> typing.Any:
        """A copy of `input` with `src` in a slice along `dim`.  Source: torch.slice_scatter"""

    def slogdet(self) -> typing.Any:
        """torch.linalg.slogdet.  Source: torch.slogdet"""

    def softmax(
        self, dim: typing.SupportsInt | typing.SupportsIndex, dtype: _dtype.dtype | None = None
    ) -> Tensor: ...
    def svd(self, some: builtins.bool = True, compute_uv: builtins.bool = True) -> typing.Any:
        """U, S and V (not transposed).  Source: torch.svd"""

    def take_along_dim(self, indices: typing.Any, dim: builtins.int | None = None) -> typing.Any:
        """`gather` with other sizes broadcast; without `dim`, from `input` as if it were flat.

        Raises RuntimeError where the numbers of dims differ.  Source: torch.take_along_dim
        """

    def tanh(self) -> Tensor: ...
    def tensor_split(
        self,
        indices_or_sections: typing.Any = None,
        dim: builtins.int = 0,
        *,
        indices: typing.Any = None,
        sections: typing.Any = None,
        tensor_indices_or_sections: typing.Any = None,
    ) -> tuple[typing.Any, ...]:
        """Parts along dim: `sections` of them, as equal as can be, or cut at each of `indices`.

        Source: torch.tensor_split
        """

    def triangular_solve(
        self,
        A: typing.Any,
        upper: builtins.bool = True,
        transpose: builtins.bool = False,
        unitriangular: builtins.bool = False,
    ) -> typing.Any:
        """X with A X = input, or A^T X = input, and a copy of A.  Source: torch.triangular_solve"""

    def unflatten(self, dim: builtins.int, sizes: typing.Any) -> typing.Any:
        """Dim `dim` as several, of `sizes`; one of them may be -1.  Source: torch.unflatten"""

    def unique(
        self,
        sorted: builtins.bool = True,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        dim: builtins.int | None = None,
    ) -> typing.Any:
        """The distinct values, or slices along dim, in sorted order; each NaN counts as another.

        Returns values, then inverse (where each element went) and counts as asked for.
        Source: torch.unique
        """

    def unique_consecutive(
        self,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        dim: builtins.int | None = None,
    ) -> typing.Any:
        """The same with one value a run of equals, in their order.  Source: torch.unique_consecutive"""

    def unsafe_chunk(self, *args: typing.Any, **kwargs: typing.Any) -> tuple[typing.Any, ...]:
        """The parts of `chunk`, which may be written to.  Source: torch.unsafe_chunk"""

    def unsafe_split(self, *args: typing.Any, **kwargs: typing.Any) -> tuple[typing.Any, ...]:
        """The parts of `split`, which may be written to.  Source: torch.unsafe_split"""

    def unsafe_split_with_sizes(
        self, *args: typing.Any, **kwargs: typing.Any
    ) -> tuple[typing.Any, ...]:
        """The parts of `split_with_sizes`, which may be written to.  Source: torch.unsafe_split_with_sizes"""

    def vdot(self, other: typing.Any) -> typing.Any:
        """The dot product of two vectors of real numbers.  Source: torch.vdot"""

    def vsplit(
        self,
        indices_or_sections: typing.Any = None,
        *,
        indices: typing.Any = None,
        sections: typing.Any = None,
    ) -> tuple[typing.Any, ...]:
        """Parts of one dim, all equally long, or cut.  Source: torch.vsplit"""

    @staticmethod
    def _make_subclass(
        cls: builtins.type[typing.Any], data: typing.Any, require_grad: builtins.bool = False
    ) -> typing.Any:
        """`data`'s memory as a leaf of class `cls`.  Source: torch.Tensor._make_subclass"""

    def __abs__(self) -> Tensor: ...
    def __add__(self, value: typing.Any) -> Tensor: ...
    def __and__(self, value: typing.Any) -> Tensor: ...
    def __array__(
        self, dtype: typing.Any = None, copy: builtins.bool | None = None
    ) -> np.ndarray[typing.Any, typing.Any]: ...
    def __array_wrap__(
        self,
        array: np.ndarray[typing.Any, typing.Any],
        context: typing.Any = None,
        return_scalar: builtins.bool = False,
    ) -> typing.Any:
        """What numpy's functions of a tensor return: a tensor, its truth values uint8 as PyTorch's."""

    def __bool__(self) -> builtins.bool: ...
    def __complex__(self) -> complex: ...
    def __contains__(self, arg0: typing.Any) -> builtins.bool: ...
    def __copy__(self) -> typing.Any:
        """A new tensor over the same memory."""

    def __deepcopy__(self, memo: dict[builtins.int, typing.Any]) -> typing.Any: ...
    def __delitem__(self, key: typing.Any) -> None: ...
    def __dlpack__(
        self,
        *,
        stream: typing.Any = -1,
        max_version: tuple[builtins.int, builtins.int] | None = None,
        dl_device: tuple[builtins.int, builtins.int] | None = None,
        copy: builtins.bool | None = None,
    ) -> typing.Any:
        """A DLPack capsule, by which other libraries read this memory.  Source: Tensor.__dlpack__"""

    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]: ...
    def __eq__(self, value: typing.Any) -> Tensor: ...
    def __float__(self) -> builtins.float: ...
    def __floordiv__(self, value: typing.Any) -> Tensor: ...
    def __format__(self, spec: str) -> str: ...
    def __ge__(self, value: typing.Any) -> Tensor: ...
    def __getitem__(self, key: typing.Any) -> Tensor: ...
    def __gt__(self, value: typing.Any) -> Tensor: ...
    def __hash__(self) -> builtins.int: ...
    def __iadd__(self, value: typing.Any) -> Tensor: ...
    def __iand__(self, value: typing.Any) -> Tensor: ...
    def __ifloordiv__(self, value: typing.Any) -> Tensor: ...
    def __ilshift__(self, arg0: typing.Any) -> typing.Any: ...
    def __imod__(self, value: typing.Any) -> Tensor: ...
    def __imul__(self, value: typing.Any) -> Tensor: ...
    def __index__(self) -> builtins.int: ...
    def __int__(self) -> builtins.int: ...
    def __invert__(self) -> Tensor: ...
    def __ior__(self, value: typing.Any) -> Tensor: ...
    def __ipow__(self, value: typing.Any) -> Tensor: ...
    def __irshift__(self, arg0: typing.Any) -> typing.Any: ...
    def __isub__(self, value: typing.Any) -> Tensor: ...
    def __iter__(self) -> collections.abc.Iterator: ...
    def __itruediv__(self, value: typing.Any) -> Tensor: ...
    def __ixor__(self, value: typing.Any) -> Tensor: ...
    def __le__(self, value: typing.Any) -> Tensor: ...
    def __len__(self) -> builtins.int: ...
    def __lshift__(self, arg0: typing.Any) -> typing.Any: ...
    def __lt__(self, value: typing.Any) -> Tensor: ...
    def __matmul__(self, value: typing.Any) -> Tensor: ...
    def __mod__(self, value: typing.Any) -> Tensor: ...
    def __mul__(self, value: typing.Any) -> Tensor: ...
    def __ne__(self, value: typing.Any) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __or__(self, value: typing.Any) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __pow__(self, value: typing.Any) -> Tensor: ...
    def __radd__(self, value: typing.Any) -> Tensor: ...
    def __rand__(self, value: typing.Any) -> Tensor: ...
    def __reduce__(self, protocol: typing.Any = None) -> typing.Any: ...
    def __reduce_ex__(self, protocol: typing.Any = None) -> typing.Any: ...
    def __repr__(self) -> str: ...
    def __reversed__(self) -> typing.Any:
        """Dim 0 in reverse order; a 0-d tensor as it is.  Source: torch.Tensor.__reversed__"""

    def __rfloordiv__(self, value: typing.Any) -> Tensor: ...
    def __rlshift__(self, arg0: typing.Any) -> typing.Any: ...
    def __rmatmul__(self, value: typing.Any) -> Tensor: ...
    def __rmod__(self, value: typing.Any) -> Tensor: ...
    def __rmul__(self, value: typing.Any) -> Tensor: ...
    def __ror__(self, value: typing.Any) -> Tensor: ...
    def __rpow__(self, value: typing.Any) -> Tensor: ...
    def __rrshift__(self, arg0: typing.Any) -> typing.Any: ...
    def __rshift__(self, arg0: typing.Any) -> typing.Any: ...
    def __rsub__(self, value: typing.Any) -> Tensor: ...
    def __rtruediv__(self, value: typing.Any) -> Tensor: ...
    def __rxor__(self, value: typing.Any) -> Tensor: ...
    def __setitem__(self, key: typing.Any, value: typing.Any) -> None: ...
    def __str__(self) -> str: ...
    def __sub__(self, value: typing.Any) -> Tensor: ...
    def __truediv__(self, value: typing.Any) -> Tensor: ...
    def __xor__(self, value: typing.Any) -> Tensor: ...
    def _is_view(self) -> builtins.bool: ...
    def abs(self) -> Tensor: ...
    def abs_(self) -> typing.Self: ...
    def acos(self) -> Tensor: ...
    def acos_(self) -> typing.Self: ...
    def acosh(self) -> Tensor: ...
    def acosh_(self) -> typing.Self: ...
    def add(
        self,
        other: typing.Any,
        *,
        alpha: builtins.float | builtins.int | builtins.bool | None = None,
    ) -> Tensor: ...
    def add_(
        self,
        other: typing.Any,
        *,
        alpha: builtins.float | builtins.int | builtins.bool | None = None,
    ) -> typing.Self: ...
    def addbmm_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """beta * input + alpha * the batch's sum of (batch1 @ batch2).  Source: torch.Tensor.addbmm_"""

    def addcdiv(
        self,
        tensor1: Tensor,
        tensor2: Tensor,
        *,
        value: builtins.float | builtins.int | builtins.bool = 1,
    ) -> Tensor: ...
    def addcdiv_(
        self,
        tensor1: Tensor,
        tensor2: Tensor,
        *,
        value: builtins.float | builtins.int | builtins.bool = 1,
    ) -> typing.Self: ...
    def addcmul(
        self,
        tensor1: Tensor,
        tensor2: Tensor,
        *,
        value: builtins.float | builtins.int | builtins.bool = 1,
    ) -> Tensor: ...
    def addcmul_(
        self,
        tensor1: Tensor,
        tensor2: Tensor,
        *,
        value: builtins.float | builtins.int | builtins.bool = 1,
    ) -> typing.Self: ...
    def addmm_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """beta * input + alpha * (mat1 @ mat2).  Source: torch.Tensor.addmm_"""

    def addmv_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """beta * input + alpha * (mat @ vec).  Source: torch.Tensor.addmv_"""

    def addr_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """beta * input + alpha * outer(vec1, vec2).  Source: torch.Tensor.addr_"""

    def adjoint(self) -> Tensor: ...
    def all(self, dim: typing.Any = None, keepdim: builtins.bool = False) -> Tensor: ...
    def amax(self, dim: typing.Any = None, keepdim: builtins.bool = False) -> Tensor: ...
    def amin(self, dim: typing.Any = None, keepdim: builtins.bool = False) -> Tensor: ...
    def angle(self) -> Tensor: ...
    def any(self, dim: typing.Any = None, keepdim: builtins.bool = False) -> Tensor: ...
    def apply_(self, callable: collections.abc.Callable[[typing.Any], typing.Any]) -> typing.Self:
        """Every element replaced by a Python function of it.  Source: torch.Tensor.apply_"""

    def argmax(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex | None = None,
        keepdim: builtins.bool = False,
    ) -> Tensor: ...
    def argmin(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex | None = None,
        keepdim: builtins.bool = False,
    ) -> Tensor: ...
    def argsort(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex = -1,
        descending: builtins.bool = False,
        *,
        stable: builtins.bool | None = None,
    ) -> Tensor: ...
    def argwhere(self) -> Tensor: ...
    def as_strided(
        self,
        size: collections.abc.Sequence[builtins.int] | builtins.int,
        stride: collections.abc.Sequence[builtins.int] | builtins.int,
        storage_offset: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> Tensor: ...
    def as_strided_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """`as_strided`, in place.  Source: torch.Tensor.as_strided_"""

    def as_subclass(self, cls: builtins.type[typing.Any]) -> typing.Any:
        """The same memory as a `cls`, a class derived from Tensor.  Source: torch.Tensor.as_subclass"""

    def asin(self) -> Tensor: ...
    def asin_(self) -> typing.Self: ...
    def asinh(self) -> Tensor: ...
    def asinh_(self) -> typing.Self: ...
    def atan(self) -> Tensor: ...
    def atan2(self, other: typing.Any) -> Tensor: ...
    def atan2_(self, other: typing.Any) -> typing.Self: ...
    def atan_(self) -> typing.Self: ...
    def atanh(self) -> Tensor: ...
    def atanh_(self) -> typing.Self: ...
    def backward(
        self,
        gradient: typing.Any = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: typing.Any = None,
    ) -> None: ...
    def baddbmm_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """beta * input + alpha * (batch1 @ batch2).  Source: torch.Tensor.baddbmm_"""

    def bernoulli(self, p: typing.Any = None, *, generator: typing.Any = None) -> typing.Any:
        """The same as a method.  Source: torch.Tensor.bernoulli"""

    @typing.overload
    def bernoulli_(
        self,
        p: typing.SupportsFloat | typing.SupportsIndex = 0.5,
        *,
        generator: Generator | None = None,
    ) -> typing.Self: ...
    @typing.overload
    def bernoulli_(self, p: Tensor, *, generator: Generator | None = None) -> typing.Self: ...
    def bfloat16(self) -> typing.Any: ...
    def bincount(
        self,
        weights: Tensor | None = None,
        minlength: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> Tensor: ...
    def bitwise_and(self, other: typing.Any) -> Tensor: ...
    def bitwise_and_(self, other: typing.Any) -> typing.Self: ...
    def bitwise_left_shift(self, other: typing.Any) -> Tensor: ...
    def bitwise_left_shift_(self, other: typing.Any) -> typing.Self: ...
    def bitwise_not(self) -> Tensor: ...
    def bitwise_not_(self) -> typing.Self: ...
    def bitwise_or(self, other: typing.Any) -> Tensor: ...
    def bitwise_or_(self, other: typing.Any) -> typing.Self: ...
    def bitwise_right_shift(self, other: typing.Any) -> Tensor: ...
    def bitwise_right_shift_(self, other: typing.Any) -> typing.Self: ...
    def bitwise_xor(self, other: typing.Any) -> Tensor: ...
    def bitwise_xor_(self, other: typing.Any) -> typing.Self: ...
    def bmm(self, mat2: Tensor) -> Tensor: ...
    def bool(self) -> typing.Any: ...
    def broadcast_to(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor: ...
    def byte(self) -> typing.Any: ...
    def cauchy_(
        self,
        median: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        sigma: typing.SupportsFloat | typing.SupportsIndex = 1.0,
        *,
        generator: Generator | None = None,
    ) -> typing.Self: ...
    def ceil(self) -> Tensor: ...
    def ceil_(self) -> typing.Self: ...
    def char(self) -> typing.Any: ...
    def chunk(
        self,
        chunks: typing.SupportsInt | typing.SupportsIndex,
        dim: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> tuple: ...
    @typing.overload
    def clamp(
        self,
        min: builtins.float | builtins.int | builtins.bool | None = None,
        max: builtins.float | builtins.int | builtins.bool | None = None,
    ) -> Tensor: ...
    @typing.overload
    def clamp(self, min: Tensor | None = None, max: Tensor | None = None) -> Tensor: ...
    @typing.overload
    def clamp_(
        self,
        min: builtins.float | builtins.int | builtins.bool | None = None,
        max: builtins.float | builtins.int | builtins.bool | None = None,
    ) -> typing.Self: ...
    @typing.overload
    def clamp_(self, min: Tensor | None = None, max: Tensor | None = None) -> typing.Self: ...
    @typing.overload
    def clamp_max(self, max: builtins.float | builtins.int | builtins.bool) -> Tensor: ...
    @typing.overload
    def clamp_max(self, max: Tensor) -> Tensor: ...
    @typing.overload
    def clamp_max_(self, max: builtins.float | builtins.int | builtins.bool) -> typing.Self: ...
    @typing.overload
    def clamp_max_(self, max: Tensor) -> typing.Self: ...
    @typing.overload
    def clamp_min(self, min: builtins.float | builtins.int | builtins.bool) -> Tensor: ...
    @typing.overload
    def clamp_min(self, min: Tensor) -> Tensor: ...
    @typing.overload
    def clamp_min_(self, min: builtins.float | builtins.int | builtins.bool) -> typing.Self: ...
    @typing.overload
    def clamp_min_(self, min: Tensor) -> typing.Self: ...
    def clone(self, memory_format: typing.Any = None) -> typing.Any: ...
    def contiguous(self, memory_format: typing.Any = None) -> typing.Any: ...
    @typing.overload
    def copy_(self, src: Tensor, non_blocking: builtins.bool = False) -> typing.Self: ...
    @typing.overload
    def copy_(
        self,
        src: builtins.float | builtins.int | builtins.bool,
        non_blocking: builtins.bool = False,
    ) -> typing.Self: ...
    def copysign(self, other: typing.Any) -> Tensor: ...
    def copysign_(self, other: typing.Any) -> typing.Self: ...
    def cos(self) -> Tensor: ...
    def cos_(self) -> typing.Self: ...
    def cosh(self) -> Tensor: ...
    def cosh_(self) -> typing.Self: ...
    def cpu(self) -> typing.Any: ...
    def cuda(
        self,
        device: typing.Any = None,
        non_blocking: builtins.bool = False,
        memory_format: typing.Any = None,
    ) -> typing.Any:
        """Raises: there is no GPU here.  Source: torch.Tensor.cuda"""

    def cummax(self, dim: typing.SupportsInt | typing.SupportsIndex) -> typing.Any: ...
    def cummin(self, dim: typing.SupportsInt | typing.SupportsIndex) -> typing.Any: ...
    def cumprod(
        self, dim: typing.SupportsInt | typing.SupportsIndex, *, dtype: _dtype.dtype | None = None
    ) -> Tensor: ...
    def cumprod_(
        self, dim: typing.SupportsInt | typing.SupportsIndex, *, dtype: _dtype.dtype | None = None
    ) -> typing.Self: ...
    def cumsum(
        self, dim: typing.SupportsInt | typing.SupportsIndex, *, dtype: _dtype.dtype | None = None
    ) -> Tensor: ...
    def cumsum_(
        self, dim: typing.SupportsInt | typing.SupportsIndex, *, dtype: _dtype.dtype | None = None
    ) -> typing.Self: ...
    def data_ptr(self) -> builtins.int: ...
    def deg2rad(self) -> Tensor: ...
    def deg2rad_(self) -> typing.Self: ...
    def detach(self) -> Tensor: ...
    def detach_(self) -> typing.Self: ...
    def diag_embed(
        self,
        offset: typing.SupportsInt | typing.SupportsIndex = 0,
        dim1: typing.SupportsInt | typing.SupportsIndex = -2,
        dim2: typing.SupportsInt | typing.SupportsIndex = -1,
    ) -> Tensor: ...
    def diagonal(
        self,
        offset: typing.SupportsInt | typing.SupportsIndex = 0,
        dim1: typing.SupportsInt | typing.SupportsIndex = 0,
        dim2: typing.SupportsInt | typing.SupportsIndex = 1,
    ) -> Tensor: ...
    def digamma(self) -> Tensor: ...
    def digamma_(self) -> typing.Self: ...
    def dim(self) -> builtins.int: ...
    def div(self, other: typing.Any, *, rounding_mode: str | None = None) -> Tensor: ...
    def div_(self, other: typing.Any, *, rounding_mode: str | None = None) -> typing.Self: ...
    def dot(self, tensor: Tensor) -> Tensor: ...
    def double(self) -> typing.Any: ...
    def element_size(self) -> builtins.int: ...
    def eq(self, other: typing.Any) -> Tensor: ...
    def eq_(self, other: typing.Any) -> typing.Self: ...
    def erf(self) -> Tensor: ...
    def erf_(self) -> typing.Self: ...
    def erfc(self) -> Tensor: ...
    def erfc_(self) -> typing.Self: ...
    def erfinv(self) -> Tensor: ...
    def erfinv_(self) -> typing.Self: ...
    def exp(self) -> Tensor: ...
    def exp2(self) -> Tensor: ...
    def exp2_(self) -> typing.Self: ...
    def exp_(self) -> typing.Self: ...
    def expand(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor: ...
    def expand_as(self, other: Tensor) -> Tensor: ...
    def expm1(self) -> Tensor: ...
    def expm1_(self) -> typing.Self: ...
    def exponential_(
        self,
        lambd: typing.SupportsFloat | typing.SupportsIndex = 1.0,
        *,
        generator: Generator | None = None,
    ) -> typing.Self: ...
    def fill_(self, value: typing.Any) -> typing.Self: ...
    def fill_diagonal_(
        self, fill_value: builtins.float | builtins.int | builtins.bool, wrap: builtins.bool = False
    ) -> typing.Self: ...
    def flatten(
        self,
        start_dim: typing.SupportsInt | typing.SupportsIndex = 0,
        end_dim: typing.SupportsInt | typing.SupportsIndex = -1,
    ) -> Tensor: ...
    def flip(self, *args: typing.Any) -> Tensor: ...
    def float(self) -> typing.Any: ...
    def float_power(self, other: typing.Any) -> Tensor: ...
    def float_power_(self, other: typing.Any) -> typing.Self: ...
    def floor(self) -> Tensor: ...
    def floor_(self) -> typing.Self: ...
    def floor_divide(self, other: typing.Any) -> Tensor: ...
    def floor_divide_(self, other: typing.Any) -> typing.Self: ...
    def fmax(self, other: typing.Any) -> Tensor: ...
    def fmin(self, other: typing.Any) -> Tensor: ...
    def fmod(self, other: typing.Any) -> Tensor: ...
    def fmod_(self, other: typing.Any) -> typing.Self: ...
    def frac(self) -> Tensor: ...
    def frac_(self) -> typing.Self: ...
    def gather(self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor) -> Tensor: ...
    def gcd(self, other: typing.Any) -> Tensor: ...
    def gcd_(self, other: typing.Any) -> typing.Self: ...
    def ge(self, other: typing.Any) -> Tensor: ...
    def ge_(self, other: typing.Any) -> typing.Self: ...
    def geometric_(
        self, p: typing.SupportsFloat | typing.SupportsIndex, *, generator: Generator | None = None
    ) -> typing.Self: ...
    def get_device(self) -> builtins.int:
        """-1, the CPU.  Source: torch.Tensor.get_device"""

    def gt(self, other: typing.Any) -> Tensor: ...
    def gt_(self, other: typing.Any) -> typing.Self: ...
    def half(self) -> typing.Any: ...
    def heaviside(self, values: typing.Any) -> Tensor: ...
    def heaviside_(self, values: typing.Any) -> typing.Self: ...
    def hypot(self, other: typing.Any) -> Tensor: ...
    def hypot_(self, other: typing.Any) -> typing.Self: ...
    def i0(self) -> Tensor: ...
    def i0_(self) -> typing.Self: ...
    def index_add(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        source: Tensor,
        *,
        alpha: builtins.float | builtins.int | builtins.bool = 1,
    ) -> Tensor: ...
    def index_add_(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        source: Tensor,
        *,
        alpha: builtins.float | builtins.int | builtins.bool = 1,
    ) -> typing.Self: ...
    def index_copy(
        self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, source: Tensor
    ) -> Tensor: ...
    def index_copy_(
        self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, source: Tensor
    ) -> typing.Self: ...
    def index_fill(
        self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, value: typing.Any
    ) -> Tensor: ...
    def index_fill_(
        self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, value: typing.Any
    ) -> typing.Self: ...
    def index_put(
        self, indices: typing.Any, values: Tensor, accumulate: builtins.bool = False
    ) -> Tensor: ...
    def index_put_(
        self, indices: typing.Any, values: Tensor, accumulate: builtins.bool = False
    ) -> typing.Self: ...
    def index_reduce_(
        self,
        dim: builtins.int,
        index: typing.Any,
        source: typing.Any,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> typing.Self:
        """`index_reduce` in place.  Source: torch.Tensor.index_reduce_"""

    def index_select(
        self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor
    ) -> Tensor: ...
    def int(self) -> typing.Any: ...
    def is_complex(self) -> builtins.bool: ...
    def is_contiguous(self, memory_format: typing.Any = None) -> typing.Any: ...
    def is_floating_point(self) -> builtins.bool: ...
    def is_pinned(self, device: typing.Any = None) -> builtins.bool:
        """Source: torch.Tensor.is_pinned"""

    def is_set_to(self, tensor: typing.Any) -> builtins.bool:
        """Whether both show the same memory in the same way.  Source: torch.Tensor.is_set_to"""

    def is_shared(self) -> builtins.bool:
        """Source: torch.Tensor.is_shared"""

    def is_signed(self) -> builtins.bool: ...
    def isfinite(self) -> Tensor: ...
    def isinf(self) -> Tensor: ...
    def isnan(self) -> Tensor: ...
    def isneginf(self) -> Tensor: ...
    def isposinf(self) -> Tensor: ...
    def isreal(self) -> Tensor: ...
    def item(self) -> builtins.float | builtins.int | builtins.bool: ...
    def kthvalue(
        self,
        k: typing.SupportsInt | typing.SupportsIndex,
        dim: typing.SupportsInt | typing.SupportsIndex = -1,
        keepdim: builtins.bool = False,
    ) -> typing.Any: ...
    def lcm(self, other: typing.Any) -> Tensor: ...
    def lcm_(self, other: typing.Any) -> typing.Self: ...
    def ldexp(self, other: typing.Any) -> Tensor: ...
    def ldexp_(self, other: typing.Any) -> typing.Self: ...
    def le(self, other: typing.Any) -> Tensor: ...
    def le_(self, other: typing.Any) -> typing.Self: ...
    def lerp(self, end: Tensor, weight: typing.Any) -> Tensor: ...
    def lerp_(self, end: Tensor, weight: typing.Any) -> typing.Self: ...
    def lgamma(self) -> Tensor: ...
    def lgamma_(self) -> typing.Self: ...
    def log(self) -> Tensor: ...
    def log10(self) -> Tensor: ...
    def log10_(self) -> typing.Self: ...
    def log1p(self) -> Tensor: ...
    def log1p_(self) -> typing.Self: ...
    def log2(self) -> Tensor: ...
    def log2_(self) -> typing.Self: ...
    def log_(self) -> typing.Self: ...
    def log_normal_(
        self,
        mean: typing.SupportsFloat | typing.SupportsIndex = 1.0,
        std: typing.SupportsFloat | typing.SupportsIndex = 2.0,
        *,
        generator: Generator | None = None,
    ) -> typing.Self: ...
    def logaddexp(self, other: typing.Any) -> Tensor: ...
    def logaddexp2(self, other: typing.Any) -> Tensor: ...
    def logcumsumexp(self, dim: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
    def logical_and(self, other: typing.Any) -> Tensor: ...
    def logical_and_(self, other: typing.Any) -> typing.Self: ...
    def logical_not(self) -> Tensor: ...
    def logical_not_(self) -> typing.Self: ...
    def logical_or(self, other: typing.Any) -> Tensor: ...
    def logical_or_(self, other: typing.Any) -> typing.Self: ...
    def logical_xor(self, other: typing.Any) -> Tensor: ...
    def logical_xor_(self, other: typing.Any) -> typing.Self: ...
    def logit(self, eps: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor: ...
    def logit_(
        self, eps: typing.SupportsFloat | typing.SupportsIndex | None = None
    ) -> typing.Self: ...
    def logsumexp(
        self,
        dim: collections.abc.Sequence[builtins.int] | builtins.int,
        keepdim: builtins.bool = False,
    ) -> Tensor: ...
    def long(self) -> typing.Any: ...
    def lt(self, other: typing.Any) -> Tensor: ...
    def lt_(self, other: typing.Any) -> typing.Self: ...
    def map2_(
        self,
        x: typing.Any,
        y: typing.Any,
        callable: collections.abc.Callable[[typing.Any, typing.Any, typing.Any], typing.Any],
    ) -> typing.Self:
        """Every element replaced by a function of three.  Source: torch.Tensor.map2_"""

    def map_(
        self,
        tensor: typing.Any,
        callable: collections.abc.Callable[[typing.Any, typing.Any], typing.Any],
    ) -> typing.Self:
        """Every element replaced by a function of it and of `tensor`'s.  Source: torch.Tensor.map_"""

    def masked_fill(self, mask: Tensor, value: typing.Any) -> Tensor: ...
    def masked_fill_(self, mask: Tensor, value: typing.Any) -> typing.Self: ...
    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor: ...
    def masked_scatter_(self, mask: Tensor, source: Tensor) -> typing.Self: ...
    def masked_select(self, mask: Tensor) -> Tensor: ...
    def matmul(self, other: Tensor) -> Tensor: ...
    @typing.overload
    def max(self) -> Tensor: ...
    @typing.overload
    def max(self, other: Tensor) -> Tensor: ...
    @typing.overload
    def max(
        self, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: builtins.bool = False
    ) -> typing.Any: ...
    def maximum(self, other: typing.Any) -> Tensor: ...
    def mean(
        self,
        dim: typing.Any = None,
        keepdim: builtins.bool = False,
        *,
        dtype: _dtype.dtype | None = None,
    ) -> Tensor: ...
    @typing.overload
    def median(self) -> Tensor: ...
    @typing.overload
    def median(
        self, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: builtins.bool = False
    ) -> typing.Any: ...
    @typing.overload
    def min(self) -> Tensor: ...
    @typing.overload
    def min(self, other: Tensor) -> Tensor: ...
    @typing.overload
    def min(
        self, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: builtins.bool = False
    ) -> typing.Any: ...
    def minimum(self, other: typing.Any) -> Tensor: ...
    def mm(self, mat2: Tensor) -> Tensor: ...
    def mode(
        self, dim: typing.SupportsInt | typing.SupportsIndex = -1, keepdim: builtins.bool = False
    ) -> typing.Any: ...
    def msort(self) -> Tensor: ...
    def mul(self, other: typing.Any) -> Tensor: ...
    def mul_(self, other: typing.Any) -> typing.Self: ...
    def multinomial(
        self,
        num_samples: typing.SupportsInt | typing.SupportsIndex,
        replacement: builtins.bool = False,
        *,
        generator: Generator | None = None,
    ) -> Tensor: ...
    def mvlgamma_(self, p: builtins.int) -> typing.Self:
        """`mvlgamma` in place.  Source: torch.Tensor.mvlgamma_"""

    def nan_to_num(
        self,
        nan: typing.SupportsFloat | typing.SupportsIndex | None = None,
        posinf: typing.SupportsFloat | typing.SupportsIndex | None = None,
        neginf: typing.SupportsFloat | typing.SupportsIndex | None = None,
    ) -> Tensor: ...
    def nan_to_num_(
        self,
        nan: typing.SupportsFloat | typing.SupportsIndex | None = None,
        posinf: typing.SupportsFloat | typing.SupportsIndex | None = None,
        neginf: typing.SupportsFloat | typing.SupportsIndex | None = None,
    ) -> typing.Self: ...
    @typing.overload
    def nanmedian(self) -> Tensor: ...
    @typing.overload
    def nanmedian(
        self, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: builtins.bool = False
    ) -> typing.Any: ...
    def narrow(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        start: typing.SupportsInt | typing.SupportsIndex,
        length: typing.SupportsInt | typing.SupportsIndex,
    ) -> Tensor: ...
    def ndimension(self) -> builtins.int: ...
    def ne(self, other: typing.Any) -> Tensor: ...
    def ne_(self, other: typing.Any) -> typing.Self: ...
    def neg(self) -> Tensor: ...
    def neg_(self) -> typing.Self: ...
    def nelement(self) -> builtins.int: ...
    def new(self, *args: typing.Any, device: typing.Any = None) -> typing.Any:
        """The old constructor, in this tensor's dtype.  Source: torch.Tensor.new"""

    def new_empty(
        self, *args: typing.Any, dtype: typing.Any = None, **options: typing.Any
    ) -> typing.Any:
        """Uninitialised memory, in this tensor's dtype.  Source: torch.Tensor.new_empty"""

    def new_empty_strided(
        self, *args: typing.Any, dtype: typing.Any = None, **options: typing.Any
    ) -> typing.Any:
        """Uninitialised memory with given strides, in this tensor's dtype.  Source: torch.Tensor.new_empty_strided"""

    def new_full(
        self, *args: typing.Any, dtype: typing.Any = None, **options: typing.Any
    ) -> typing.Any:
        """A value everywhere, in this tensor's dtype.  Source: torch.Tensor.new_full"""

    def new_ones(
        self, *args: typing.Any, dtype: typing.Any = None, **options: typing.Any
    ) -> typing.Any:
        """Ones of a shape, in this tensor's dtype.  Source: torch.Tensor.new_ones"""

    def new_tensor(
        self,
        data: typing.Any,
        *,
        dtype: typing.Any = None,
        device: typing.Any = None,
        requires_grad: builtins.bool = False,
        layout: typing.Any = None,
        pin_memory: builtins.bool = False,
    ) -> typing.Any:
        """A copy of `data` in this tensor's dtype.  Source: torch.Tensor.new_tensor"""

    def new_zeros(
        self, *args: typing.Any, dtype: typing.Any = None, **options: typing.Any
    ) -> typing.Any:
        """Zeros of a shape, in this tensor's dtype.  Source: torch.Tensor.new_zeros"""

    def nextafter(self, other: typing.Any) -> Tensor: ...
    def nextafter_(self, other: typing.Any) -> typing.Self: ...
    def nonzero(self, *, as_tuple: builtins.bool = False) -> typing.Any: ...
    def norm(
        self,
        p: typing.Any = "fro",
        dim: typing.Any = None,
        keepdim: builtins.bool = False,
        dtype: typing.Any = None,
    ) -> typing.Any:
        """The norm of order p over dims, of all elements without dim.  Source: torch.Tensor.norm"""

    def normal_(
        self,
        mean: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        std: typing.SupportsFloat | typing.SupportsIndex = 1.0,
        *,
        generator: Generator | None = None,
    ) -> typing.Self: ...
    def numel(self) -> builtins.int: ...
    def numpy(self, *, force: builtins.bool = False) -> np.ndarray[typing.Any, typing.Any]:
        """A numpy array that shares this tensor's memory.  `force` detaches first.

        Raises RuntimeError for a tensor that requires grad.  Source: torch.Tensor.numpy
        """

    def permute(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor: ...
    def pin_memory(self, device: typing.Any = None) -> typing.Any:
        """Raises: there is no accelerator to pin memory for.  Source: torch.Tensor.pin_memory"""

    def polygamma(self, n: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
    def polygamma_(self, n: typing.SupportsInt | typing.SupportsIndex) -> typing.Self: ...
    def pow(self, other: typing.Any) -> Tensor: ...
    def pow_(self, other: typing.Any) -> typing.Self: ...
    @typing.overload
    def prod(self, *, dtype: _dtype.dtype | None = None) -> Tensor: ...
    @typing.overload
    def prod(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        keepdim: builtins.bool = False,
        *,
        dtype: _dtype.dtype | None = None,
    ) -> Tensor: ...
    def put(self, index: Tensor, source: Tensor, accumulate: builtins.bool = False) -> Tensor: ...
    def put_(
        self, index: Tensor, source: Tensor, accumulate: builtins.bool = False
    ) -> typing.Self: ...
    def rad2deg(self) -> Tensor: ...
    def rad2deg_(self) -> typing.Self: ...
    @typing.overload
    def random_(self, *, generator: Generator | None = None) -> typing.Self: ...
    @typing.overload
    def random_(
        self, to: typing.SupportsInt | typing.SupportsIndex, *, generator: Generator | None = None
    ) -> typing.Self: ...
    @typing.overload
    def random_(
        self,
        from_: typing.SupportsInt | typing.SupportsIndex,
        to: typing.SupportsInt | typing.SupportsIndex | None,
        *,
        generator: Generator | None = None,
    ) -> typing.Self: ...
    def reciprocal(self) -> Tensor: ...
    def reciprocal_(self) -> typing.Self: ...
    def register_hook(self, hook: typing.Any) -> typing.Any: ...
    def relu_(self) -> typing.Self: ...
    def remainder(self, other: typing.Any) -> Tensor: ...
    def remainder_(self, other: typing.Any) -> typing.Self: ...
    def renorm_(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> typing.Self:
        """`renorm`, in place.  Source: torch.Tensor.renorm_"""

    def repeat(self, *args: typing.Any) -> Tensor: ...
    def requires_grad_(self, requires_grad: builtins.bool = True) -> typing.Self: ...
    def reshape(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor: ...
    def reshape_as(self, other: Tensor) -> Tensor: ...
    def resize(self, *sizes: typing.Any) -> typing.Any:
        """The same elements in another shape.  Source: torch.Tensor.resize"""

    def resize_(self, *sizes: typing.Any, memory_format: typing.Any = None) -> typing.Self:
        """Another shape of this tensor; elements that come with it are uninitialised.

        Source: torch.Tensor.resize_
        """

    def resize_as(self, tensor: typing.Any) -> typing.Any:
        """The same elements in the shape of `tensor`.  Source: torch.Tensor.resize_as"""

    def resize_as_(
        self, the_template: typing.Any, *, memory_format: typing.Any = None
    ) -> typing.Self:
        """resize_ to the template's shape.  Source: torch.Tensor.resize_as_"""

    def retain_grad(self) -> None: ...
    def roll(
        self,
        shifts: collections.abc.Sequence[builtins.int] | builtins.int,
        dims: collections.abc.Sequence[builtins.int] | builtins.int | None = None,
    ) -> Tensor: ...
    @typing.overload
    def round(self) -> Tensor: ...
    @typing.overload
    def round(self, *, decimals: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
    @typing.overload
    def round_(self) -> typing.Self: ...
    @typing.overload
    def round_(self, *, decimals: typing.SupportsInt | typing.SupportsIndex) -> typing.Self: ...
    def rsqrt(self) -> Tensor: ...
    def rsqrt_(self) -> typing.Self: ...
    @typing.overload
    def scatter(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        src: Tensor,
        *,
        reduce: str | None = None,
    ) -> Tensor: ...
    @typing.overload
    def scatter(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        value: builtins.float | builtins.int | builtins.bool,
        *,
        reduce: str | None = None,
    ) -> Tensor: ...
    @typing.overload
    def scatter_(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        src: Tensor,
        *,
        reduce: str | None = None,
    ) -> typing.Self: ...
    @typing.overload
    def scatter_(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        value: builtins.float | builtins.int | builtins.bool,
        *,
        reduce: str | None = None,
    ) -> typing.Self: ...
    def scatter_add(
        self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, src: Tensor
    ) -> Tensor: ...
    def scatter_add_(
        self, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, src: Tensor
    ) -> typing.Self: ...
    def scatter_reduce(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        src: Tensor,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> Tensor: ...
    def scatter_reduce_(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: Tensor,
        src: Tensor,
        reduce: str,
        *,
        include_self: builtins.bool = True,
    ) -> typing.Self: ...
    def select(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex,
        index: typing.SupportsInt | typing.SupportsIndex,
    ) -> Tensor: ...
    def set_(
        self,
        source: typing.Any = None,
        storage_offset: builtins.int = 0,
        size: typing.Any = None,
        stride: typing.Any = None,
    ) -> typing.Self:
        """Makes this tensor show `source`, a tensor or a storage.  Source: torch.Tensor.set_"""

    def short(self) -> typing.Any: ...
    def sigmoid_(self) -> typing.Self: ...
    def sign(self) -> Tensor: ...
    def sign_(self) -> typing.Self: ...
    def signbit(self) -> Tensor: ...
    def sin(self) -> Tensor: ...
    def sin_(self) -> typing.Self: ...
    def sinc(self) -> Tensor: ...
    def sinc_(self) -> typing.Self: ...
    def sinh(self) -> Tensor: ...
    def sinh_(self) -> typing.Self: ...
    def size(self, dim: typing.SupportsInt | typing.SupportsIndex | None = None) -> typing.Any: ...
    def sort(
        self,
        dim: typing.SupportsInt | typing.SupportsIndex = -1,
        descending: builtins.bool = False,
        *,
        stable: builtins.bool | None = None,
    ) -> typing.Any: ...
    def split(
        self, split_size_or_sections: typing.Any, dim: typing.SupportsInt | typing.SupportsIndex = 0
    ) -> tuple: ...
    def split_with_sizes(
        self, split_sizes: typing.Any, dim: typing.SupportsInt | typing.SupportsIndex = 0
    ) -> tuple: ...
    def sqrt(self) -> Tensor: ...
    def sqrt_(self) -> typing.Self: ...
    def square(self) -> Tensor: ...
    def square_(self) -> typing.Self: ...
    def squeeze(
        self, dim: collections.abc.Sequence[builtins.int] | builtins.int | None = None
    ) -> Tensor: ...
    def squeeze_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """`squeeze`, in place.  Source: torch.Tensor.squeeze_"""

    def std(
        self,
        dim: typing.Any = None,
        unbiased: typing.Any = None,
        keepdim: builtins.bool = False,
        *,
        correction: typing.SupportsFloat | typing.SupportsIndex | None = None,
    ) -> Tensor: ...
    def storage(self) -> TypedStorage:
        """The elements behind this tensor.  Source: torch.Tensor.storage"""

    def storage_offset(self) -> builtins.int: ...
    def stride(
        self, dim: typing.SupportsInt | typing.SupportsIndex | None = None
    ) -> typing.Any: ...
    def sub(
        self,
        other: typing.Any,
        *,
        alpha: builtins.float | builtins.int | builtins.bool | None = None,
    ) -> Tensor: ...
    def sub_(
        self,
        other: typing.Any,
        *,
        alpha: builtins.float | builtins.int | builtins.bool | None = None,
    ) -> typing.Self: ...
    def sum(
        self,
        dim: typing.Any = None,
        keepdim: builtins.bool = False,
        *,
        dtype: _dtype.dtype | None = None,
    ) -> Tensor: ...
    def sum_to_size(self, *size: typing.Any) -> typing.Any:
        """Summed over what broadcasting from `size` had stretched.  Source: torch.Tensor.sum_to_size"""

    def swapaxes(
        self,
        dim0: typing.SupportsInt | typing.SupportsIndex,
        dim1: typing.SupportsInt | typing.SupportsIndex,
    ) -> Tensor: ...
    def swapaxes_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """`swapaxes`, in place.  Source: torch.Tensor.swapaxes_"""

    def swapdims(
        self,
        dim0: typing.SupportsInt | typing.SupportsIndex,
        dim1: typing.SupportsInt | typing.SupportsIndex,
    ) -> Tensor: ...
    def swapdims_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """`swapdims`, in place.  Source: torch.Tensor.swapdims_"""

    def t(self) -> Tensor: ...
    def t_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """`t`, in place.  Source: torch.Tensor.t_"""

    def take(self, index: Tensor) -> Tensor: ...
    def tan(self) -> Tensor: ...
    def tan_(self) -> typing.Self: ...
    def tanh_(self) -> typing.Self: ...
    def tile(self, *args: typing.Any) -> Tensor: ...
    def to(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any: ...
    def to_dense(
        self, dtype: typing.Any = None, *, masked_grad: builtins.bool | None = None
    ) -> typing.Any:
        """This tensor, which is dense already.  Source: torch.Tensor.to_dense"""

    def to_sparse(
        self, sparse_dim: builtins.int | None = None, *, layout: typing.Any = None
    ) -> typing.Any:
        """The coordinates and values of what is not 0.  Source: torch.Tensor.to_sparse

        Raises NotImplementedError for dense dims and for layouts other than sparse_coo.
        """

    def tolist(self) -> typing.Any: ...
    def topk(
        self,
        k: typing.SupportsInt | typing.SupportsIndex,
        dim: typing.SupportsInt | typing.SupportsIndex = -1,
        largest: builtins.bool = True,
        sorted: builtins.bool = True,
    ) -> typing.Any: ...
    def trace(self) -> Tensor: ...
    def transpose(
        self,
        dim0: typing.SupportsInt | typing.SupportsIndex,
        dim1: typing.SupportsInt | typing.SupportsIndex,
    ) -> Tensor: ...
    def transpose_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """`transpose`, in place.  Source: torch.Tensor.transpose_"""

    def tril(self, diagonal: typing.SupportsInt | typing.SupportsIndex = 0) -> Tensor: ...
    def tril_(self, diagonal: typing.SupportsInt | typing.SupportsIndex = 0) -> typing.Self: ...
    def triu(self, diagonal: typing.SupportsInt | typing.SupportsIndex = 0) -> Tensor: ...
    def triu_(self, diagonal: typing.SupportsInt | typing.SupportsIndex = 0) -> typing.Self: ...
    def trunc(self) -> Tensor: ...
    def trunc_(self) -> typing.Self: ...
    def type(self, dtype: typing.Any = None, non_blocking: builtins.bool = False) -> typing.Any:
        """The name of the tensor's type, or the tensor as `dtype`.  Source: torch.Tensor.type"""

    def type_as(self, other: Tensor) -> Tensor: ...
    def unbind(self, dim: typing.SupportsInt | typing.SupportsIndex = 0) -> tuple: ...
    def unfold(
        self,
        dimension: typing.SupportsInt | typing.SupportsIndex,
        size: typing.SupportsInt | typing.SupportsIndex,
        step: typing.SupportsInt | typing.SupportsIndex,
    ) -> Tensor: ...
    def uniform_(
        self,
        from_: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        to: typing.SupportsFloat | typing.SupportsIndex = 1.0,
        *,
        generator: Generator | None = None,
    ) -> typing.Self: ...
    def unsqueeze(self, dim: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
    def unsqueeze_(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Self:
        """`unsqueeze`, in place.  Source: torch.Tensor.unsqueeze_"""

    def untyped_storage(self) -> UntypedStorage:
        """The bytes behind this tensor.  Source: torch.Tensor.untyped_storage"""

    def var(
        self,
        dim: typing.Any = None,
        unbiased: typing.Any = None,
        keepdim: builtins.bool = False,
        *,
        correction: typing.SupportsFloat | typing.SupportsIndex | None = None,
    ) -> Tensor: ...
    def view(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor: ...
    def view_as(self, other: Tensor) -> Tensor: ...
    def where(self, condition: Tensor, other: typing.Any) -> Tensor: ...
    def xlogy(self, other: typing.Any) -> Tensor: ...
    def xlogy_(self, other: typing.Any) -> typing.Self: ...
    def zero_(self) -> typing.Self: ...
    @property
    def H(self) -> Tensor: ...
    @property
    def T(self) -> Tensor: ...
    @property
    def _base(self) -> typing.Any: ...
    @property
    def _version(self) -> builtins.int: ...
    @property
    def device(self) -> _device.device: ...
    @property
    def dtype(self) -> _dtype.dtype: ...
    @property
    def grad_fn(self) -> typing.Any: ...
    @property
    def imag(self) -> typing.Any:
        """Raises RuntimeError: there are no complex tensors.  Source: torch.imag"""

    @property
    def is_leaf(self) -> builtins.bool: ...
    @property
    def itemsize(self) -> builtins.int: ...
    @property
    def mH(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    @property
    def nbytes(self) -> builtins.int: ...
    @property
    def ndim(self) -> builtins.int: ...
    @property
    def output_nr(self) -> builtins.int: ...
    @property
    def real(self) -> typing.Any:
        """`input` itself: it is real.  Source: torch.real"""

    @property
    def retains_grad(self) -> builtins.bool: ...
    @property
    def shape(self) -> typing.Any: ...
    absolute = abs
    absolute_ = abs_
    arccos = acos
    arccos_ = acos_
    arccosh = acosh
    arccosh_ = acosh_
    arcsin = asin
    arcsin_ = asin_
    arcsinh = asinh
    arcsinh_ = asinh_
    arctan = atan
    arctan2 = atan2
    arctan2_ = atan2_
    arctan_ = atan_
    arctanh = atanh
    arctanh_ = atanh_
    clip = clamp
    clip_ = clamp_
    divide = div
    divide_ = div_
    fix = trunc
    fix_ = trunc_
    greater = gt
    greater_ = gt_
    greater_equal = ge
    greater_equal_ = ge_
    less = lt
    less_ = lt_
    less_equal = le
    less_equal_ = le_
    multiply = mul
    multiply_ = mul_
    negative = neg
    negative_ = neg_
    not_equal = ne
    not_equal_ = ne_
    sgn = sign
    sgn_ = sign_
    subtract = sub
    subtract_ = sub_
    true_divide = div
    true_divide_ = div_

class Generator:
    """A stream of random numbers."""

    def __init__(self, device: typing.Any = None) -> None: ...
    def __reduce__(self) -> typing.Any: ...
    def _next64(self) -> int: ...
    def _set_state(
        self,
        arg0: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        arg1: typing.SupportsInt | typing.SupportsIndex,
        arg2: typing.SupportsInt | typing.SupportsIndex,
        arg3: typing.SupportsFloat | typing.SupportsIndex | None,
    ) -> None: ...
    def _state(self) -> tuple[list[int], int, int, float | None]: ...
    def clone_state(self) -> typing.Any:
        """A new generator that goes on as this one does.  Source: torch.Generator.clone_state"""

    def get_state(self) -> typing.Any:
        """Everything that decides what this generator draws next: a uint8 tensor.

        Source: torch.Generator.get_state
        """

    def graphsafe_get_state(self, *_: typing.Any) -> typing.Any: ...
    def graphsafe_set_state(self, *_: typing.Any) -> typing.Any: ...
    def initial_seed(self) -> int: ...
    def manual_seed(self, seed: typing.Any) -> typing.Any:
        """Restarts the stream; returns the generator."""

    def seed(self) -> int:
        """Restarts the stream where nobody can tell; returns the seed."""

    def set_state(self, new_state: typing.Any) -> typing.Any:
        """Puts the generator where `get_state` found it, PyTorch's included; returns it.

        Raises RuntimeError for anything else.  Source: torch.Generator.set_state
        """

    @property
    def device(self) -> _device.device: ...

class Node:
    """An operation of the graph: a Tensor's grad_fn."""

    def __repr__(self) -> str: ...
    def name(self) -> str: ...
    @property
    def next_functions(self) -> tuple: ...

class AccumulateGrad:
    """The end of a graph: a leaf, its .variable."""

    def __repr__(self) -> str: ...
    def name(self) -> str: ...
    @property
    def next_functions(self) -> tuple: ...
    @property
    def variable(self) -> Tensor: ...

def _adaptive_avg_pool2d(
    input: Tensor,
    rows: typing.SupportsInt | typing.SupportsIndex,
    columns: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def _adaptive_max_pool2d(
    input: Tensor,
    rows: typing.SupportsInt | typing.SupportsIndex,
    columns: typing.SupportsInt | typing.SupportsIndex,
    return_indices: bool = True,
) -> tuple: ...
def _alike(arg0: typing.Any, arg1: typing.Any) -> bool:
    """Whether both are tensors of one shape and dtype."""

def _anomaly() -> tuple[bool, bool]: ...
def _arange(
    arg0: float | int | bool, arg1: float | int | bool, arg2: float | int | bool, arg3: _dtype.dtype
) -> Tensor: ...
def _avg_pool2d(
    input: Tensor,
    kernel_size: collections.abc.Sequence[builtins.int] | builtins.int,
    stride: collections.abc.Sequence[builtins.int] | builtins.int | None = None,
    padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: typing.SupportsInt | typing.SupportsIndex = 0,
) -> Tensor: ...
def _batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: typing.SupportsFloat | typing.SupportsIndex,
    eps: typing.SupportsFloat | typing.SupportsIndex,
) -> Tensor: ...
def _become(arg0: str, arg1: typing.Any, arg2: Tensor) -> typing.Any: ...
def _block(
    x: Tensor,
    weights: collections.abc.Sequence[Tensor | None],
    heads: typing.SupportsInt | typing.SupportsIndex,
    dropout: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    angles: Tensor | None = None,
    gelu: str = "tanh",
) -> Tensor: ...
def _constant_pad(
    input: Tensor,
    lengths: collections.abc.Sequence[builtins.int] | builtins.int,
    value: float | int | bool,
) -> Tensor: ...
def _ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    target_lengths: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    blank: typing.SupportsInt | typing.SupportsIndex,
    zero_infinity: bool,
) -> Tensor: ...
def _elu(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    mode: str,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: typing.SupportsInt | typing.SupportsIndex = -1,
    scale_grad_by_freq: bool = False,
) -> Tensor: ...
def _empty(
    arg0: collections.abc.Sequence[builtins.int] | builtins.int, arg1: _dtype.dtype
) -> Tensor: ...
def _empty_as(arg0: Tensor, arg1: _dtype.dtype) -> Tensor: ...
def _eye(
    arg0: typing.SupportsInt | typing.SupportsIndex,
    arg1: typing.SupportsInt | typing.SupportsIndex,
    arg2: _dtype.dtype,
) -> Tensor: ...
def _fold(
    input: Tensor,
    shape: collections.abc.Sequence[builtins.int] | builtins.int,
    kernel_size: collections.abc.Sequence[builtins.int] | builtins.int,
    stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
) -> Tensor: ...
def _forget_gradients(params: collections.abc.Sequence) -> None: ...
def _from_dlpack(arg0: typing.Any) -> Tensor: ...
def _from_numpy(arg0: np.ndarray) -> Tensor: ...
def _full(
    arg0: collections.abc.Sequence[builtins.int] | builtins.int,
    arg1: float | int | bool,
    arg2: _dtype.dtype,
) -> Tensor: ...
def _grad(
    outputs: typing.Any,
    inputs: typing.Any,
    gradients: typing.Any,
    retain_graph: bool | None,
    create_graph: bool,
    allow_unused: bool,
) -> tuple: ...
def _hardshrink(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _hardsigmoid(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _hardswish(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _hardtanh(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _histogram(arg0: Tensor, arg1: Tensor, arg2: Tensor | None, arg3: str) -> Tensor: ...
def _huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str,
    number: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> Tensor: ...
def _is_writable(arg0: Tensor) -> bool: ...
def _kl_div(
    input: Tensor,
    target: Tensor,
    reduction: str,
    number: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> Tensor: ...
def _kl_div_log(
    input: Tensor,
    target: Tensor,
    reduction: str,
    number: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> Tensor: ...
def _l1_loss(
    input: Tensor,
    target: Tensor,
    reduction: str,
    number: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> Tensor: ...
def _leaky_relu(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _linspace(
    arg0: typing.SupportsFloat | typing.SupportsIndex,
    arg1: typing.SupportsFloat | typing.SupportsIndex,
    arg2: typing.SupportsInt | typing.SupportsIndex,
    arg3: _dtype.dtype,
) -> Tensor: ...
def _logsigmoid(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _max_pool2d(
    input: Tensor,
    kernel_size: collections.abc.Sequence[builtins.int] | builtins.int,
    stride: collections.abc.Sequence[builtins.int] | builtins.int | None = None,
    padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> tuple: ...
def _mish(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: typing.SupportsInt | typing.SupportsIndex,
    margin: typing.SupportsFloat | typing.SupportsIndex,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor: ...
def _multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor: ...
def _multiply_adds(seconds: typing.SupportsFloat | typing.SupportsIndex) -> float: ...
def _over_storage(
    arg0: Tensor,
    arg1: _dtype.dtype,
    arg2: typing.SupportsInt | typing.SupportsIndex,
    arg3: collections.abc.Sequence[builtins.int] | builtins.int,
    arg4: collections.abc.Sequence[builtins.int] | builtins.int,
) -> Tensor: ...
def _prelu(input: Tensor, weight: Tensor) -> Tensor: ...
def _rand(
    arg0: collections.abc.Sequence[builtins.int] | builtins.int,
    arg1: _dtype.dtype,
    arg2: Generator | None,
) -> Tensor: ...
def _randint(
    arg0: typing.SupportsInt | typing.SupportsIndex,
    arg1: typing.SupportsInt | typing.SupportsIndex,
    arg2: collections.abc.Sequence[builtins.int] | builtins.int,
    arg3: _dtype.dtype,
    arg4: Generator | None,
) -> Tensor: ...
def _randn(
    arg0: collections.abc.Sequence[builtins.int] | builtins.int,
    arg1: _dtype.dtype,
    arg2: Generator | None,
) -> Tensor: ...
def _randperm(
    arg0: typing.SupportsInt | typing.SupportsIndex, arg1: _dtype.dtype, arg2: Generator | None
) -> Tensor: ...
def _record_function(
    name: str,
    derivative: typing.Any,
    inputs: collections.abc.Sequence[Tensor | None],
    outputs: collections.abc.Sequence[Tensor],
    differentiable: collections.abc.Sequence[bool],
    materialize: bool,
) -> Node: ...
def _recur(
    cell: str,
    batch_sizes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    reverse: bool,
    inputs: Tensor,
    h: Tensor,
    c: Tensor | None,
    weight: Tensor,
    bias: Tensor | None = None,
    projection: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]: ...
def _resize(arg0: Tensor, arg1: collections.abc.Sequence[builtins.int] | builtins.int) -> None: ...
def _rotate(x: Tensor, table: Tensor) -> Tensor: ...
def _rrelu(
    input: Tensor,
    lower: typing.SupportsFloat | typing.SupportsIndex,
    upper: typing.SupportsFloat | typing.SupportsIndex,
    generator: Generator | None = None,
) -> Tensor: ...
def _run_backward(
    outputs: typing.Any,
    gradients: typing.Any,
    retain_graph: bool | None,
    create_graph: bool,
    inputs: typing.Any,
) -> None: ...
def _sample_dirichlet(input: Tensor, generator: Generator | None = None) -> Tensor: ...
def _scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    is_causal: bool = False,
    scale: typing.SupportsFloat | typing.SupportsIndex | None = None,
    enable_gqa: bool = False,
) -> Tensor: ...
def _searchsorted(arg0: Tensor, arg1: Tensor, arg2: bool, arg3: Tensor | None) -> Tensor: ...
def _set(arg0: Tensor, arg1: Tensor) -> None: ...
def _set_anomaly(arg0: bool, arg1: bool) -> None: ...
def _set_default_dtype(arg0: _dtype.dtype) -> None: ...
def _set_grad_enabled(arg0: bool) -> bool: ...
def _silu(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    reduction: str,
    number: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> Tensor: ...
def _soft_margin_loss(
    input: Tensor,
    target: Tensor,
    reduction: str,
    number: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> Tensor: ...
def _softplus(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _softshrink(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _softsign(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _special_bessel_j0(input: Tensor) -> Tensor: ...
def _special_bessel_j1(input: Tensor) -> Tensor: ...
def _special_bessel_y0(input: Tensor) -> Tensor: ...
def _special_bessel_y1(input: Tensor) -> Tensor: ...
def _special_entr(input: Tensor) -> Tensor: ...
def _special_erfcx(input: Tensor) -> Tensor: ...
def _special_gammainc(input: typing.Any, other: typing.Any) -> Tensor: ...
def _special_gammaincc(input: typing.Any, other: typing.Any) -> Tensor: ...
def _special_i0e(input: Tensor) -> Tensor: ...
def _special_i1(input: Tensor) -> Tensor: ...
def _special_i1e(input: Tensor) -> Tensor: ...
def _special_log_ndtr(input: Tensor) -> Tensor: ...
def _special_ndtr(input: Tensor) -> Tensor: ...
def _special_ndtri(input: Tensor) -> Tensor: ...
def _special_xlog1py(input: typing.Any, other: typing.Any) -> Tensor: ...
def _special_zeta(input: typing.Any, other: typing.Any) -> Tensor: ...
def _standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor: ...
def _storage(arg0: Tensor) -> Tensor: ...
def _storage_address(arg0: Tensor) -> int: ...
def _storage_id(arg0: Tensor) -> int: ...
def _swiglu(gate: Tensor, up: Tensor) -> Tensor: ...
def _tanhshrink(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _threshold(
    input: Tensor,
    a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    b: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    c: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    inplace: bool = False,
) -> Tensor: ...
def _to_dlpack(arg0: Tensor, arg1: bool, arg2: bool) -> typing.Any: ...
def _to_numpy(arg0: Tensor) -> np.ndarray: ...
def _triad(
    bytes: typing.SupportsInt | typing.SupportsIndex,
    seconds: typing.SupportsFloat | typing.SupportsIndex,
) -> float: ...
def _tril_indices(
    row: typing.SupportsInt | typing.SupportsIndex,
    col: typing.SupportsInt | typing.SupportsIndex,
    offset: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def _triu_indices(
    row: typing.SupportsInt | typing.SupportsIndex,
    col: typing.SupportsInt | typing.SupportsIndex,
    offset: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def _unfold(
    input: Tensor,
    kernel_size: collections.abc.Sequence[builtins.int] | builtins.int,
    stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
) -> Tensor: ...
def _unique(
    arg0: Tensor, arg1: typing.SupportsInt | typing.SupportsIndex | None, arg2: bool
) -> tuple[Tensor, Tensor, Tensor]: ...
def _whole_storage(arg0: Tensor) -> Tensor: ...
def _with_gradients(params: collections.abc.Sequence) -> tuple: ...
def _write_out(operation: str, result: typing.Any, out: typing.Any) -> typing.Any: ...
def abs(input: Tensor) -> Tensor: ...
def abs_(self: typing.Any) -> typing.Any: ...
def acos(input: Tensor) -> Tensor: ...
def acos_(self: typing.Any) -> typing.Any: ...
def acosh(input: Tensor) -> Tensor: ...
def acosh_(self: typing.Any) -> typing.Any: ...
def add(
    input: typing.Any, other: typing.Any, *, alpha: float | int | bool | None = None
) -> Tensor: ...
def addcdiv(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float | int | bool = 1
) -> Tensor: ...
def addcmul(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float | int | bool = 1
) -> Tensor: ...
def adjoint(input: Tensor) -> Tensor: ...
def all(input: Tensor, dim: typing.Any = None, keepdim: bool = False) -> Tensor: ...
def amax(input: Tensor, dim: typing.Any = None, keepdim: bool = False) -> Tensor: ...
def amin(input: Tensor, dim: typing.Any = None, keepdim: bool = False) -> Tensor: ...
def angle(input: Tensor) -> Tensor: ...
def any(input: Tensor, dim: typing.Any = None, keepdim: bool = False) -> Tensor: ...
def argmax(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex | None = None,
    keepdim: bool = False,
) -> Tensor: ...
def argmin(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex | None = None,
    keepdim: bool = False,
) -> Tensor: ...
def argsort(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex = -1,
    descending: bool = False,
    *,
    stable: bool | None = None,
) -> Tensor: ...
def argwhere(input: Tensor) -> Tensor: ...
def as_strided(
    input: Tensor,
    size: collections.abc.Sequence[builtins.int] | builtins.int,
    stride: collections.abc.Sequence[builtins.int] | builtins.int,
    storage_offset: typing.SupportsInt | typing.SupportsIndex = 0,
) -> Tensor: ...
def asin(input: Tensor) -> Tensor: ...
def asin_(self: typing.Any) -> typing.Any: ...
def asinh(input: Tensor) -> Tensor: ...
def asinh_(self: typing.Any) -> typing.Any: ...
def atan(input: Tensor) -> Tensor: ...
def atan2(input: typing.Any, other: typing.Any) -> Tensor: ...
def atan_(self: typing.Any) -> typing.Any: ...
def atanh(input: Tensor) -> Tensor: ...
def atanh_(self: typing.Any) -> typing.Any: ...
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor: ...
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor: ...
def bincount(
    input: Tensor,
    weights: Tensor | None = None,
    minlength: typing.SupportsInt | typing.SupportsIndex = 0,
) -> Tensor: ...
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor: ...
def bitwise_and(input: typing.Any, other: typing.Any) -> Tensor: ...
def bitwise_left_shift(input: typing.Any, other: typing.Any) -> Tensor: ...
def bitwise_not(input: Tensor) -> Tensor: ...
def bitwise_or(input: typing.Any, other: typing.Any) -> Tensor: ...
def bitwise_right_shift(input: typing.Any, other: typing.Any) -> Tensor: ...
def bitwise_xor(input: typing.Any, other: typing.Any) -> Tensor: ...
def bmm(input: Tensor, mat2: Tensor) -> Tensor: ...
def broadcast_to(
    input: Tensor, size: collections.abc.Sequence[builtins.int] | builtins.int
) -> Tensor: ...
def build_info() -> dict:
    """How this extension was compiled, and the units in it."""

def cat(tensors: typing.Any, dim: typing.SupportsInt | typing.SupportsIndex = 0) -> Tensor: ...
def ceil(input: Tensor) -> Tensor: ...
def ceil_(self: typing.Any) -> typing.Any: ...
def chunk(
    input: Tensor,
    chunks: typing.SupportsInt | typing.SupportsIndex,
    dim: typing.SupportsInt | typing.SupportsIndex = 0,
) -> tuple: ...
@typing.overload
def clamp(
    input: Tensor, min: float | int | bool | None = None, max: float | int | bool | None = None
) -> Tensor: ...
@typing.overload
def clamp(input: Tensor, min: Tensor | None = None, max: Tensor | None = None) -> Tensor: ...
@typing.overload
def clamp_(
    self: typing.Any, min: float | int | bool | None = None, max: float | int | bool | None = None
) -> typing.Any: ...
@typing.overload
def clamp_(
    self: typing.Any, min: Tensor | None = None, max: Tensor | None = None
) -> typing.Any: ...
@typing.overload
def clamp_max(input: Tensor, max: float | int | bool) -> Tensor: ...
@typing.overload
def clamp_max(input: Tensor, max: Tensor) -> Tensor: ...
@typing.overload
def clamp_max_(self: typing.Any, max: float | int | bool) -> typing.Any: ...
@typing.overload
def clamp_max_(self: typing.Any, max: Tensor) -> typing.Any: ...
@typing.overload
def clamp_min(input: Tensor, min: float | int | bool) -> Tensor: ...
@typing.overload
def clamp_min(input: Tensor, min: Tensor) -> Tensor: ...
@typing.overload
def clamp_min_(self: typing.Any, min: float | int | bool) -> typing.Any: ...
@typing.overload
def clamp_min_(self: typing.Any, min: Tensor) -> typing.Any: ...
def clone(input: Tensor, memory_format: typing.Any = None) -> typing.Any: ...
def concat(tensors: typing.Any, dim: typing.SupportsInt | typing.SupportsIndex = 0) -> Tensor: ...
def concatenate(
    tensors: typing.Any, dim: typing.SupportsInt | typing.SupportsIndex = 0
) -> Tensor: ...
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    padding: str | (collections.abc.Sequence[builtins.int] | builtins.int) = ...,
    dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    groups: typing.SupportsInt | typing.SupportsIndex = 1,
) -> Tensor: ...
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    padding: str | (collections.abc.Sequence[builtins.int] | builtins.int) = ...,
    dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    groups: typing.SupportsInt | typing.SupportsIndex = 1,
) -> Tensor: ...
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    output_padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    groups: typing.SupportsInt | typing.SupportsIndex = 1,
    dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
) -> Tensor: ...
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    output_padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    groups: typing.SupportsInt | typing.SupportsIndex = 1,
    dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
) -> Tensor: ...
def copysign(input: typing.Any, other: typing.Any) -> Tensor: ...
def cos(input: Tensor) -> Tensor: ...
def cos_(self: typing.Any) -> typing.Any: ...
def cosh(input: Tensor) -> Tensor: ...
def cosh_(self: typing.Any) -> typing.Any: ...
def count_task(task: str) -> None:
    """Count a call of a task that is written in Python."""

def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: typing.SupportsInt | typing.SupportsIndex = -100,
    reduction: str = "mean",
    label_smoothing: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> Tensor: ...
def cummax(input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex) -> typing.Any: ...
def cummin(input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex) -> typing.Any: ...
def cumprod(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    *,
    dtype: _dtype.dtype | None = None,
) -> Tensor: ...
def cumsum(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    *,
    dtype: _dtype.dtype | None = None,
) -> Tensor: ...
def deg2rad(input: Tensor) -> Tensor: ...
def deg2rad_(self: typing.Any) -> typing.Any: ...
def diag_embed(
    input: Tensor,
    offset: typing.SupportsInt | typing.SupportsIndex = 0,
    dim1: typing.SupportsInt | typing.SupportsIndex = -2,
    dim2: typing.SupportsInt | typing.SupportsIndex = -1,
) -> Tensor: ...
def diagonal(
    input: Tensor,
    offset: typing.SupportsInt | typing.SupportsIndex = 0,
    dim1: typing.SupportsInt | typing.SupportsIndex = 0,
    dim2: typing.SupportsInt | typing.SupportsIndex = 1,
) -> Tensor: ...
def digamma(input: Tensor) -> Tensor: ...
def div(input: typing.Any, other: typing.Any, *, rounding_mode: str | None = None) -> Tensor: ...
def dot(input: Tensor, tensor: Tensor) -> Tensor: ...
def dropout(
    input: Tensor,
    p: typing.SupportsFloat | typing.SupportsIndex = 0.5,
    training: bool = True,
    generator: Generator | None = None,
) -> Tensor: ...
def embedding(
    weight: Tensor,
    indices: Tensor,
    padding_idx: typing.SupportsInt | typing.SupportsIndex = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor: ...
def embedding_renorm_(
    weight: Tensor,
    indices: Tensor,
    max_norm: typing.SupportsFloat | typing.SupportsIndex,
    norm_type: typing.SupportsFloat | typing.SupportsIndex,
) -> Tensor: ...
def empty_cache() -> None:
    """Return every cached block of memory to the system."""

def eq(input: typing.Any, other: typing.Any) -> Tensor: ...
def erf(input: Tensor) -> Tensor: ...
def erf_(self: typing.Any) -> typing.Any: ...
def erfc(input: Tensor) -> Tensor: ...
def erfc_(self: typing.Any) -> typing.Any: ...
def erfinv(input: Tensor) -> Tensor: ...
def exp(input: Tensor) -> Tensor: ...
def exp2(input: Tensor) -> Tensor: ...
def exp2_(self: typing.Any) -> typing.Any: ...
def exp_(self: typing.Any) -> typing.Any: ...
def expm1(input: Tensor) -> Tensor: ...
def expm1_(self: typing.Any) -> typing.Any: ...
def fill_(self: typing.Any, value: typing.Any) -> typing.Any: ...
def flatten(
    input: Tensor,
    start_dim: typing.SupportsInt | typing.SupportsIndex = 0,
    end_dim: typing.SupportsInt | typing.SupportsIndex = -1,
) -> Tensor: ...
def flip(input: Tensor, dims: collections.abc.Sequence[builtins.int] | builtins.int) -> Tensor: ...
def float_power(input: typing.Any, other: typing.Any) -> Tensor: ...
def floor(input: Tensor) -> Tensor: ...
def floor_(self: typing.Any) -> typing.Any: ...
def floor_divide(input: typing.Any, other: typing.Any) -> Tensor: ...
def fmax(input: typing.Any, other: typing.Any) -> Tensor: ...
def fmin(input: typing.Any, other: typing.Any) -> Tensor: ...
def fmod(input: typing.Any, other: typing.Any) -> Tensor: ...
def frac(input: Tensor) -> Tensor: ...
def frac_(self: typing.Any) -> typing.Any: ...
def gather(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor
) -> Tensor: ...
def gcd(input: typing.Any, other: typing.Any) -> Tensor: ...
def gcd_(self: typing.Any, other: typing.Any) -> typing.Any: ...
def ge(input: typing.Any, other: typing.Any) -> Tensor: ...
def gelu(input: Tensor, approximate: str = "none") -> Tensor: ...
def get_default_dtype() -> _dtype.dtype:
    """The dtype of floats that nobody gave one."""

def get_num_threads() -> int:
    """Threads that a parallel loop may use."""

def gt(input: typing.Any, other: typing.Any) -> Tensor: ...
def heaviside(input: typing.Any, values: typing.Any) -> Tensor: ...
def hypot(input: typing.Any, other: typing.Any) -> Tensor: ...
def i0(input: Tensor) -> Tensor: ...
def i0_(self: typing.Any) -> typing.Any: ...
def index_add(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    index: Tensor,
    source: Tensor,
    *,
    alpha: float | int | bool = 1,
) -> Tensor: ...
def index_copy(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, source: Tensor
) -> Tensor: ...
def index_fill(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, value: typing.Any
) -> Tensor: ...
def index_put(
    input: Tensor, indices: typing.Any, values: Tensor, accumulate: bool = False
) -> Tensor: ...
def index_put_(
    self: typing.Any, indices: typing.Any, values: Tensor, accumulate: bool = False
) -> typing.Any: ...
def index_select(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor
) -> Tensor: ...
def is_grad_enabled() -> bool:
    """Whether operations on this thread are recorded."""

def isfinite(input: Tensor) -> Tensor: ...
def isin(
    elements: typing.Any,
    test_elements: typing.Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Tensor: ...
def isinf(input: Tensor) -> Tensor: ...
def isnan(input: Tensor) -> Tensor: ...
def isneginf(input: Tensor) -> Tensor: ...
def isposinf(input: Tensor) -> Tensor: ...
def isreal(input: Tensor) -> Tensor: ...
def kernel_table() -> dict:
    """Every kernel by name, and whether it has an accelerated twin."""

def kernels_accelerated() -> bool:
    """Whether the accelerated kernel set is on."""

def kthvalue(
    input: Tensor,
    k: typing.SupportsInt | typing.SupportsIndex,
    dim: typing.SupportsInt | typing.SupportsIndex = -1,
    keepdim: bool = False,
) -> typing.Any: ...
def layer_norm(
    input: Tensor,
    normalized_shape: collections.abc.Sequence[builtins.int] | builtins.int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05,
    cudnn_enable: bool = True,
) -> Tensor: ...
def lcm(input: typing.Any, other: typing.Any) -> Tensor: ...
def lcm_(self: typing.Any, other: typing.Any) -> typing.Any: ...
def ldexp(input: typing.Any, other: typing.Any) -> Tensor: ...
def ldexp_(self: typing.Any, other: typing.Any) -> typing.Any: ...
def le(input: typing.Any, other: typing.Any) -> Tensor: ...
def lerp(input: Tensor, end: Tensor, weight: typing.Any) -> Tensor: ...
def lgamma(input: Tensor) -> Tensor: ...
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor: ...
def log(input: Tensor) -> Tensor: ...
def log10(input: Tensor) -> Tensor: ...
def log10_(self: typing.Any) -> typing.Any: ...
def log1p(input: Tensor) -> Tensor: ...
def log1p_(self: typing.Any) -> typing.Any: ...
def log2(input: Tensor) -> Tensor: ...
def log2_(self: typing.Any) -> typing.Any: ...
def log_(self: typing.Any) -> typing.Any: ...
def log_softmax(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, dtype: _dtype.dtype | None = None
) -> Tensor: ...
def logaddexp(input: typing.Any, other: typing.Any) -> Tensor: ...
def logaddexp2(input: typing.Any, other: typing.Any) -> Tensor: ...
def logcumsumexp(input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
def logical_and(input: typing.Any, other: typing.Any) -> Tensor: ...
def logical_not(input: Tensor) -> Tensor: ...
def logical_or(input: typing.Any, other: typing.Any) -> Tensor: ...
def logical_xor(input: typing.Any, other: typing.Any) -> Tensor: ...
def logit(
    input: Tensor, eps: typing.SupportsFloat | typing.SupportsIndex | None = None
) -> Tensor: ...
def logit_(
    self: typing.Any, eps: typing.SupportsFloat | typing.SupportsIndex | None = None
) -> typing.Any: ...
def logsumexp(
    input: Tensor, dim: collections.abc.Sequence[builtins.int] | builtins.int, keepdim: bool = False
) -> Tensor: ...
def lt(input: typing.Any, other: typing.Any) -> Tensor: ...
def masked_fill(input: Tensor, mask: Tensor, value: typing.Any) -> Tensor: ...
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor: ...
def masked_select(input: Tensor, mask: Tensor) -> Tensor: ...
def matmul(input: Tensor, other: Tensor) -> Tensor: ...
@typing.overload
def max(input: Tensor) -> Tensor: ...
@typing.overload
def max(input: Tensor, other: Tensor) -> Tensor: ...
@typing.overload
def max(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: bool = False
) -> typing.Any: ...
def maximum(input: typing.Any, other: typing.Any) -> Tensor: ...
def mean(
    input: Tensor,
    dim: typing.Any = None,
    keepdim: bool = False,
    *,
    dtype: _dtype.dtype | None = None,
) -> Tensor: ...
@typing.overload
def median(input: Tensor) -> Tensor: ...
@typing.overload
def median(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: bool = False
) -> typing.Any: ...
def memory_stats() -> dict:
    """What the caching allocator holds, in bytes and blocks."""

@typing.overload
def min(input: Tensor) -> Tensor: ...
@typing.overload
def min(input: Tensor, other: Tensor) -> Tensor: ...
@typing.overload
def min(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: bool = False
) -> typing.Any: ...
def minimum(input: typing.Any, other: typing.Any) -> Tensor: ...
def mm(input: Tensor, mat2: Tensor) -> Tensor: ...
def mode(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex = -1, keepdim: bool = False
) -> typing.Any: ...
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor: ...
def msort(input: Tensor) -> Tensor: ...
def mul(input: typing.Any, other: typing.Any) -> Tensor: ...
def multinomial(
    input: Tensor,
    num_samples: typing.SupportsInt | typing.SupportsIndex,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor: ...
def nan_to_num(
    input: Tensor,
    nan: typing.SupportsFloat | typing.SupportsIndex | None = None,
    posinf: typing.SupportsFloat | typing.SupportsIndex | None = None,
    neginf: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> Tensor: ...
def nan_to_num_(
    self: typing.Any,
    nan: typing.SupportsFloat | typing.SupportsIndex | None = None,
    posinf: typing.SupportsFloat | typing.SupportsIndex | None = None,
    neginf: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> typing.Any: ...
@typing.overload
def nanmedian(input: Tensor) -> Tensor: ...
@typing.overload
def nanmedian(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, keepdim: bool = False
) -> typing.Any: ...
def narrow(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    start: typing.SupportsInt | typing.SupportsIndex,
    length: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def ne(input: typing.Any, other: typing.Any) -> Tensor: ...
def neg(input: Tensor) -> Tensor: ...
def neg_(self: typing.Any) -> typing.Any: ...
def nextafter(input: typing.Any, other: typing.Any) -> Tensor: ...
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: typing.SupportsInt | typing.SupportsIndex = -100,
    reduction: str = "mean",
) -> Tensor: ...
def nonzero(input: Tensor, *, as_tuple: bool = False) -> typing.Any: ...
def permute(
    input: Tensor, dims: collections.abc.Sequence[builtins.int] | builtins.int
) -> Tensor: ...
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor: ...
def polygamma(n: typing.SupportsInt | typing.SupportsIndex, input: Tensor) -> Tensor: ...
def pow(input: typing.Any, other: typing.Any) -> Tensor: ...
@typing.overload
def prod(input: Tensor, *, dtype: _dtype.dtype | None = None) -> Tensor: ...
@typing.overload
def prod(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    keepdim: bool = False,
    *,
    dtype: _dtype.dtype | None = None,
) -> Tensor: ...
def promote_types(type1: _dtype.dtype, type2: _dtype.dtype) -> _dtype.dtype: ...
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor: ...
def rad2deg(input: Tensor) -> Tensor: ...
def rad2deg_(self: typing.Any) -> typing.Any: ...
def reciprocal(input: Tensor) -> Tensor: ...
def reciprocal_(self: typing.Any) -> typing.Any: ...
def relu(input: Tensor) -> Tensor: ...
def relu_(self: typing.Any) -> typing.Any: ...
def remainder(input: typing.Any, other: typing.Any) -> Tensor: ...
def reset_peak_memory() -> None: ...
def reshape(
    input: Tensor, shape: collections.abc.Sequence[builtins.int] | builtins.int
) -> Tensor: ...
def result_type(tensor1: typing.Any, tensor2: typing.Any) -> _dtype.dtype: ...
def rms_norm(
    input: Tensor,
    normalized_shape: collections.abc.Sequence[builtins.int] | builtins.int,
    weight: Tensor | None = None,
    eps: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> Tensor: ...
def roll(
    input: Tensor,
    shifts: collections.abc.Sequence[builtins.int] | builtins.int,
    dims: collections.abc.Sequence[builtins.int] | builtins.int | None = None,
) -> Tensor: ...
@typing.overload
def round(input: Tensor) -> Tensor: ...
@typing.overload
def round(input: Tensor, *, decimals: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
@typing.overload
def round_(self: typing.Any) -> typing.Any: ...
@typing.overload
def round_(
    self: typing.Any, *, decimals: typing.SupportsInt | typing.SupportsIndex
) -> typing.Any: ...
def rsqrt(input: Tensor) -> Tensor: ...
def rsqrt_(self: typing.Any) -> typing.Any: ...
@typing.overload
def scatter(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    index: Tensor,
    src: Tensor,
    *,
    reduce: str | None = None,
) -> Tensor: ...
@typing.overload
def scatter(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    index: Tensor,
    value: float | int | bool,
    *,
    reduce: str | None = None,
) -> Tensor: ...
def scatter_add(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, index: Tensor, src: Tensor
) -> Tensor: ...
def scatter_reduce(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor: ...
def select(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex,
    index: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def set_kernels_accelerated(on: bool) -> None: ...
def set_num_threads(count: typing.SupportsInt | typing.SupportsIndex) -> None: ...
def sigmoid(input: Tensor) -> Tensor: ...
def sigmoid_(self: typing.Any) -> typing.Any: ...
def sign(input: Tensor) -> Tensor: ...
def signbit(input: Tensor) -> Tensor: ...
def sin(input: Tensor) -> Tensor: ...
def sin_(self: typing.Any) -> typing.Any: ...
def sinc(input: Tensor) -> Tensor: ...
def sinc_(self: typing.Any) -> typing.Any: ...
def sinh(input: Tensor) -> Tensor: ...
def sinh_(self: typing.Any) -> typing.Any: ...
def softmax(
    input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex, dtype: _dtype.dtype | None = None
) -> Tensor: ...
def sort(
    input: Tensor,
    dim: typing.SupportsInt | typing.SupportsIndex = -1,
    descending: bool = False,
    *,
    stable: bool | None = None,
) -> typing.Any: ...
def split(
    input: Tensor,
    split_size_or_sections: typing.Any,
    dim: typing.SupportsInt | typing.SupportsIndex = 0,
) -> tuple: ...
def split_with_sizes(
    input: Tensor, split_sizes: typing.Any, dim: typing.SupportsInt | typing.SupportsIndex = 0
) -> tuple: ...
def sqrt(input: Tensor) -> Tensor: ...
def sqrt_(self: typing.Any) -> typing.Any: ...
def square(input: Tensor) -> Tensor: ...
def square_(self: typing.Any) -> typing.Any: ...
def squeeze(
    input: Tensor, dim: collections.abc.Sequence[builtins.int] | builtins.int | None = None
) -> Tensor: ...
def stack(tensors: typing.Any, dim: typing.SupportsInt | typing.SupportsIndex = 0) -> Tensor: ...
def std(
    input: Tensor,
    dim: typing.Any = None,
    unbiased: typing.Any = None,
    keepdim: bool = False,
    *,
    correction: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> Tensor: ...
def sub(
    input: typing.Any, other: typing.Any, *, alpha: float | int | bool | None = None
) -> Tensor: ...
def sum(
    input: Tensor,
    dim: typing.Any = None,
    keepdim: bool = False,
    *,
    dtype: _dtype.dtype | None = None,
) -> Tensor: ...
def swapaxes(
    input: Tensor,
    dim0: typing.SupportsInt | typing.SupportsIndex,
    dim1: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def swapdims(
    input: Tensor,
    dim0: typing.SupportsInt | typing.SupportsIndex,
    dim1: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def t(input: Tensor) -> Tensor: ...
def take(input: Tensor, index: Tensor) -> Tensor: ...
def tan(input: Tensor) -> Tensor: ...
def tan_(self: typing.Any) -> typing.Any: ...
def tanh(input: Tensor) -> Tensor: ...
def tanh_(self: typing.Any) -> typing.Any: ...
def task_calls() -> list[tuple[str, int]]:
    """Calls of every task of a student's library, by task."""

def tile(input: Tensor, dims: collections.abc.Sequence[builtins.int] | builtins.int) -> Tensor: ...
def topk(
    input: Tensor,
    k: typing.SupportsInt | typing.SupportsIndex,
    dim: typing.SupportsInt | typing.SupportsIndex = -1,
    largest: bool = True,
    sorted: bool = True,
) -> typing.Any: ...
def trace(input: Tensor) -> Tensor: ...
def transpose(
    input: Tensor,
    dim0: typing.SupportsInt | typing.SupportsIndex,
    dim1: typing.SupportsInt | typing.SupportsIndex,
) -> Tensor: ...
def tril(input: Tensor, diagonal: typing.SupportsInt | typing.SupportsIndex = 0) -> Tensor: ...
def triu(input: Tensor, diagonal: typing.SupportsInt | typing.SupportsIndex = 0) -> Tensor: ...
def trunc(input: Tensor) -> Tensor: ...
def trunc_(self: typing.Any) -> typing.Any: ...
def unbind(input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex = 0) -> tuple: ...
def unsqueeze(input: Tensor, dim: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
def var(
    input: Tensor,
    dim: typing.Any = None,
    unbiased: typing.Any = None,
    keepdim: bool = False,
    *,
    correction: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> Tensor: ...
@typing.overload
def where(condition: Tensor, input: typing.Any, other: typing.Any) -> Tensor: ...
@typing.overload
def where(condition: Tensor) -> typing.Any: ...
def xlogy(input: typing.Any, other: typing.Any) -> Tensor: ...
def xlogy_(self: typing.Any, other: typing.Any) -> typing.Any: ...
def zero_(self: typing.Any) -> typing.Any: ...

default_generator: Generator
arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctanh = atanh
arctan2 = atan2
sgn = sign
fix = trunc
negative = neg
absolute = abs
subtract = sub
multiply = mul
divide = div
true_divide = div
greater = gt
greater_equal = ge
less = lt
less_equal = le
not_equal = ne
clip = clamp
arccos_ = acos_
arccosh_ = acosh_
arcsin_ = asin_
arcsinh_ = asinh_
arctan_ = atan_
arctanh_ = atanh_
clip_ = clamp_
fix_ = trunc_
negative_ = neg_

class activations:
    """The pure functions of the unit activations."""

    @staticmethod
    def gelu(input: Tensor, approximate: str = "none") -> Tensor: ...
    @staticmethod
    def gelu_backward(grad: Tensor, x: Tensor, approximate: str = "none") -> Tensor: ...
    @staticmethod
    def log_softmax(
        input: Tensor,
        dim: typing.SupportsInt | typing.SupportsIndex,
        dtype: _dtype.dtype | None = None,
    ) -> Tensor: ...
    @staticmethod
    def log_softmax_backward(
        grad: Tensor, y: Tensor, dim: typing.SupportsInt | typing.SupportsIndex
    ) -> Tensor: ...
    @staticmethod
    def relu(input: Tensor) -> Tensor: ...
    @staticmethod
    def relu_backward(grad: Tensor, x: Tensor) -> Tensor: ...
    @staticmethod
    def sigmoid(input: Tensor) -> Tensor: ...
    @staticmethod
    def sigmoid_backward(grad: Tensor, y: Tensor) -> Tensor: ...
    @staticmethod
    def softmax(
        input: Tensor,
        dim: typing.SupportsInt | typing.SupportsIndex,
        dtype: _dtype.dtype | None = None,
    ) -> Tensor: ...
    @staticmethod
    def softmax_backward(
        grad: Tensor, y: Tensor, dim: typing.SupportsInt | typing.SupportsIndex
    ) -> Tensor: ...
    @staticmethod
    def tanh(input: Tensor) -> Tensor: ...
    @staticmethod
    def tanh_backward(grad: Tensor, y: Tensor) -> Tensor: ...

class attention:
    """The pure functions of the unit attention."""

    @staticmethod
    def attend(
        q: Tensor,
        k: Tensor,
        v: Tensor,
        bias: Tensor | None = None,
        causal: bool = False,
        scale: typing.SupportsFloat | typing.SupportsIndex = 1.0,
    ) -> tuple[Tensor, Tensor]: ...
    @staticmethod
    def attend_backward(
        grad: Tensor,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        y: Tensor,
        log_total: Tensor,
        bias: Tensor | None = None,
        causal: bool = False,
        scale: typing.SupportsFloat | typing.SupportsIndex = 1.0,
    ) -> tuple[Tensor, Tensor, Tensor]: ...
    @staticmethod
    def mask(scores: Tensor, bias: Tensor | None = None, causal: bool = False) -> Tensor: ...
    @staticmethod
    def scores(
        q: Tensor, k: Tensor, scale: typing.SupportsFloat | typing.SupportsIndex
    ) -> Tensor: ...
    @staticmethod
    def scores_backward(
        grad: Tensor, q: Tensor, k: Tensor, scale: typing.SupportsFloat | typing.SupportsIndex
    ) -> tuple: ...
    @staticmethod
    def softmax(scores: Tensor) -> tuple: ...
    @staticmethod
    def softmax_backward(grad: Tensor, p: Tensor) -> Tensor: ...
    @staticmethod
    def split_heads(x: Tensor, heads: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
    @staticmethod
    def weighted_sum(p: Tensor, v: Tensor) -> Tensor: ...
    @staticmethod
    def weighted_sum_backward(grad: Tensor, p: Tensor, v: Tensor) -> tuple: ...

class dataloader:
    """The pure functions of the unit dataloader."""

    @staticmethod
    def crop(
        x: Tensor,
        corners: Tensor,
        mirrored: Tensor,
        height: typing.SupportsInt | typing.SupportsIndex,
        width: typing.SupportsInt | typing.SupportsIndex,
        fill: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    ) -> Tensor: ...
    @staticmethod
    def draw(
        count: typing.SupportsInt | typing.SupportsIndex,
        plan: collections.abc.Sequence,
        generator: Generator | None = None,
    ) -> Tensor: ...
    @staticmethod
    def gather(x: Tensor, rows: Tensor) -> Tensor: ...
    @staticmethod
    def normalize(x: Tensor, mean: Tensor, deviation: Tensor) -> Tensor: ...
    @staticmethod
    def permutation(
        n: typing.SupportsInt | typing.SupportsIndex, generator: Generator | None = None
    ) -> Tensor: ...
    @staticmethod
    def to_float(
        x: Tensor, mean: Tensor | None = None, deviation: Tensor | None = None
    ) -> Tensor: ...

class embeddings:
    """The pure functions of the unit embeddings."""

    @staticmethod
    def bag(
        weight: Tensor,
        ids: Tensor,
        offsets: Tensor,
        mode: str = "sum",
        sample_weights: Tensor | None = None,
        include_last: bool = False,
        padding: typing.SupportsInt | typing.SupportsIndex = -1,
    ) -> Tensor: ...
    @staticmethod
    def lookup(weight: Tensor, ids: Tensor) -> Tensor: ...
    @staticmethod
    def lookup_backward(
        grad: Tensor,
        ids: Tensor,
        rows: typing.SupportsInt | typing.SupportsIndex,
        padding: typing.SupportsInt | typing.SupportsIndex = -1,
        by_frequency: bool = False,
    ) -> Tensor: ...
    @staticmethod
    def rotate(x: Tensor, table: Tensor) -> Tensor: ...
    @staticmethod
    def rotate_backward(grad: Tensor, table: Tensor) -> Tensor: ...
    @staticmethod
    def sinusoidal(
        length: typing.SupportsInt | typing.SupportsIndex,
        width: typing.SupportsInt | typing.SupportsIndex,
        base: typing.SupportsFloat | typing.SupportsIndex = 10000.0,
        dtype: _dtype.dtype | None = None,
    ) -> Tensor: ...

class generation:
    """The pure functions of the unit generation."""

    @staticmethod
    def apply_temperature(
        logits: Tensor, temperature: typing.SupportsFloat | typing.SupportsIndex
    ) -> Tensor: ...
    @staticmethod
    def check_logits(logits: Tensor) -> None: ...
    @staticmethod
    def held_back(text: bytes, stops: collections.abc.Sequence[bytes]) -> int: ...
    @staticmethod
    def incomplete(bytes: bytes) -> int: ...
    @staticmethod
    def keep_top_k(logits: Tensor, k: typing.SupportsInt | typing.SupportsIndex) -> Tensor: ...
    @staticmethod
    def keep_top_p(logits: Tensor, p: typing.SupportsFloat | typing.SupportsIndex) -> Tensor: ...
    @staticmethod
    def penalize(
        logits: Tensor, ids: Tensor, penalty: typing.SupportsFloat | typing.SupportsIndex
    ) -> Tensor: ...
    @staticmethod
    def race(probs: Tensor, waits: Tensor) -> int: ...
    @staticmethod
    def sample(probs: Tensor, generator: Generator | None = None) -> Tensor: ...

class layers:
    """The pure functions of the unit layers."""

    @staticmethod
    def dropout(
        x: Tensor,
        p: typing.SupportsFloat | typing.SupportsIndex = 0.5,
        training: bool = True,
        generator: Generator | None = None,
    ) -> tuple[Tensor, typing.Any]: ...
    @staticmethod
    def dropout_backward(
        grad: Tensor,
        mask: Tensor | None,
        p: typing.SupportsFloat | typing.SupportsIndex = 0.5,
        training: bool = True,
    ) -> Tensor: ...
    @staticmethod
    def fans(shape: collections.abc.Sequence[builtins.int] | builtins.int) -> tuple[int, int]: ...
    @staticmethod
    def kaiming_std(
        fan: typing.SupportsInt | typing.SupportsIndex,
        gain: typing.SupportsFloat | typing.SupportsIndex,
    ) -> float: ...
    @staticmethod
    def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor: ...
    @staticmethod
    def linear_backward_bias(grad: Tensor) -> Tensor: ...
    @staticmethod
    def linear_backward_weight(grad: Tensor, x: Tensor) -> Tensor: ...
    @staticmethod
    def linear_backward_x(grad: Tensor, weight: Tensor) -> Tensor: ...
    @staticmethod
    def uniform_bound(std: typing.SupportsFloat | typing.SupportsIndex) -> float: ...
    @staticmethod
    def xavier_std(
        fan_in: typing.SupportsInt | typing.SupportsIndex,
        fan_out: typing.SupportsInt | typing.SupportsIndex,
        gain: typing.SupportsFloat | typing.SupportsIndex = 1.0,
    ) -> float: ...

class losses:
    """The pure functions of the unit losses."""

    @staticmethod
    def bce(
        x: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
    ) -> Tensor: ...
    @staticmethod
    def bce_backward(
        grad: Tensor,
        x: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> Tensor: ...
    @staticmethod
    def bce_with_logits(
        x: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> Tensor: ...
    @staticmethod
    def bce_with_logits_backward(
        grad: Tensor,
        x: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> Tensor: ...
    @staticmethod
    def cross_entropy(
        x: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        ignore_index: typing.SupportsInt | typing.SupportsIndex = -100,
        reduction: str = "mean",
        label_smoothing: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    ) -> tuple[Tensor, Tensor]: ...
    @staticmethod
    def cross_entropy_backward(
        grad: Tensor,
        softmax: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        ignore_index: typing.SupportsInt | typing.SupportsIndex = -100,
        reduction: str = "mean",
        label_smoothing: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    ) -> Tensor: ...
    @staticmethod
    def mse(x: Tensor, target: Tensor, reduction: str = "mean") -> Tensor: ...
    @staticmethod
    def mse_backward(
        grad: Tensor, x: Tensor, target: Tensor, reduction: str = "mean"
    ) -> Tensor: ...
    @staticmethod
    def nll(
        x: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        ignore_index: typing.SupportsInt | typing.SupportsIndex = -100,
        reduction: str = "mean",
    ) -> Tensor: ...
    @staticmethod
    def nll_backward(
        grad: Tensor,
        x: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        ignore_index: typing.SupportsInt | typing.SupportsIndex = -100,
        reduction: str = "mean",
    ) -> Tensor: ...

class optimizers:
    """The steps of the unit optimizers."""

    @staticmethod
    def adam_step(
        params: collections.abc.Sequence,
        grads: collections.abc.Sequence,
        exp_avgs: collections.abc.Sequence,
        exp_avg_sqs: collections.abc.Sequence,
        step: typing.SupportsInt | typing.SupportsIndex,
        lr: typing.SupportsFloat | typing.SupportsIndex,
        beta1: typing.SupportsFloat | typing.SupportsIndex = 0.9,
        beta2: typing.SupportsFloat | typing.SupportsIndex = 0.999,
        eps: typing.SupportsFloat | typing.SupportsIndex = 1e-08,
        weight_decay: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        decoupled: bool = False,
        maximize: bool = False,
    ) -> None: ...
    @staticmethod
    def rmsprop_step(
        params: collections.abc.Sequence,
        grads: collections.abc.Sequence,
        square_avgs: collections.abc.Sequence,
        momentum_buffers: collections.abc.Sequence,
        lr: typing.SupportsFloat | typing.SupportsIndex,
        alpha: typing.SupportsFloat | typing.SupportsIndex = 0.99,
        eps: typing.SupportsFloat | typing.SupportsIndex = 1e-08,
        weight_decay: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        momentum: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        maximize: bool = False,
    ) -> None: ...
    @staticmethod
    def sgd_step(
        params: collections.abc.Sequence,
        grads: collections.abc.Sequence,
        momentum_buffers: list,
        lr: typing.SupportsFloat | typing.SupportsIndex,
        momentum: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        dampening: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        weight_decay: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        nesterov: bool = False,
        maximize: bool = False,
    ) -> None: ...

class setup:
    """The function of the unit setup."""

    @staticmethod
    def axpy(
        a: typing.SupportsFloat | typing.SupportsIndex, x: np.ndarray, y: np.ndarray
    ) -> np.ndarray: ...

class spatial:
    """The pure functions of the unit spatial."""

    @staticmethod
    def batch_norm(
        x: Tensor,
        mean: Tensor,
        variance: Tensor,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05,
    ) -> Tensor: ...
    @staticmethod
    def batch_norm_backward(
        grad: Tensor,
        x: Tensor,
        mean: Tensor,
        variance: Tensor,
        weight: Tensor | None = None,
        eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05,
    ) -> tuple[Tensor, Tensor, Tensor]: ...
    @staticmethod
    def channel_statistics(x: Tensor) -> tuple[Tensor, Tensor]: ...
    @staticmethod
    def col2im(
        columns: Tensor,
        shape: collections.abc.Sequence[builtins.int] | builtins.int,
        size: collections.abc.Sequence[builtins.int] | builtins.int,
        stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    ) -> Tensor: ...
    @staticmethod
    def conv2d(
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        groups: typing.SupportsInt | typing.SupportsIndex = 1,
        lowered: bool = False,
    ) -> Tensor: ...
    @staticmethod
    def conv2d_backward_bias(grad: Tensor) -> Tensor: ...
    @staticmethod
    def conv2d_backward_weight(
        grad: Tensor,
        x: Tensor,
        shape: collections.abc.Sequence[builtins.int] | builtins.int,
        stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        groups: typing.SupportsInt | typing.SupportsIndex = 1,
        lowered: bool = False,
    ) -> Tensor: ...
    @staticmethod
    def conv2d_backward_x(
        grad: Tensor,
        weight: Tensor,
        shape: collections.abc.Sequence[builtins.int] | builtins.int,
        stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        groups: typing.SupportsInt | typing.SupportsIndex = 1,
        lowered: bool = False,
    ) -> Tensor: ...
    @staticmethod
    def im2col(
        x: Tensor,
        size: collections.abc.Sequence[builtins.int] | builtins.int,
        stride: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
    ) -> Tensor: ...
    @staticmethod
    def max_pool2d(
        x: Tensor,
        size: collections.abc.Sequence[builtins.int] | builtins.int,
        stride: collections.abc.Sequence[builtins.int] | builtins.int | None = None,
        padding: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        dilation: collections.abc.Sequence[builtins.int] | builtins.int = ...,
        ceil_mode: bool = False,
    ) -> tuple[Tensor, Tensor]: ...
    @staticmethod
    def max_pool2d_backward(
        grad: Tensor,
        positions: Tensor,
        shape: collections.abc.Sequence[builtins.int] | builtins.int,
    ) -> Tensor: ...

class tensor:
    """The pure functions of the unit tensor."""

    @staticmethod
    def broadcast_shapes(
        a: collections.abc.Sequence[builtins.int] | builtins.int,
        b: collections.abc.Sequence[builtins.int] | builtins.int,
    ) -> tuple: ...
    @staticmethod
    def broadcast_strides(
        shape: collections.abc.Sequence[builtins.int] | builtins.int,
        strides: collections.abc.Sequence[builtins.int] | builtins.int,
        target: collections.abc.Sequence[builtins.int] | builtins.int,
    ) -> tuple: ...
    @staticmethod
    def contiguous_strides(
        shape: collections.abc.Sequence[builtins.int] | builtins.int,
    ) -> tuple: ...

class tokenization:
    """The functions of the unit tokenization."""

    class Words:
        """How often each piece of some texts occurs."""

        def __init__(self) -> None: ...
        def __len__(self) -> int: ...
        def add(self, text: bytes) -> None: ...
        def train(
            self,
            first_id: typing.SupportsInt | typing.SupportsIndex,
            merges: typing.SupportsInt | typing.SupportsIndex,
            at_least: typing.SupportsInt | typing.SupportsIndex = 1,
            report: typing.Any = None,
        ) -> list: ...

    class BytePairs:
        """A vocabulary with its merges."""

        def __init__(
            self,
            vocabulary: collections.abc.Sequence[bytes],
            merges: collections.abc.Sequence[
                tuple[
                    typing.SupportsInt | typing.SupportsIndex,
                    typing.SupportsInt | typing.SupportsIndex,
                    typing.SupportsInt | typing.SupportsIndex,
                ]
            ]
            | None = None,
            whole_pieces: bool = False,
        ) -> None: ...
        def __len__(self) -> int: ...
        def add_special(
            self, id: typing.SupportsInt | typing.SupportsIndex, bytes: bytes
        ) -> None: ...
        def decode(self, ids: typing.Any) -> bytes: ...
        def encode(self, text: bytes) -> list: ...
        def encode_str(self, text: str) -> list: ...

    @staticmethod
    def characters(text: str) -> str: ...
    @staticmethod
    def count_pairs(
        word: typing.Any,
        times: typing.SupportsInt | typing.SupportsIndex = 1,
        counts: collections.abc.Mapping[
            tuple[
                typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex
            ],
            typing.SupportsInt | typing.SupportsIndex,
        ] = {},
    ) -> dict: ...
    @staticmethod
    def decode(ids: typing.Any, vocabulary: collections.abc.Sequence[bytes]) -> bytes: ...
    @staticmethod
    def decode_characters(ids: typing.Any, vocabulary: str) -> str: ...
    @staticmethod
    def encode_characters(text: str, vocabulary: str) -> list: ...
    @staticmethod
    def encode_piece(
        bytes: typing.Any,
        merges: collections.abc.Sequence[
            tuple[
                typing.SupportsInt | typing.SupportsIndex,
                typing.SupportsInt | typing.SupportsIndex,
                typing.SupportsInt | typing.SupportsIndex,
            ]
        ],
    ) -> list: ...
    @staticmethod
    def learn_merge(
        words: collections.abc.Sequence[
            collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]
        ],
        times: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        counts: collections.abc.Mapping[
            tuple[
                typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex
            ],
            typing.SupportsInt | typing.SupportsIndex,
        ],
        id: typing.SupportsInt | typing.SupportsIndex,
        at_least: typing.SupportsInt | typing.SupportsIndex = 1,
    ) -> tuple[tuple[int, int] | None, list[list[int]], dict]: ...
    @staticmethod
    def merge(
        word: typing.Any,
        pair: tuple[
            typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex
        ],
        id: typing.SupportsInt | typing.SupportsIndex,
    ) -> list: ...
    @staticmethod
    def piece_end(text: str, start: typing.SupportsInt | typing.SupportsIndex = 0) -> int: ...
    @staticmethod
    def pieces(text: bytes) -> list: ...
    bytes_in_order: tuple = (
        33,
        34,
        35,
        36,
        37,
        38,
        39,
        40,
        41,
        42,
        43,
        44,
        45,
        46,
        47,
        48,
        49,
        50,
        51,
        52,
        53,
        54,
        55,
        56,
        57,
        58,
        59,
        60,
        61,
        62,
        63,
        64,
        65,
        66,
        67,
        68,
        69,
        70,
        71,
        72,
        73,
        74,
        75,
        76,
        77,
        78,
        79,
        80,
        81,
        82,
        83,
        84,
        85,
        86,
        87,
        88,
        89,
        90,
        91,
        92,
        93,
        94,
        95,
        96,
        97,
        98,
        99,
        100,
        101,
        102,
        103,
        104,
        105,
        106,
        107,
        108,
        109,
        110,
        111,
        112,
        113,
        114,
        115,
        116,
        117,
        118,
        119,
        120,
        121,
        122,
        123,
        124,
        125,
        126,
        161,
        162,
        163,
        164,
        165,
        166,
        167,
        168,
        169,
        170,
        171,
        172,
        174,
        175,
        176,
        177,
        178,
        179,
        180,
        181,
        182,
        183,
        184,
        185,
        186,
        187,
        188,
        189,
        190,
        191,
        192,
        193,
        194,
        195,
        196,
        197,
        198,
        199,
        200,
        201,
        202,
        203,
        204,
        205,
        206,
        207,
        208,
        209,
        210,
        211,
        212,
        213,
        214,
        215,
        216,
        217,
        218,
        219,
        220,
        221,
        222,
        223,
        224,
        225,
        226,
        227,
        228,
        229,
        230,
        231,
        232,
        233,
        234,
        235,
        236,
        237,
        238,
        239,
        240,
        241,
        242,
        243,
        244,
        245,
        246,
        247,
        248,
        249,
        250,
        251,
        252,
        253,
        254,
        255,
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        17,
        18,
        19,
        20,
        21,
        22,
        23,
        24,
        25,
        26,
        27,
        28,
        29,
        30,
        31,
        32,
        127,
        128,
        129,
        130,
        131,
        132,
        133,
        134,
        135,
        136,
        137,
        138,
        139,
        140,
        141,
        142,
        143,
        144,
        145,
        146,
        147,
        148,
        149,
        150,
        151,
        152,
        153,
        154,
        155,
        156,
        157,
        158,
        159,
        160,
        173,
    )

class transformers:
    """The pure functions of the unit transformers."""

    @staticmethod
    def block(
        x: Tensor,
        weights: collections.abc.Sequence[Tensor | None],
        heads: typing.SupportsInt | typing.SupportsIndex,
        dropout: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        angles: Tensor | None = None,
        gelu: str = "tanh",
    ) -> Tensor: ...
    @staticmethod
    def layer_norm(
        x: Tensor,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05,
    ) -> tuple[Tensor, Tensor, Tensor]: ...
    @staticmethod
    def layer_norm_backward(
        grad: Tensor, x: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor | None = None
    ) -> Tensor: ...
    @staticmethod
    def layer_norm_backward_weight(
        grad: Tensor, x: Tensor, mean: Tensor, rstd: Tensor
    ) -> tuple[Tensor, Tensor]: ...
    @staticmethod
    def parameters(
        vocabulary: typing.SupportsInt | typing.SupportsIndex,
        context: typing.SupportsInt | typing.SupportsIndex,
        layers: typing.SupportsInt | typing.SupportsIndex,
        width: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    @staticmethod
    def rms_norm(
        x: Tensor,
        weight: Tensor | None = None,
        eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05,
    ) -> tuple[Tensor, Tensor]: ...
    @staticmethod
    def rms_norm_backward(
        grad: Tensor, x: Tensor, rstd: Tensor, weight: Tensor | None = None
    ) -> Tensor: ...
    @staticmethod
    def swiglu(gate: Tensor, up: Tensor) -> Tensor: ...
    @staticmethod
    def swiglu_backward(grad: Tensor, gate: Tensor, up: Tensor) -> tuple[Tensor, Tensor]: ...
