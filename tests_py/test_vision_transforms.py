"""vision.transforms beside torchvision, and batches made at once beside samples."""

import numpy as np
import pytest

import tinytorch
from tinytorch.vision import transforms as T
from tinytorch.vision.transforms import functional as F
from tinytorch.vision.transforms._plan import plan_of

Image = pytest.importorskip("PIL.Image")


def picture(mode="RGB", width=13, height=11, seed=0):
    shape = (height, width, len(mode)) if len(mode) > 1 else (height, width)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8))


def image(kind, seed=0, channels=3):
    draw = np.random.default_rng(seed)
    if kind == "float32":
        return draw.random((channels, 11, 13)).astype(np.float32)
    return draw.integers(0, 256, (channels, 11, 13), np.uint8)


SHAPES = {
    "CenterCrop": lambda T: T.CenterCrop(6),
    "CenterCrop larger": lambda T: T.CenterCrop((20, 9)),
    "Pad": lambda T: T.Pad((1, 2, 3, 4), fill=7),
    "Pad edge": lambda T: T.Pad(2, padding_mode="edge"),
    "Pad reflect": lambda T: T.Pad([3, 2], padding_mode="reflect"),
    "Pad symmetric": lambda T: T.Pad((2, 3), padding_mode="symmetric"),
    "Resize": lambda T: T.Resize(7),
    "Resize both": lambda T: T.Resize((17, 5)),
    "Resize larger": lambda T: T.Resize((30, 31)),
    "Resize most": lambda T: T.Resize(8, max_size=9),
    "Resize nearest": lambda T: T.Resize((5, 20), T.InterpolationMode.NEAREST),
    "Resize bicubic": lambda T: T.Resize((5, 20), T.InterpolationMode.BICUBIC),
    "RandomCrop": lambda T: T.RandomCrop(9),
    "RandomCrop padding": lambda T: T.RandomCrop(11, padding=4),
    "RandomCrop reflect": lambda T: T.RandomCrop((11, 13), 3, padding_mode="reflect"),
    "RandomCrop if needed": lambda T: T.RandomCrop(20, pad_if_needed=True, fill=3),
    "RandomHorizontalFlip": lambda T: T.RandomHorizontalFlip(0.7),
    "RandomVerticalFlip": lambda T: T.RandomVerticalFlip(),
    "RandomRotation": lambda T: T.RandomRotation(40),
    "RandomRotation bilinear": lambda T: T.RandomRotation(
        (10, 30), T.InterpolationMode.BILINEAR, fill=9
    ),
    "RandomRotation expand": lambda T: T.RandomRotation(40, expand=True),
    "RandomRotation center": lambda T: T.RandomRotation(40, center=(2, 3)),
    "RandomAffine": lambda T: T.RandomAffine(20, (0.1, 0.2), (0.8, 1.1), 10),
    "RandomResizedCrop": lambda T: T.RandomResizedCrop(8),
    "RandomApply": lambda T: T.RandomApply([T.CenterCrop(5), T.Pad(1)], p=0.4),
    "RandomChoice": lambda T: T.RandomChoice([T.CenterCrop(5), T.Pad(1)], p=[0.4, 0.6]),
    "RandomOrder": lambda T: T.RandomOrder([T.CenterCrop(5), T.Pad(1)]),
    "FiveCrop": lambda T: T.FiveCrop(4),
    "TenCrop": lambda T: T.TenCrop((4, 6), vertical_flip=True),
    "Lambda": lambda T: T.Lambda(lambda x: x),
    "GaussianBlur": lambda T: T.GaussianBlur((3, 5)),
    "Grayscale": lambda T: T.Grayscale(),
    "Grayscale of three": lambda T: T.Grayscale(3),
    "RandomGrayscale": lambda T: T.RandomGrayscale(0.6),
    "RandomInvert": lambda T: T.RandomInvert(),
    "ColorJitter": lambda T: T.ColorJitter(0.4, (0.6, 1.5), 0.7, 0.2),
    "ColorJitter hue": lambda T: T.ColorJitter(hue=(-0.3, 0.5)),
}
OF_TENSORS = {
    "Normalize": lambda T: T.Normalize((0.5, 0.4, 0.3), [0.1, 2, 0.3]),
    "Normalize one": lambda T: T.Normalize([0.5], 0.25),
    "RandomErasing": lambda T: T.RandomErasing(0.8),
    "RandomErasing random": lambda T: T.RandomErasing(1, value="random"),
    "RandomErasing colour": lambda T: T.RandomErasing(1, (0.1, 0.2), (1, 2), (0.1, 0.2, 0.3)),
}
TO_AND_FRO = {
    "ToTensor": lambda T: T.ToTensor(),
    "PILToTensor": lambda T: T.PILToTensor(),
    "ToPILImage": lambda T: T.Compose([T.ToTensor(), T.ToPILImage(), T.PILToTensor()]),
    "Compose": lambda T: T.Compose(
        [T.RandomCrop(11, 2), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize(0.5, 0.5)]
    ),
    "ConvertImageDtype": lambda T: T.Compose([T.PILToTensor(), T.ConvertImageDtype(FLOAT[T])]),
}
FLOAT = {}


