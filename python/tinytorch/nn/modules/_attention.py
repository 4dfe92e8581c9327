"""Attention of several heads with its projections: torch.nn.MultiheadAttention."""

from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch.nn import functional as F
from tinytorch.nn import init
from tinytorch.nn.functional._attention import canonical_mask, mask_dtype
from tinytorch.nn.modules.linear import NonDynamicallyQuantizableLinear
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter


class MultiheadAttention(Module):
    """Queries, keys and values projected, attended to in num_heads heads, and projected back.

    query: (L, N, embed_dim), key: (S, N, kdim), value: (S, N, vdim); with batch_first N comes
    first, unbatched it is missing. Returns the output, shaped as query, and the weights or None.
    Weights are drawn as PyTorch draws them.  Source: torch.nn.MultiheadAttention
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                "embed_dim and num_heads must be greater than 0, "
                f"got embed_dim={embed_dim} and num_heads={num_heads} instead"
            )
        check_cpu(device)
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = kdim if kdim is not None else embed_dim
        self.vdim = vdim if vdim is not None else embed_dim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != self.embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")

        def empty(*shape: int) -> Any:
            return Parameter(_creation.empty(shape, dtype=dtype))

        self.in_proj_weight: Any
        self.in_proj_bias: Any
        self.bias_k: Any = None
        self.bias_v: Any = None
        if self._qkv_same_embed_dim:
            self.in_proj_weight = empty(3 * embed_dim, embed_dim)
            for name in "qkv":
                self.register_parameter(f"{name}_proj_weight", None)
        else:
            self.q_proj_weight = empty(embed_dim, embed_dim)
            self.k_proj_weight = empty(embed_dim, self.kdim)
            self.v_proj_weight = empty(embed_dim, self.vdim)
            self.register_parameter("in_proj_weight", None)
        if bias:
            self.in_proj_bias = empty(3 * embed_dim)
        else:
            self.register_parameter("in_proj_bias", None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, dtype=dtype)
        if add_bias_kv:
            self.bias_k = empty(1, 1, embed_dim)
            self.bias_v = empty(1, 1, embed_dim)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        if self._qkv_same_embed_dim:
            init.xavier_uniform_(self.in_proj_weight)
        else:
            for weight in (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        if self.bias_k is not None:
            init.xavier_normal_(self.bias_k)
        if self.bias_v is not None:
            init.xavier_normal_(self.bias_v)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        q: Any = query
        k: Any = key
        v: Any = value
        other_dtype = mask_dtype(attn_mask, "attn_mask")
        key_padding_mask = canonical_mask(
            key_padding_mask, "key_padding_mask", other_dtype, "attn_mask", q.dtype
        )
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", q.dtype, False)
        turned = self.batch_first and q.dim() == 3
        if turned:
            same_key, same_query = k is v, q is k
            q = q.transpose(1, 0)
            k = q if same_query else k.transpose(1, 0)
            v = k if same_key else v.transpose(1, 0)
        separate: dict[str, Any] = {}
        if not self._qkv_same_embed_dim:
            separate = {
                "use_separate_proj_weight": True,
                "q_proj_weight": self.q_proj_weight,
                "k_proj_weight": self.k_proj_weight,
                "v_proj_weight": self.v_proj_weight,
            }
        output, weights = F.multi_head_attention_forward(
            q,
            k,
            v,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
            **separate,
        )
        if turned:
            output = output.transpose(1, 0)
        return output, weights
