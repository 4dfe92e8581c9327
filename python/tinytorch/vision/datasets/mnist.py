"""MNIST and Fashion-MNIST: 70,000 images of 28 x 28 in four files of the IDX format."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinytorch import _creation
from tinytorch._dtype import int64
from tinytorch.milestone import mnist as original
from tinytorch.vision import _files
from tinytorch.vision.datasets.vision import ImagesInMemory, Transform, data_folders


class Part(NamedTuple):
    """A gzipped file, the shape of its array, and a checksum of what is inside, or of all."""

    name: str
    shape: tuple[int, ...]
    kind: str  # "content" with SHA-256, "packed" with MD5
    checksum: str


class MNIST(ImagesInMemory):
    """Handwritten digits: `data` (N, 28, 28) uint8, `targets` (N,) int64.

    The files lie in root/MNIST/raw, in root itself, or in $TINYTORCH_DATA/mnist; else, with
    download, they are fetched into root/MNIST/raw.
    Raises RuntimeError when they are missing, or not the original.
    Source: torchvision.datasets.MNIST
    """

    mirrors: tuple[str, ...] = original.MIRRORS
    parts = tuple(Part(f.name, f.shape, "content", f.sha256) for f in original.FILES)
    folder = "mnist"  # below $TINYTORCH_DATA
    training_file = "training.pt"
    test_file = "test.pt"
    classes = [  # noqa: RUF012
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]

    def __init__(
        self,
        root: Any = None,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        images, labels = self.parts[:2] if train else self.parts[2:]
        self.data = _creation.from_numpy(self._read(images, download))
        self.targets = _creation.from_numpy(self._read(labels, download)).to(int64)

    @property
    def raw_folder(self) -> str:
        return str(Path(self.root) / type(self).__name__ / "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.classes)}

    @property
    def train_data(self) -> Any:
        return self.data

    @property
    def train_labels(self) -> Any:
        return self.targets

    test_data = train_data
    test_labels = train_labels

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"

    def _read(self, part: Part, download: bool) -> Any:
        path = self._found(part)
        if path is None and download:
            if self.root is None:
                raise RuntimeError(f"{type(self).__name__}: to download it, a root is needed")
            path = Path(self.raw_folder) / part.name
            urls = [mirror + part.name for mirror in self.mirrors]
            _files.fetch(urls, path, lambda candidate: _verify(part, candidate))
        if path is None:
            raise RuntimeError("Dataset not found. You can use download=True to download it")
        content = _content(part, path)
        header = 4 + 4 * len(part.shape)
        return np.frombuffer(content, np.uint8, offset=header).reshape(part.shape).copy()

    def _found(self, part: Part) -> Path | None:
        places = []
        if self.root is not None:
            places = [Path(self.raw_folder), Path(self.root), Path(self.root) / self.folder]
        places += data_folders(None, self.folder)
        for place in places:
            for name in (part.name, part.name.removesuffix(".gz")):
                if (place / name).is_file():
                    return place / name
        return None


def _content(part: Part, path: Path) -> bytes:
    """What the file holds.  Raises FileError unless it is the original, to the last bit."""
    size = 4 + 4 * len(part.shape) + int(np.prod(part.shape))
    packed = path.suffix == ".gz" or path.name.endswith(".part")
    try:
        if packed:
            with gzip.open(path) as file:
                content = file.read(size + 1)  # not more, whatever it claims to hold
        else:
            content = path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise _files.FileError(
            f"{path} cannot be read: {error}; delete it and download it again"
        ) from None
    wrong = len(content) != size or content[:4] != bytes([0, 0, 8, len(part.shape)])
    if part.kind == "content":
        wrong = wrong or hashlib.sha256(content).hexdigest() != part.checksum
    elif packed:
        wrong = wrong or _files.digest(path, "md5") != part.checksum
    if wrong:
        raise _files.FileError(f"{path} is not the original file; delete it and download it again")
    return content


def _verify(part: Part, path: Path) -> None:
    _content(part, path)


class FashionMNIST(MNIST):
    """Clothes instead of digits.  Xiao et al., 2017.  Source: torchvision.datasets.FashionMNIST"""

    mirrors = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
    parts = (
        Part(
            "train-images-idx3-ubyte.gz",
            (60_000, 28, 28),
            "packed",
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        ),
        Part("train-labels-idx1-ubyte.gz", (60_000,), "packed", "25c81989df183df01b3e8a0aad5dffbe"),
        Part(
            "t10k-images-idx3-ubyte.gz",
            (10_000, 28, 28),
            "packed",
            "bef4ecab320f06d8554ea6380940ec79",
        ),
        Part("t10k-labels-idx1-ubyte.gz", (10_000,), "packed", "bb300cfdad3c16e7a12a480ee83cd310"),
    )
    folder = "fashion-mnist"
    classes = [  # noqa: RUF012
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]
