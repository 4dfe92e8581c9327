"""torch.hub: models from other people's repositories are not fetched here."""

import builtins
import os
import re
from typing import Any
from urllib.parse import urlparse as urlparse  # programs take it from here

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")  # the part of a file's name that checks its bytes

_folder: "builtins.list[str | None]" = [None]


def get_dir() -> str:
    """Where PyTorch keeps what it fetched: $TORCH_HOME/hub.  Source: torch.hub.get_dir"""
    if _folder[0] is not None:
        return _folder[0]
    caches = os.getenv("XDG_CACHE_HOME", "~/.cache")
    home = os.getenv("TORCH_HOME", os.path.join(caches, "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    _folder[0] = os.path.expanduser(d)


def _refuse(name: str) -> Any:
    raise NotImplementedError(
        f"torch.hub.{name}: tinytorch fetches nothing; build the model in your program and "
        "torch.load its weights from a file"
    )


def load(repo_or_dir: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
    """Raises NotImplementedError.  Source: torch.hub.load"""
    return _refuse("load")


def list(github: Any, *args: Any, **kwargs: Any) -> Any:
    """Raises NotImplementedError.  Source: torch.hub.list"""
    return _refuse("list")


def help(github: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
    """Raises NotImplementedError.  Source: torch.hub.help"""
    return _refuse("help")


def download_url_to_file(url: Any, dst: Any, *args: Any, **kwargs: Any) -> Any:
    """Raises NotImplementedError.  Source: torch.hub.download_url_to_file"""
    return _refuse("download_url_to_file")


def load_state_dict_from_url(url: Any, *args: Any, **kwargs: Any) -> Any:
    """Raises NotImplementedError.  Source: torch.hub.load_state_dict_from_url"""
    return _refuse("load_state_dict_from_url")
