"""CIFAR-10 and CIFAR-100: 60,000 small photographs of 32 x 32.  Krizhevsky, 2009."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.vision import _files
from tinytorch.vision.datasets import _jpeg
from tinytorch.vision.datasets.vision import ImagesInMemory, Transform, data_folders

RECORD = 1 + 3 * 32 * 32
MISSING = "Dataset not found or corrupted. You can use download=True to download it"


class CIFAR10(ImagesInMemory):
    """Ten kinds of things: `data` (N, 32, 32, 3) uint8, `targets` a list of classes.

    Read from what is found first, below root, then below $TINYTORCH_DATA/cifar10:
    cifar-10-batches-py (Python's pickles, of which nothing is executed), data_batch_1..5.bin and
    test_batch.bin, or cifar10-jpeg.tar.xz ({train,test}/<class>/<n>.jpg, decoded once and kept in
    the user's cache, in an order that is shuffled once for all). With download, fetched into root
    where none of them is there and whole.
    Raises RuntimeError when there is none of them, or what there is is not whole.
    Source: torchvision.datasets.CIFAR10
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list: Any = (
        ("data_batch_1", "c99cafc152244af753f735de768cd75f"),
        ("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
        ("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
        ("data_batch_4", "634d18415352ddfa80567beed471001a"),
        ("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
    )
    test_list: Any = (("test_batch", "40351d587109b95175f43aff81a1287e"),)
    meta: Any = {  # noqa: RUF012
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }
    names: tuple[str, ...] = _jpeg.CLASSES
    folder = "cifar10"  # below $TINYTORCH_DATA

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
        planes, labels, names = self._load(download)
        self.data = planes.transpose(0, 2, 3, 1)
        self.targets = labels
        self.classes = names
        self.class_to_idx = {name: number for number, name in enumerate(names)}

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"

    def _load(self, download: bool) -> tuple[Any, list[int], list[str]]:
        """(N, 3, 32, 32), labels, and the classes' names."""
        try:
            return self._found()
        except RuntimeError as error:
            if not download:
                raise
            if self.root is None:
                told = f"{type(self).__name__}: to download it, a root is needed ({error})"
                raise RuntimeError(told) from None
        self.download()
        found = self._pickles(Path(self.root))
        if found is None:
            raise RuntimeError(MISSING)
        return found

    def _found(self) -> tuple[Any, list[int], list[str]]:
        places = data_folders(self.root, self.folder)
        if self.root is not None:
            places.insert(1, Path(self.root) / self.folder)
        for place in places:
            for read in (self._pickles, self._records, self._pictures):
                found = read(place)
                if found is not None:
                    return found
        raise RuntimeError(MISSING)

    def download(self) -> None:
        """Fetches the archive into root, and unpacks it."""
        archive = Path(self.root) / self.filename

        def verify(path: Path) -> None:
            if _files.digest(path, "md5") != self.tgz_md5:
                raise _files.FileError(f"{path} is not the original file")

        if archive.is_file() and _files.digest(archive, "md5") != self.tgz_md5:
            archive.unlink()  # as torchvision: what is not the original is fetched anew
        _files.fetch([self.url], archive, verify)
        with tarfile.open(archive) as tar:
            tar.extractall(self.root, filter="data")

    # --- the three forms ----------------------------------------------------------------------

    def _pickles(self, place: Path) -> tuple[Any, list[int], list[str]] | None:
        folder = place / self.base_folder
        if not folder.is_dir():
            return None
        images, labels = [], []
        for name, checksum in self.train_list if self.train else self.test_list:
            entry = _entry(folder / name, checksum)
            pixels = np.asarray(entry["data"], np.uint8).reshape(-1, 3, 32, 32)
            numbers = entry["labels"] if "labels" in entry else entry["fine_labels"]
            if len(numbers) != len(pixels):
                raise _files.FileError(
                    f"{folder / name}: {len(pixels)} images, {len(numbers)} labels"
                )
            images.append(pixels)
            labels += [int(number) for number in numbers]
        meta = _entry(folder / self.meta["filename"], self.meta["md5"])
        return np.concatenate(images), labels, list(meta[self.meta["key"]])

    def _records(self, place: Path) -> tuple[Any, list[int], list[str]] | None:
        """One byte of label and three planes of pixels each."""
        names = [f"data_batch_{n}.bin" for n in range(1, 6)] if self.train else ["test_batch.bin"]
        if type(self).names != _jpeg.CLASSES or not (place / names[0]).is_file():
            return None
        parts = []
        for name in names:
            path = place / name
            size = path.stat().st_size if path.is_file() else 0
            if size != 10_000 * RECORD:
                raise _files.FileError(
                    f"{path}: expected {10_000 * RECORD} bytes, 10,000 images, got {size}; it is "
                    "not whole"
                )
            parts.append(np.fromfile(path, np.uint8).reshape(-1, RECORD))
        records = np.concatenate(parts)
        labels = records[:, 0]
        if labels.max() > 9:
            raise _files.FileError(f"{place}: expected labels below 10, got {labels.max()}")
        planes = np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32)
        return planes, labels.tolist(), list(self.names)

    def _pictures(self, place: Path) -> tuple[Any, list[int], list[str]] | None:
        archive = place / _jpeg.ARCHIVE
        if type(self).names != _jpeg.CLASSES or not archive.is_file():
            return None
        planes, labels = _jpeg.read(archive, self.train)
        return planes, labels.tolist(), list(self.names)


class CIFAR100(CIFAR10):
    """A hundred kinds of things, Python's pickles only.  Source: torchvision.datasets.CIFAR100"""

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list = (("train", "16019d7e3df5f24257cddd939b257f8d"),)
    test_list = (("test", "f0ef6b0ae62326f3e7ffdfab6717acfc"),)
    meta = {  # noqa: RUF012
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }
    names = ()
    folder = "cifar100"


class _OnlyArrays(pickle.Unpickler):
    """Reads dicts, lists, numbers and arrays; a pickle that asks for anything else is refused."""

    _ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def _entry(path: Path, checksum: str) -> dict[str, Any]:
    """A pickled dict of arrays.  Raises RuntimeError for a file that is not the original."""
    if not path.is_file() or _files.digest(path, "md5") != checksum:
        raise RuntimeError(f"{MISSING} ({path} is missing or not the original file)")
    try:
        found = _OnlyArrays(io.BytesIO(path.read_bytes()), encoding="latin1").load()
    except Exception as error:
        raise _files.FileError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise _files.FileError(f"{path}: expected a dict, got a {type(found).__name__}")
    return found
