"""install_as_torch: programs that import torch get this package, the same modules and classes."""

import operator
import subprocess
import sys
import textwrap

import pytest

import tinytorch
from tinytorch.torch_version import TorchVersion


def run(program, *arguments, command=("-c",)):
    done = subprocess.run(
        [sys.executable, *command, textwrap.dedent(program), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def test_every_spelling_of_an_import_reaches_the_same_objects():
    run("""
        import pickle, sys, tinytorch
        assert tinytorch.install_as_torch() is tinytorch is tinytorch.install_as_torch()
        import torch
        import torch.nn as nn
        import torch.nn.functional as F
        import torch.optim.lr_scheduler
        import torch.utils.data
        import torch.version
        from torch import Tensor, nn, optim
        from torch.nn.parameter import Parameter
        from torch.optim.lr_scheduler import StepLR
        from torch.utils.data import DataLoader, Dataset, TensorDataset
        from torch.utils.data.dataset import random_split
        from torch.utils.data.sampler import RandomSampler
        from torch.cuda.amp import GradScaler, autocast
        from torch.distributions.categorical import Categorical
        from torch.distributions.multivariate_normal import MultivariateNormal
        from torch.optim.adamw import AdamW
        from torch.hub import HASH_REGEX, download_url_to_file, urlparse
        from torch.jit.annotations import Dict, List, Optional, Tuple
        from torch.nn.utils.fusion import fuse_conv_bn_eval
        from safetensors import safe_open
        from safetensors.torch import load_file, save_file
        assert safe_open is tinytorch.safetensors.safe_open
        assert HASH_REGEX.search("resnet18-f37072fd.pth").group(1) == "f37072fd"
        import torch.distributed as dist, torch.multiprocessing as mp
        from torch.utils._foreach_utils import _group_tensors_by_device_and_dtype as grouped
        a, b = torch.ones(2), torch.ones(2, dtype=torch.float64)
        kinds = grouped([[a, b, a], [a, b, b], []], with_indices=True)
        assert [(kind[1], places) for kind, (_, places) in kinds.items()] == [
            (torch.float32, [0, 2]), (torch.float64, [1])]
        assert kinds[a.device, a.dtype][0] == [[a, a], [a, b], []]
        assert AdamW is torch.optim.AdamW and Categorical is torch.distributions.Categorical
        assert torch is tinytorch and Tensor is tinytorch.Tensor and F is tinytorch.nn.functional
        assert nn.Linear is tinytorch.nn.Linear and Parameter is tinytorch.nn.Parameter
        assert StepLR is tinytorch.optim.lr_scheduler.StepLR
        for name, module in list(sys.modules.items()):
            if name.startswith("torch.") and "tiny" + name in sys.modules:
                assert module is sys.modules["tiny" + name]
                assert module.__spec__.name == module.__name__ == "tiny" + name
        assert pickle.loads(pickle.dumps(nn.Linear)) is nn.Linear
        assert torch.__version__ == torch.version.__version__ and torch.__version__ >= "2.0"
        assert tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 0)
        assert torch.version.cuda is None and torch.version.hip is None
    """)


def test_what_is_not_there_is_said():
    printed = run("""
        import tinytorch
        tinytorch.install_as_torch()
        import torch
        for statement in ("torch.nothing", "import torch.nothing", "import torch.nn.nothing.more",
                          "from torch.nothing import x", "from torch import nothing",
                          "import torchvision.nothing"):
            try:
                exec(statement)
            except Exception as error:
                print(type(error).__name__, str(error)[:60])
    """)
    assert printed[:4] == [
        "AttributeError tinytorch does not have torch.nothing",
        "ModuleNotFoundError tinytorch does not have the module torch.nothing",
        "ModuleNotFoundError tinytorch does not have the module torch.nn.nothing",
        "ModuleNotFoundError tinytorch does not have the module torch.nothing",
    ]
    assert printed[4].startswith("ImportError cannot import name 'nothing'")
    assert printed[5].endswith("tinytorch does not have the module torchvision.nothing")


def test_pytorch_itself_must_not_be_there_yet():
    pytest.importorskip("torch")
    printed = run("""
        import torch, tinytorch
        try:
            tinytorch.install_as_torch()
        except ImportError as error:
            print(error)
        assert torch.__version__ != tinytorch.__version__
    """)
    assert printed[0].startswith("install_as_torch: PyTorch is imported already")


def test_a_program_runs_unchanged(tmp_path):
    (tmp_path / "beside.py").write_text("import torch\nvalue = torch.ones(2).sum().item()\n")
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nimport torch, beside\n"
        "print(__name__, sys.argv[1:], beside.value, torch.__name__)\n"
    )
    command = [sys.executable, "-m", "tinytorch.as_torch"]
    for start in ([str(program)], ["-m", "program"]):
        done = subprocess.run(
            [*command, *start, "--epochs", "3"], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.stdout == "__main__ ['--epochs', '3'] 2.0 tinytorch\n", done.stderr
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "python -m tinytorch.as_torch train.py" in done.stderr


@pytest.mark.parametrize(
    "other", ["2.13", "2.13.0", "2.13.0+x", (2, 13), "1.4", (1,), "10.0", "abc", "2.14.0.dev1"]
)
def test_versions_compare_as_those_of_pytorch(other):
    expected = pytest.importorskip("torch.torch_version").TorchVersion("2.13.0+cpu")
    mine = TorchVersion("2.13.0+cpu")
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        assert compare(mine, other) == compare(expected, other), compare


def test_the_version_is_our_own_until_then():
    assert not tinytorch.__version__.startswith("2.")
