"""Functions of an image: a Pillow image, or a tensor (..., C, H, W).

A transform of `transforms` draws its random numbers and calls one of these.
"""

from tinytorch.vision.transforms._geometry import InterpolationMode as InterpolationMode
from tinytorch.vision.transforms._geometry import (
    _interpolation_modes_from_int as _interpolation_modes_from_int,
)
from tinytorch.vision.transforms._geometry import affine as affine
from tinytorch.vision.transforms._geometry import center_crop as center_crop
from tinytorch.vision.transforms._geometry import crop as crop
from tinytorch.vision.transforms._geometry import five_crop as five_crop
from tinytorch.vision.transforms._geometry import hflip as hflip
from tinytorch.vision.transforms._geometry import pad as pad
from tinytorch.vision.transforms._geometry import pil_modes_mapping as pil_modes_mapping
from tinytorch.vision.transforms._geometry import resize as resize
from tinytorch.vision.transforms._geometry import resized_crop as resized_crop
from tinytorch.vision.transforms._geometry import rotate as rotate
from tinytorch.vision.transforms._geometry import ten_crop as ten_crop
from tinytorch.vision.transforms._geometry import vflip as vflip
from tinytorch.vision.transforms._kinds import convert_image_dtype as convert_image_dtype
from tinytorch.vision.transforms._kinds import get_dimensions as get_dimensions
from tinytorch.vision.transforms._kinds import get_image_num_channels as get_image_num_channels
from tinytorch.vision.transforms._kinds import get_image_size as get_image_size
from tinytorch.vision.transforms._kinds import normalize as normalize
from tinytorch.vision.transforms._kinds import pil_to_tensor as pil_to_tensor
from tinytorch.vision.transforms._kinds import to_pil_image as to_pil_image
from tinytorch.vision.transforms._kinds import to_tensor as to_tensor
from tinytorch.vision.transforms._values import adjust_brightness as adjust_brightness
from tinytorch.vision.transforms._values import adjust_contrast as adjust_contrast
from tinytorch.vision.transforms._values import adjust_gamma as adjust_gamma
from tinytorch.vision.transforms._values import adjust_hue as adjust_hue
from tinytorch.vision.transforms._values import adjust_saturation as adjust_saturation
from tinytorch.vision.transforms._values import erase as erase
from tinytorch.vision.transforms._values import gaussian_blur as gaussian_blur
from tinytorch.vision.transforms._values import invert as invert
from tinytorch.vision.transforms._values import rgb_to_grayscale as rgb_to_grayscale
from tinytorch.vision.transforms._values import to_grayscale as to_grayscale
