"""The functions of the layers and losses, for use without a module: torch.nn.functional.

The mathematics is in the extension; here are PyTorch's signatures, warnings and old arguments.
"""

from tinytorch.nn.functional._activations import celu as celu
from tinytorch.nn.functional._activations import celu_ as celu_
from tinytorch.nn.functional._activations import elu as elu
from tinytorch.nn.functional._activations import elu_ as elu_
from tinytorch.nn.functional._activations import gelu as gelu
from tinytorch.nn.functional._activations import glu as glu
from tinytorch.nn.functional._activations import hardshrink as hardshrink
from tinytorch.nn.functional._activations import hardsigmoid as hardsigmoid
from tinytorch.nn.functional._activations import hardswish as hardswish
from tinytorch.nn.functional._activations import hardtanh as hardtanh
from tinytorch.nn.functional._activations import hardtanh_ as hardtanh_
from tinytorch.nn.functional._activations import leaky_relu as leaky_relu
from tinytorch.nn.functional._activations import leaky_relu_ as leaky_relu_
from tinytorch.nn.functional._activations import logsigmoid as logsigmoid
from tinytorch.nn.functional._activations import mish as mish
from tinytorch.nn.functional._activations import prelu as prelu
from tinytorch.nn.functional._activations import relu as relu
from tinytorch.nn.functional._activations import relu6 as relu6
from tinytorch.nn.functional._activations import relu_ as relu_
from tinytorch.nn.functional._activations import rrelu as rrelu
from tinytorch.nn.functional._activations import rrelu_ as rrelu_
from tinytorch.nn.functional._activations import selu as selu
from tinytorch.nn.functional._activations import selu_ as selu_
from tinytorch.nn.functional._activations import sigmoid as sigmoid
from tinytorch.nn.functional._activations import silu as silu
from tinytorch.nn.functional._activations import softplus as softplus
from tinytorch.nn.functional._activations import softshrink as softshrink
from tinytorch.nn.functional._activations import softsign as softsign
from tinytorch.nn.functional._activations import tanh as tanh
from tinytorch.nn.functional._activations import tanhshrink as tanhshrink
from tinytorch.nn.functional._activations import threshold as threshold
from tinytorch.nn.functional._activations import threshold_ as threshold_
from tinytorch.nn.functional._attention import (
    multi_head_attention_forward as multi_head_attention_forward,
)
from tinytorch.nn.functional._attention import (
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from tinytorch.nn.functional._class_losses import binary_cross_entropy as binary_cross_entropy
from tinytorch.nn.functional._class_losses import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from tinytorch.nn.functional._class_losses import cross_entropy as cross_entropy
from tinytorch.nn.functional._class_losses import kl_div as kl_div
from tinytorch.nn.functional._class_losses import (
    multilabel_soft_margin_loss as multilabel_soft_margin_loss,
)
from tinytorch.nn.functional._class_losses import nll_loss as nll_loss
from tinytorch.nn.functional._class_losses import soft_margin_loss as soft_margin_loss
from tinytorch.nn.functional._convolution import conv1d as conv1d
from tinytorch.nn.functional._convolution import conv2d as conv2d
from tinytorch.nn.functional._convolution import conv3d as conv3d
from tinytorch.nn.functional._convolution import conv_transpose1d as conv_transpose1d
from tinytorch.nn.functional._convolution import conv_transpose2d as conv_transpose2d
from tinytorch.nn.functional._convolution import conv_transpose3d as conv_transpose3d
from tinytorch.nn.functional._ctc import ctc_loss as ctc_loss
from tinytorch.nn.functional._distances import bilinear as bilinear
from tinytorch.nn.functional._distances import cosine_similarity as cosine_similarity
from tinytorch.nn.functional._distances import linear as linear
from tinytorch.nn.functional._distances import normalize as normalize
from tinytorch.nn.functional._distances import one_hot as one_hot
from tinytorch.nn.functional._distances import pairwise_distance as pairwise_distance
from tinytorch.nn.functional._distances import pdist as pdist
from tinytorch.nn.functional._dropout import alpha_dropout as alpha_dropout
from tinytorch.nn.functional._dropout import dropout as dropout
from tinytorch.nn.functional._dropout import dropout1d as dropout1d
from tinytorch.nn.functional._dropout import dropout2d as dropout2d
from tinytorch.nn.functional._dropout import dropout3d as dropout3d
from tinytorch.nn.functional._dropout import feature_alpha_dropout as feature_alpha_dropout
from tinytorch.nn.functional._embeddings import embedding as embedding
from tinytorch.nn.functional._embeddings import embedding_bag as embedding_bag
from tinytorch.nn.functional._margin_losses import cosine_embedding_loss as cosine_embedding_loss
from tinytorch.nn.functional._margin_losses import hinge_embedding_loss as hinge_embedding_loss
from tinytorch.nn.functional._margin_losses import margin_ranking_loss as margin_ranking_loss
from tinytorch.nn.functional._margin_losses import multi_margin_loss as multi_margin_loss
from tinytorch.nn.functional._margin_losses import multilabel_margin_loss as multilabel_margin_loss
from tinytorch.nn.functional._margin_losses import triplet_margin_loss as triplet_margin_loss
from tinytorch.nn.functional._margin_losses import (
    triplet_margin_with_distance_loss as triplet_margin_with_distance_loss,
)
from tinytorch.nn.functional._normalization import batch_norm as batch_norm
from tinytorch.nn.functional._normalization import group_norm as group_norm
from tinytorch.nn.functional._normalization import instance_norm as instance_norm
from tinytorch.nn.functional._normalization import local_response_norm as local_response_norm
from tinytorch.nn.functional._padding import pad as pad
from tinytorch.nn.functional._pooling import adaptive_avg_pool1d as adaptive_avg_pool1d
from tinytorch.nn.functional._pooling import adaptive_avg_pool2d as adaptive_avg_pool2d
from tinytorch.nn.functional._pooling import adaptive_max_pool1d as adaptive_max_pool1d
from tinytorch.nn.functional._pooling import (
    adaptive_max_pool1d_with_indices as adaptive_max_pool1d_with_indices,
)
from tinytorch.nn.functional._pooling import adaptive_max_pool2d as adaptive_max_pool2d
from tinytorch.nn.functional._pooling import (
    adaptive_max_pool2d_with_indices as adaptive_max_pool2d_with_indices,
)
from tinytorch.nn.functional._pooling import avg_pool1d as avg_pool1d
from tinytorch.nn.functional._pooling import avg_pool2d as avg_pool2d
from tinytorch.nn.functional._pooling import lp_pool1d as lp_pool1d
from tinytorch.nn.functional._pooling import lp_pool2d as lp_pool2d
from tinytorch.nn.functional._pooling import max_pool1d as max_pool1d
from tinytorch.nn.functional._pooling import max_pool1d_with_indices as max_pool1d_with_indices
from tinytorch.nn.functional._pooling import max_pool2d as max_pool2d
from tinytorch.nn.functional._pooling import max_pool2d_with_indices as max_pool2d_with_indices
from tinytorch.nn.functional._pooling import max_unpool1d as max_unpool1d
from tinytorch.nn.functional._pooling import max_unpool2d as max_unpool2d
from tinytorch.nn.functional._pooling3d import adaptive_avg_pool3d as adaptive_avg_pool3d
from tinytorch.nn.functional._pooling3d import adaptive_max_pool3d as adaptive_max_pool3d
from tinytorch.nn.functional._pooling3d import (
    adaptive_max_pool3d_with_indices as adaptive_max_pool3d_with_indices,
)
from tinytorch.nn.functional._pooling3d import avg_pool3d as avg_pool3d
from tinytorch.nn.functional._pooling3d import lp_pool3d as lp_pool3d
from tinytorch.nn.functional._pooling3d import max_pool3d as max_pool3d
from tinytorch.nn.functional._pooling3d import max_pool3d_with_indices as max_pool3d_with_indices
from tinytorch.nn.functional._pooling3d import max_unpool3d as max_unpool3d
from tinytorch.nn.functional._regression_losses import gaussian_nll_loss as gaussian_nll_loss
from tinytorch.nn.functional._regression_losses import huber_loss as huber_loss
from tinytorch.nn.functional._regression_losses import l1_loss as l1_loss
from tinytorch.nn.functional._regression_losses import mse_loss as mse_loss
from tinytorch.nn.functional._regression_losses import poisson_nll_loss as poisson_nll_loss
from tinytorch.nn.functional._regression_losses import smooth_l1_loss as smooth_l1_loss
from tinytorch.nn.functional._resampling import channel_shuffle as channel_shuffle
from tinytorch.nn.functional._resampling import interpolate as interpolate
from tinytorch.nn.functional._resampling import pixel_shuffle as pixel_shuffle
from tinytorch.nn.functional._resampling import pixel_unshuffle as pixel_unshuffle
from tinytorch.nn.functional._resampling import upsample as upsample
from tinytorch.nn.functional._resampling import upsample_bilinear as upsample_bilinear
from tinytorch.nn.functional._resampling import upsample_nearest as upsample_nearest
from tinytorch.nn.functional._row_norms import layer_norm as layer_norm
from tinytorch.nn.functional._row_norms import rms_norm as rms_norm
from tinytorch.nn.functional._sampling import affine_grid as affine_grid
from tinytorch.nn.functional._sampling import grid_sample as grid_sample
from tinytorch.nn.functional._softmax import gumbel_softmax as gumbel_softmax
from tinytorch.nn.functional._softmax import log_softmax as log_softmax
from tinytorch.nn.functional._softmax import softmax as softmax
from tinytorch.nn.functional._softmax import softmin as softmin
from tinytorch.nn.functional._windows import fold as fold
from tinytorch.nn.functional._windows import unfold as unfold
