"""The libraries that PyTorch computes with, and their switches, which can be set in vain."""

from tinytorch.backends import cpu as cpu
from tinytorch.backends import cuda as cuda
from tinytorch.backends import cudnn as cudnn
from tinytorch.backends import mkl as mkl
from tinytorch.backends import mkldnn as mkldnn
from tinytorch.backends import mps as mps
from tinytorch.backends import openmp as openmp
from tinytorch.backends import opt_einsum as opt_einsum

fp32_precision = "none"