@pytest.fixture(scope="module")
def both():
    """(tinytorch, its transforms), (torch, torchvision's)."""
    torchvision = pytest.importorskip("torchvision")
    import torch

    theirs = torchvision.transforms
    FLOAT.update({T: tinytorch.float32, theirs: torch.float32})
    return (tinytorch, T), (torch, theirs)


def seeded(torch, make, T, inputs):
    """What the transform gives, three times each, and the number drawn after that."""
    import random

    torch.manual_seed(11)
    random.seed(5)
    transform = make(T)
    results = [transform(x) for x in inputs for _ in range(3)]
    return results, torch.rand(1).item(), repr(transform)


def arrays(value):
    if isinstance(value, tuple):
        return [arrays(part) for part in value]
    return np.asarray(value)


def compare(ours, theirs, atol):
    assert ours[1] == theirs[1], "other random numbers were drawn"
    assert ours[2] == theirs[2]
    for mine, other in zip(ours[0], theirs[0], strict=True):
        for a, b in zip(np.atleast_1d(arrays(mine)), np.atleast_1d(arrays(other)), strict=True):
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a.astype(float), b.astype(float), atol=atol, rtol=1e-5)


@pytest.mark.parametrize("name", SHAPES)
def test_of_pillow_images_as_torchvision(both, name):
    inputs = [picture(), picture("RGB", seed=1)]
    if "Gray" not in name:
        inputs.append(picture("L"))
    results = [seeded(torch, SHAPES[name], T, inputs) for torch, T in both]
    compare(*results, atol=1 if "Blur" in name else 0)


@pytest.mark.parametrize("kind", ["uint8", "float32"])
@pytest.mark.parametrize("name", [*SHAPES, *OF_TENSORS])
def test_of_tensors_as_torchvision(both, name, kind):
    if name in OF_TENSORS and kind == "uint8":
        pytest.skip("of floats only")
    make = (SHAPES | OF_TENSORS)[name]
    results = []
    for torch, transforms in both:
        inputs = [torch.tensor(image(kind, seed)) for seed in range(2)]
        results.append(seeded(torch, make, transforms, inputs))
    rounded = any(word in name for word in ("Resiz", "Blur", "Jitter", "bilinear"))
    compare(*results, atol=(1 if rounded else 0) if kind == "uint8" else 2e-5)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("name", TO_AND_FRO)
def test_to_tensors_and_back_as_torchvision(both, name, mode):
    results = [seeded(torch, TO_AND_FRO[name], T, [picture(mode)]) for torch, T in both]
    compare(*results, atol=0)


