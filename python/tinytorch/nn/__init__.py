"""Neural networks from modules: torch.nn."""

from tinytorch.nn import functional as functional
from tinytorch.nn import init as init
from tinytorch.nn import utils as utils
from tinytorch.nn.containers import ModuleDict as ModuleDict
from tinytorch.nn.containers import ModuleList as ModuleList
from tinytorch.nn.containers import ParameterList as ParameterList
from tinytorch.nn.containers import Sequential as Sequential
from tinytorch.nn.layers import GELU as GELU
from tinytorch.nn.layers import Dropout as Dropout
from tinytorch.nn.layers import Flatten as Flatten
from tinytorch.nn.layers import Identity as Identity
from tinytorch.nn.layers import Linear as Linear
from tinytorch.nn.layers import LogSoftmax as LogSoftmax
from tinytorch.nn.layers import ReLU as ReLU
from tinytorch.nn.layers import Sigmoid as Sigmoid
from tinytorch.nn.layers import Softmax as Softmax
from tinytorch.nn.layers import Tanh as Tanh
from tinytorch.nn.losses import BCELoss as BCELoss
from tinytorch.nn.losses import BCEWithLogitsLoss as BCEWithLogitsLoss
from tinytorch.nn.losses import CrossEntropyLoss as CrossEntropyLoss
from tinytorch.nn.losses import MSELoss as MSELoss
from tinytorch.nn.losses import NLLLoss as NLLLoss
from tinytorch.nn.module import Module as Module
from tinytorch.nn.parameter import Buffer as Buffer
from tinytorch.nn.parameter import Parameter as Parameter
