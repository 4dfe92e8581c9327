"""Pillow, where it is installed: images are its images, and the library runs without it."""

from typing import Any


def pillow() -> Any:
    """The module PIL.Image.  Raises ImportError in a sentence where Pillow is missing."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "images need Pillow: pip install 'tinytorch-cpp[milestones]', or pip install pillow"
        ) from None
    return Image


def is_pil_image(value: Any) -> bool:
    """Whether it is a Pillow image; never imports Pillow for that."""
    kind = type(value)
    if not any(base.__module__ == "PIL.Image" for base in kind.__mro__):
        return False
    return isinstance(value, pillow().Image)
