"""Gradients and parameters taken together, and weights kept in a form: torch.nn.utils."""

from tinytorch.nn.utils import clip_grad as clip_grad
from tinytorch.nn.utils import convert_parameters as convert_parameters
from tinytorch.nn.utils import fusion as fusion
from tinytorch.nn.utils import init as init
from tinytorch.nn.utils import parametrizations as parametrizations
from tinytorch.nn.utils import parametrize as parametrize
from tinytorch.nn.utils import prune as prune
from tinytorch.nn.utils import rnn as rnn
from tinytorch.nn.utils import stateless as stateless
from tinytorch.nn.utils.clip_grad import clip_grad_norm as clip_grad_norm
from tinytorch.nn.utils.clip_grad import clip_grad_norm_ as clip_grad_norm_
from tinytorch.nn.utils.clip_grad import clip_grad_value_ as clip_grad_value_
from tinytorch.nn.utils.clip_grad import clip_grads_with_norm_ as clip_grads_with_norm_
from tinytorch.nn.utils.clip_grad import get_total_norm as get_total_norm
from tinytorch.nn.utils.convert_parameters import parameters_to_vector as parameters_to_vector
from tinytorch.nn.utils.convert_parameters import vector_to_parameters as vector_to_parameters
from tinytorch.nn.utils.fusion import fuse_conv_bn_eval as fuse_conv_bn_eval
from tinytorch.nn.utils.fusion import fuse_conv_bn_weights as fuse_conv_bn_weights
from tinytorch.nn.utils.fusion import fuse_linear_bn_eval as fuse_linear_bn_eval
from tinytorch.nn.utils.fusion import fuse_linear_bn_weights as fuse_linear_bn_weights
from tinytorch.nn.utils.init import skip_init as skip_init
from tinytorch.nn.utils.spectral_norm import remove_spectral_norm as remove_spectral_norm
from tinytorch.nn.utils.spectral_norm import spectral_norm as spectral_norm
from tinytorch.nn.utils.weight_norm import remove_weight_norm as remove_weight_norm
from tinytorch.nn.utils.weight_norm import weight_norm as weight_norm