CALLS = {
    "to_tensor of a list": lambda t, T, F: F.to_tensor([1]),
    "to_tensor of a row": lambda t, T, F: F.to_tensor(np.zeros(3)),
    "to_tensor of int32": lambda t, T, F: F.to_tensor(np.ones((2, 3), np.int32)),
    "to_tensor of bool": lambda t, T, F: F.to_tensor(Image.new("1", (3, 2), 1)),
    "to_tensor of I": lambda t, T, F: F.to_tensor(Image.new("I", (3, 2), 70000)),
    "to_pil_image of five": lambda t, T, F: F.to_pil_image(t.zeros(5, 2, 2)),
    "to_pil_image of four dims": lambda t, T, F: F.to_pil_image(t.zeros(1, 5, 2, 2)),
    "to_pil_image of a list": lambda t, T, F: F.to_pil_image([1]),
    "to_pil_image mode": lambda t, T, F: F.to_pil_image(t.zeros(1, 2, 2), "RGB"),
    "to_pil_image of int64": lambda t, T, F: F.to_pil_image(t.zeros(3, 2, 2, dtype=t.int64)),
    "to_pil_image L": lambda t, T, F: np.asarray(F.to_pil_image(t.full((4, 3), 0.5))).tolist(),
    "to_pil_image HSV": lambda t, T, F: F.to_pil_image(t.zeros(3, 2, 2), "HSV").mode,
    "normalize of bytes": lambda t, T, F: F.normalize(t.zeros(3, 2, 2, dtype=t.uint8), [0], [1]),
    "normalize by zero": lambda t, T, F: F.normalize(t.zeros(3, 2, 2), [0.0], [0.0]),
    "normalize of two dims": lambda t, T, F: F.normalize(t.zeros(2, 2), [0.0], [1.0]),
    "normalize wrong channels": lambda t, T, F: F.normalize(t.zeros(3, 2, 2), [0.0] * 2, [1.0] * 2),
    "normalize of a batch": lambda t, T, F: F.normalize(t.ones(2, 3, 2, 2), [0.5] * 3, [2.0] * 3),
    "convert to int": lambda t, T, F: F.convert_image_dtype(t.rand(2, 2), t.int32),
    "convert to uint8": lambda t, T, F: F.convert_image_dtype(t.linspace(0, 1, 9), t.uint8),
    "convert uint8 to int32": lambda t, T, F: F.convert_image_dtype(
        t.tensor([0, 9, 255], dtype=t.uint8), t.int32
    ),
    "convert int32 to uint8": lambda t, T, F: F.convert_image_dtype(
        t.tensor([0, 9, 2**31 - 1], dtype=t.int32), t.uint8
    ),
    "crop outside": lambda t, T, F: F.crop(t.ones(1, 3, 3), -1, 2, 3, 4),
    "crop far outside": lambda t, T, F: F.crop(t.ones(1, 3, 3), 7, 2, 3, 4),
    "crop of a number": lambda t, T, F: F.crop(3, 0, 0, 1, 1),
    "pad fill": lambda t, T, F: F.pad(t.ones(1, 2, 2), 1, fill=(1, 2)),
    "pad mode": lambda t, T, F: F.pad(t.ones(1, 2, 2), 1, padding_mode="other"),
    "pad three": lambda t, T, F: F.pad(t.ones(1, 2, 2), [1, 2, 3]),
    "pad negative": lambda t, T, F: F.pad(t.arange(16.0).view(1, 4, 4), [-1, 1, 0, -2]),
    "hflip of a batch": lambda t, T, F: F.hflip(t.arange(8).view(2, 1, 2, 2)),
    "rotate 90": lambda t, T, F: F.rotate(t.arange(9.0).view(1, 3, 3), 90),
    "rotate text": lambda t, T, F: F.rotate(t.ones(1, 2, 2), "a"),
    "affine scale": lambda t, T, F: F.affine(t.ones(1, 2, 2), 1.0, [0, 0], -1.0, [0.0, 0.0]),
    "RandomCrop too large": lambda t, T, F: T.RandomCrop(9)(t.ones(1, 3, 3)),
    "RandomCrop size": lambda t, T, F: T.RandomCrop((1, 2, 3)),
    "RandomErasing value": lambda t, T, F: T.RandomErasing(value="all"),
    "RandomErasing p": lambda t, T, F: T.RandomErasing(p=2),
    "RandomErasing colours": lambda t, T, F: T.RandomErasing(1, value=(1, 2))(t.ones(3, 9, 9)),
    "RandomErasing in place": lambda t, T, F: erased_in_place(t, T),
    "ColorJitter negative": lambda t, T, F: T.ColorJitter(-1),
    "ColorJitter hue": lambda t, T, F: T.ColorJitter(hue=0.6),
    "ColorJitter text": lambda t, T, F: T.ColorJitter("a"),
    "RandomRotation negative": lambda t, T, F: T.RandomRotation(-3),
    "RandomRotation three": lambda t, T, F: T.RandomRotation([1, 2, 3]),
    "RandomRotation fill": lambda t, T, F: T.RandomRotation(3, fill=object()),
    "Resize three": lambda t, T, F: T.Resize([1, 2, 3]),
    "Resize text": lambda t, T, F: T.Resize(1.5),
    "Resize most": lambda t, T, F: T.Resize(8, max_size=8)(t.ones(1, 9, 9)),
    "Pad text": lambda t, T, F: T.Pad("a"),
    "GaussianBlur even": lambda t, T, F: T.GaussianBlur(4),
    "GaussianBlur sigma": lambda t, T, F: T.GaussianBlur(3, 0),
    "Lambda of nothing": lambda t, T, F: T.Lambda(3),
    "Normalize repr": lambda t, T, F: repr(T.Normalize([0.5], [2])),
    "adjust_hue far": lambda t, T, F: F.adjust_hue(t.ones(3, 2, 2), 0.7),
    "adjust_brightness below": lambda t, T, F: F.adjust_brightness(t.ones(3, 2, 2), -1),
    "grayscale of two": lambda t, T, F: F.rgb_to_grayscale(t.ones(2, 2, 2)),
    "adjust_gamma": lambda t, T, F: F.adjust_gamma(t.rand(3, 2, 2), 2.2, 1.1),
    "get_dimensions": lambda t, T, F: (
        F.get_dimensions(t.ones(5, 3, 2, 4)) + F.get_image_size(picture())
    ),
}


