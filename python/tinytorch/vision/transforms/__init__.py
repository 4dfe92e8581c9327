"""What happens to an image on its way into a batch: torchvision.transforms.

Of Pillow images and of tensors (..., C, H, W); random ones draw what torchvision draws. Chains
that crop, flip, convert and normalise are applied to whole batches where a dataset allows it.
"""

from tinytorch.vision.transforms import functional as functional
from tinytorch.vision.transforms._basic import CenterCrop as CenterCrop
from tinytorch.vision.transforms._basic import Compose as Compose
from tinytorch.vision.transforms._basic import ConvertImageDtype as ConvertImageDtype
from tinytorch.vision.transforms._basic import FiveCrop as FiveCrop
from tinytorch.vision.transforms._basic import Grayscale as Grayscale
from tinytorch.vision.transforms._basic import Lambda as Lambda
from tinytorch.vision.transforms._basic import LinearTransformation as LinearTransformation
from tinytorch.vision.transforms._basic import Normalize as Normalize
from tinytorch.vision.transforms._basic import Pad as Pad
from tinytorch.vision.transforms._basic import PILToTensor as PILToTensor
from tinytorch.vision.transforms._basic import Resize as Resize
from tinytorch.vision.transforms._basic import TenCrop as TenCrop
from tinytorch.vision.transforms._basic import ToPILImage as ToPILImage
from tinytorch.vision.transforms._basic import ToTensor as ToTensor
from tinytorch.vision.transforms._chances import RandomApply as RandomApply
from tinytorch.vision.transforms._chances import RandomChoice as RandomChoice
from tinytorch.vision.transforms._chances import RandomGrayscale as RandomGrayscale
from tinytorch.vision.transforms._chances import RandomHorizontalFlip as RandomHorizontalFlip
from tinytorch.vision.transforms._chances import RandomInvert as RandomInvert
from tinytorch.vision.transforms._chances import RandomOrder as RandomOrder
from tinytorch.vision.transforms._chances import RandomVerticalFlip as RandomVerticalFlip
from tinytorch.vision.transforms._colours import ColorJitter as ColorJitter
from tinytorch.vision.transforms._colours import GaussianBlur as GaussianBlur
from tinytorch.vision.transforms._warps import RandomAffine as RandomAffine
from tinytorch.vision.transforms._warps import RandomRotation as RandomRotation
from tinytorch.vision.transforms._windows import RandomCrop as RandomCrop
from tinytorch.vision.transforms._windows import RandomErasing as RandomErasing
from tinytorch.vision.transforms._windows import RandomResizedCrop as RandomResizedCrop
from tinytorch.vision.transforms.functional import InterpolationMode as InterpolationMode
