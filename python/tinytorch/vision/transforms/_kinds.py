"""What an image is: its size, and the ways between Pillow images, arrays and tensors."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from tinytorch import _C, _creation, dataloader
from tinytorch import _dtype as dtypes
from tinytorch._C import Tensor
from tinytorch.vision._pillow import is_pil_image, pillow
from tinytorch.vision.transforms import _pil, _tensor


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    return _tensor.get_dimensions(img) if isinstance(img, Tensor) else _pil.get_dimensions(img)


def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_image_num_channels(img: Any) -> int:
    return get_dimensions(img)[0]


def to_tensor(pic: Any) -> Any:
    """A Pillow image or array (H, W, C) -> tensor (C, H, W); bytes become floats in [0, 1].

    Raises TypeError for other objects, ValueError for arrays of other ranks.
    Source: torchvision.transforms.functional.to_tensor
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        pixels = pic[:, :, None] if pic.ndim == 2 else pic
    elif is_pil_image(pic):
        pixels = _pixels(pic)
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    planes = pixels.transpose(2, 0, 1)
    if pixels.dtype != np.uint8:
        return _creation.from_numpy(planes).contiguous()
    if _C.get_default_dtype() == dtypes.float32:
        return dataloader.to_float(planes[None])[0]  # type: ignore[arg-type]
    return _creation.from_numpy(planes).contiguous().to(_C.get_default_dtype()).div(255)


def _pixels(pic: Any) -> Any:
    """(H, W, C) of a Pillow image."""
    little = sys.byteorder == "little"
    kinds = {"I": np.int32, "I;16" if little else "I;16B": np.int16, "F": np.float32}
    pixels = np.array(pic, kinds.get(pic.mode, np.uint8), copy=True)
    if pic.mode == "1":
        pixels = pixels * np.uint8(255)
    return pixels.reshape(pic.height, pic.width, len(pic.getbands()))


def pil_to_tensor(pic: Any) -> Any:
    """A Pillow image -> tensor (C, H, W), values as they are."""
    if not is_pil_image(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    pixels = np.array(pic, copy=True).reshape(pic.height, pic.width, len(pic.getbands()))
    return _creation.from_numpy(pixels).permute(2, 0, 1)


def convert_image_dtype(image: Any, dtype: Any = dtypes.float32) -> Any:
    """A tensor in another dtype, its scale with it: [0, 255] of bytes is [0, 1] of floats."""
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    return _tensor.convert_image_dtype(image, dtype)


_MODES = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (C, H, W) or array (H, W, C) -> Pillow image; floats in [0, 1] become bytes.

    Raises TypeError for other objects and dtypes, ValueError for other shapes or modes.
    Source: torchvision.transforms.functional.to_pil_image
    """
    if isinstance(pic, Tensor):
        pic = (pic.permute(1, 2, 0) if pic.dim() == 3 else pic).numpy(force=True)
    elif not isinstance(pic, np.ndarray):
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if pic.ndim == 2:
        pic = pic[:, :, None]
    if pic.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    channels = pic.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if np.issubdtype(pic.dtype, np.floating) and mode != "F":
        pic = (pic * 255).astype(np.uint8)
    if channels == 1:
        pic = pic[:, :, 0]
        sixteen = "I;16" if sys.byteorder == "little" else "I;16B"
        expected = {"uint8": "L", "int16": sixteen, "int32": "I", "float32": "F"}.get(
            pic.dtype.name
        )
        if mode is not None and mode != expected:
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {np.dtype}. Should be {expected}"
            )
        mode = expected
    else:
        permitted = _MODES[channels]
        if mode is not None and mode not in permitted:
            raise ValueError(f"Only modes {list(permitted)} are supported for {channels}D inputs")
        if mode is None and pic.dtype == np.uint8:
            mode = permitted[0]
    if mode is None:
        raise TypeError(f"Input type {pic.dtype} is not supported")
    image = pillow().fromarray(np.ascontiguousarray(pic))
    return image if image.mode == mode else _as_mode(pic, mode)


def _as_mode(pic: Any, mode: str) -> Any:
    return pillow().frombytes(
        mode, (pic.shape[1], pic.shape[0]), np.ascontiguousarray(pic).tobytes()
    )


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """(tensor - mean[c]) / std[c] for each channel.  Raises ValueError for a std of zero."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    return _tensor.normalize(tensor, mean, std, inplace)