def erased_in_place(t, T):
    x = t.ones(3, 9, 9)
    same = T.RandomErasing(1, inplace=True)(x) is x
    return same, x


def outcome(call, t, T):
    t.manual_seed(2)
    try:
        found = call(t, T, T.functional)
    except Exception as error:
        return type(error).__name__, str(error)[:40]
    if hasattr(found, "tolist"):
        return str(found.dtype).rpartition(".")[2], np.round(
            found.numpy().astype(float), 4
        ).tolist()
    return str(found)


WORDED_OTHERWISE = {
    "normalize wrong channels", "Lambda of nothing", "RandomErasing in place", "pad fill",
    "crop of a number",
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls_as_torchvision(both, name):
    ours, theirs = (outcome(CALLS[name], torch, T) for torch, T in both)
    if name in WORDED_OTHERWISE:
        ours, theirs = ours[0], theirs[0]
    assert ours == theirs


# --- without torchvision --------------------------------------------------------------------------


def test_bytes_become_shares_of_one():
    x = F.to_tensor(np.array([[0, 51], [102, 255]], np.uint8))
    assert x.shape == (1, 2, 2)
    np.testing.assert_allclose(x.numpy().ravel(), [0, 0.2, 0.4, 1.0], rtol=1e-7)


def test_no_gradient_is_lost_silently():
    x = tinytorch.rand(3, 8, 8, requires_grad=True)
    F.normalize(F.hflip(F.pad(x, 1)), [0.5] * 3, [2.0] * 3).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.full((3, 8, 8), 0.5))
    with pytest.raises(RuntimeError, match="has no gradient here"):
        F.rotate(x, 10)


CHAINS = {
    "usual": [
        T.RandomCrop(12, padding=4),
        T.RandomHorizontalFlip(),
        T.ToTensor(),
        T.Normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.4)),
    ],
    "flip first": [T.RandomHorizontalFlip(0.3), T.RandomCrop((9, 12), 2, fill=200), T.ToTensor()],
    "of tensors": [
        T.ToTensor(),
        T.Normalize([0.5], [0.5]),
        T.RandomCrop((9, 8), padding=(1, 2), fill=0.25),
        T.RandomHorizontalFlip(),
        T.RandomHorizontalFlip(),
    ],
    "without chance": [T.Pad((1, 2, 3, 4), 9), T.CenterCrop(10), T.PILToTensor()],
    "as wide as it is": [T.RandomCrop(12), T.ToTensor()],
    "converted": [T.PILToTensor(), T.ConvertImageDtype(tinytorch.float32)],
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_batch_at_once_is_sample_by_sample(name):
    chain = T.Compose(CHAINS[name])
    pictures = [picture("RGB", 12, 12, seed) for seed in range(30)]
    tinytorch.manual_seed(7)
    apart = tinytorch.stack([chain(one) for one in pictures])
    following = tinytorch.rand(1).item()
    planes = tinytorch.tensor(np.stack([np.asarray(p).transpose(2, 0, 1) for p in pictures]))
    tinytorch.manual_seed(7)
    together = plan_of(chain, 3, 12, 12)(planes)
    assert tinytorch.rand(1).item() == following
    np.testing.assert_array_equal(together.numpy(), apart.numpy())
    generator = tinytorch.Generator()
    generator.manual_seed(7)
    other = plan_of(chain, 3, 12, 12)(planes, generator)
    np.testing.assert_array_equal(other.numpy(), apart.numpy())


class Mine(T.ToTensor):
    pass


@pytest.mark.parametrize(
    "chain",
    [
        None,
        Mine(),
        T.Compose([T.ToTensor(), T.RandomErasing()]),
        T.Compose([T.RandomCrop(40), T.ToTensor()]),
        T.Compose([T.RandomCrop(9, 2, padding_mode="reflect"), T.ToTensor()]),
        T.RandomHorizontalFlip(),
        T.Normalize([0.5], [0.5]),
        T.Compose([T.ToTensor(), T.Normalize([0.5], [0.0])]),
        T.Compose([T.ToTensor(), T.Normalize([0.5] * 2, [1.0] * 2)]),
        T.Compose([T.ToTensor(), T.ToTensor()]),
    ],
    ids=str,
)
def test_what_is_not_understood_is_not_planned(chain):
    assert plan_of(chain, 3, 12, 12) is None
