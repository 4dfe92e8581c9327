"""vision.datasets: read from every form they come in, whole and verified, or refused."""

import gzip
import hashlib
import http.server
import io
import os
import pickle
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest

import tinytorch
from tinytorch.utils.data import DataLoader, Subset
from tinytorch.vision import _files, datasets, models, utils
from tinytorch.vision import transforms as T
from tinytorch.vision.datasets import _jpeg, mnist

Image = pytest.importorskip("PIL.Image")
DATA = os.environ.get("TINYTORCH_DATA")


@pytest.fixture(autouse=True)
def nothing_outside(monkeypatch, tmp_path):
    monkeypatch.delenv("TINYTORCH_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(_files, "PAUSE", 0)


# --- downloads ----------------------------------------------------------------------------------


@pytest.fixture
def server():
    """Serves `content` at every address, at most `limits.pop(0)` bytes of each reply."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            self.server.asked.append(asked)
            content = self.server.content
            begun = int(asked[6:-1]) if asked and self.server.ranges else 0
            self.send_response(206 if begun else 200)
            body = content[begun:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            limit = self.server.limits.pop(0) if self.server.limits else len(body)
            self.wfile.write(body[:limit])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        web.content, web.limits, web.asked, web.ranges = b"", [], [], True
        web.url = f"http://127.0.0.1:{web.server_port}/file"
        thread = threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield web
        web.shutdown()
        thread.join()


def is_text(path):
    if path.read_bytes() != b"0123456789" * 1000:
        raise _files.FileError("it is another file")


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_goes_on_where_it_broke_off(tmp_path, server, ranges):
    server.content, server.limits, server.ranges = b"0123456789" * 1000, [4000, 1000], ranges
    _files.fetch([server.url], tmp_path / "file", is_text)
    assert (tmp_path / "file").read_bytes() == server.content
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert server.asked == [None, "bytes=4000-", "bytes=5000-" if ranges else "bytes=1000-"]
    _files.fetch([server.url], tmp_path / "file", is_text)
    assert len(server.asked) == 3


def test_an_interrupted_download_keeps_its_part_for_the_next_time(tmp_path, server):
    server.content, server.limits = b"0123456789" * 1000, [100, 100, 100]
    with pytest.raises(_files.FileError, match=r"could not be downloaded in 3 attempts"):
        _files.fetch([server.url], tmp_path / "file", is_text)
    assert [path.name for path in tmp_path.iterdir()] == ["file.part"]
    _files.fetch([server.url], tmp_path / "file", is_text)
    assert server.asked[-1] == "bytes=300-"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_wrong_download_leaves_nothing_behind(tmp_path, server):
    server.content = b"something else"
    with pytest.raises(_files.FileError, match="it is another file"):
        _files.fetch([server.url], tmp_path / "file", is_text)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told():
    with pytest.raises(_files.FileError, match="cannot write to /dev/null"):
        _files.fetch(["http://127.0.0.1:9/"], Path("/dev/null/file"), is_text)


# --- MNIST --------------------------------------------------------------------------------------


def packed(array):
    content = (
        bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()
    )
    return content, hashlib.sha256(content).hexdigest()


@pytest.fixture
def small_mnist(monkeypatch, tmp_path):
    """MNIST of a few images, in tmp_path/data."""
    draw = np.random.default_rng(0)
    folder = tmp_path / "data"
    folder.mkdir()
    parts = []
    for original, shape in zip(
        datasets.MNIST.parts, [(20, 28, 28), (20,), (7, 28, 28), (7,)], strict=True
    ):
        array = draw.integers(0, 256 if len(shape) == 3 else 10, shape).astype(np.uint8)
        content, checksum = packed(array)
        parts.append(mnist.Part(original.name, shape, "content", checksum))
        (folder / original.name).write_bytes(gzip.compress(content))
    monkeypatch.setattr(datasets.MNIST, "parts", tuple(parts))
    return folder


def test_mnist_from_a_folder(small_mnist, monkeypatch, tmp_path):
    train = datasets.MNIST(small_mnist)
    image, label = train[3]
    assert (image.mode, image.size, type(label)) == ("L", (28, 28), int)
    assert (train.data.shape, train.targets.dtype) == ((20, 28, 28), tinytorch.int64)
    assert "Number of datapoints: 20" in repr(train)
    assert "Split: Train" in repr(train)
    raw = tmp_path / "other" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in small_mnist.iterdir():  # unpacked, where torchvision puts them
        (raw / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    test = datasets.MNIST(tmp_path / "other", train=False)
    assert len(test) == 7
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path))
    small_mnist.rename(tmp_path / "mnist")
    assert len(datasets.MNIST()) == 20


def test_mnist_that_is_missing_or_changed(small_mnist, tmp_path):
    with pytest.raises(RuntimeError, match="You can use download=True"):
        datasets.MNIST(tmp_path / "nowhere")
    path = small_mnist / datasets.MNIST.parts[0].name
    whole = path.read_bytes()
    for wrong in (whole[: len(whole) // 2], b"<html>", gzip.compress(bytes(20 * 784 + 16))):
        path.write_bytes(wrong)
        with pytest.raises(RuntimeError, match=r"train-images.*delete it"):
            datasets.MNIST(small_mnist)


def test_mnist_is_downloaded_once(small_mnist, monkeypatch, server, tmp_path):
    part = datasets.MNIST.parts[2]
    server.content = (small_mnist / part.name).read_bytes()
    url = server.url.removesuffix("file")
    monkeypatch.setattr(datasets.MNIST, "mirrors", (url,))
    monkeypatch.setattr(datasets.MNIST, "parts", (*datasets.MNIST.parts[:2], part, part))
    assert len(datasets.MNIST(tmp_path, train=False, download=True)) == 7
    assert len(server.asked) == 1
    assert (tmp_path / "MNIST" / "raw" / part.name).is_file()


def test_digits_are_bundled():
    pytest.importorskip("sklearn")
    train, test = datasets.Digits(), datasets.Digits(train=False, transform=T.ToTensor())
    assert (len(train), len(test)) == (1438, 359)
    assert test[0][0].shape == (1, 8, 8)


# --- CIFAR --------------------------------------------------------------------------------------


def cifar_entries(seed, count=4):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, 3072), np.uint8), draw.integers(0, 10, count).tolist()


@pytest.fixture
def pickled_cifar(monkeypatch, tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()

    def write(name, entry):
        content = pickle.dumps(entry, protocol=2)
        (folder / name).write_bytes(content)
        return hashlib.md5(content).hexdigest()

    lists = []
    for names in (["data_batch_1", "data_batch_2"], ["test_batch"]):
        listed = []
        for seed, name in enumerate(names):
            pixels, labels = cifar_entries(seed)
            listed.append((name, write(name, {"data": pixels, "labels": labels})))
        lists.append(listed)
    meta = {"label_names": [f"class {i}" for i in range(10)]}
    monkeypatch.setattr(datasets.CIFAR10, "train_list", lists[0])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", lists[1])
    known = datasets.CIFAR10.meta | {"md5": write("batches.meta", meta)}
    monkeypatch.setattr(datasets.CIFAR10, "meta", known)
    return tmp_path


def test_cifar_from_pickles(pickled_cifar):
    train = datasets.CIFAR10(pickled_cifar)
    pixels, labels = cifar_entries(1)
    image, label = train[5]
    assert (len(train), label, train.classes[3]) == (8, labels[1], "class 3")
    np.testing.assert_array_equal(np.asarray(image).transpose(2, 0, 1).ravel(), pixels[1])
    assert train.data.shape == (8, 32, 32, 3)
    assert len(datasets.CIFAR10(pickled_cifar, train=False)) == 4


class Evil:
    def __reduce__(self):
        return os.mkdir, ("/tmp/executed by a dataset",)


def test_pickles_are_not_executed(pickled_cifar, monkeypatch):
    path = pickled_cifar / "cifar-10-batches-py" / "test_batch"
    for content in (pickle.dumps(Evil()), pickle.dumps([1, 2]), b"no pickle"):
        path.write_bytes(content)
        checksum = hashlib.md5(content).hexdigest()
        monkeypatch.setattr(datasets.CIFAR10, "test_list", [("test_batch", checksum)])
        with pytest.raises(RuntimeError, match="test_batch"):
            datasets.CIFAR10(pickled_cifar, train=False)
    assert not Path("/tmp/executed by a dataset").exists()


def test_a_changed_pickle_is_refused(pickled_cifar):
    path = pickled_cifar / "cifar-10-batches-py" / "data_batch_2"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RuntimeError, match=r"not found or corrupted.*data_batch_2"):
        datasets.CIFAR10(pickled_cifar)


def test_cifar_is_downloaded_where_it_is_not_whole(pickled_cifar, monkeypatch, server):
    archive = pickled_cifar / "there.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(pickled_cifar / "cifar-10-batches-py", "cifar-10-batches-py")
    server.content = archive.read_bytes()
    monkeypatch.setattr(datasets.CIFAR10, "url", server.url)
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", hashlib.md5(server.content).hexdigest())
    (pickled_cifar / "cifar-10-batches-py" / "data_batch_2").write_bytes(b"half of it")
    (pickled_cifar / datasets.CIFAR10.filename).write_bytes(server.content[:99])
    for times in (1, 1):
        assert len(datasets.CIFAR10(pickled_cifar, download=True)) == 8
        assert len(server.asked) == times


def test_cifar_from_records(tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    records = draw.integers(0, 256, (10_000, 3073), np.uint8)
    records[:, 0] %= 10
    (tmp_path / "cifar10").mkdir()
    path = tmp_path / "cifar10" / "test_batch.bin"
    records.tofile(path)
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path))
    test = datasets.CIFAR10(train=False, transform=T.PILToTensor())
    image, label = test[123]
    assert label == records[123, 0]
    np.testing.assert_array_equal(image.numpy().ravel(), records[123, 1:])
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(RuntimeError, match=r"test_batch\.bin: expected 30730000 bytes.*not whole"):
        datasets.CIFAR10(train=False)
    records[5, 0] = 77
    records.tofile(path)
    with pytest.raises(RuntimeError, match="labels below 10, got 77"):
        datasets.CIFAR10(train=False)


def jpeg(colour):
    file = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(file, "JPEG")
    return file.getvalue()


def archive(folder, changed=None):
    """An archive of three pictures a class and split, in order of the classes."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / _jpeg.ARCHIVE, "w:xz", preset=0) as tar:
        for split in ("train", "test"):
            for number, name in enumerate(_jpeg.CLASSES):
                for at in range(3):
                    content = jpeg((25 * number, 80 * at, 7))
                    if changed == (split, name, at):
                        content = content[:100]
                    member = tarfile.TarInfo(f"{split}/{name}/{at}.jpg")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))


def test_cifar_from_pictures_is_decoded_once(tmp_path, monkeypatch):
    monkeypatch.setattr(_jpeg, "SIZES", {"train": 30, "test": 30})
    archive(tmp_path / "cifar10")
    train = datasets.CIFAR10(tmp_path)
    assert sorted(train.targets) == sorted(list(range(10)) * 3)
    assert train.targets != sorted(train.targets)
    assert abs(train.data[:, 0, 0, 0].astype(int) - 25 * np.array(train.targets)).max() < 12
    cached = sorted(path.name for path in (tmp_path / "cache" / "tinytorch" / "cifar10").iterdir())
    assert [name.partition("-")[0] for name in cached] == ["test", "train"]
    monkeypatch.setattr(_jpeg, "_decode", None)
    assert datasets.CIFAR10(tmp_path).targets == train.targets
    for path in (tmp_path / "cache" / "tinytorch" / "cifar10").iterdir():
        path.write_bytes(path.read_bytes()[:50])
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(_jpeg, "SIZES", {"train": 30, "test": 30})
    assert datasets.CIFAR10(tmp_path).targets == train.targets


def test_an_archive_that_is_not_whole_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_jpeg, "SIZES", {"train": 30, "test": 31})
    archive(tmp_path)
    with pytest.raises(RuntimeError, match="expected 31 images of test, got 30"):
        datasets.CIFAR10(tmp_path)
    archive(tmp_path, changed=("test", "frog", 1))
    with pytest.raises(RuntimeError, match=r"test/frog/1\.jpg is no image"):
        datasets.CIFAR10(tmp_path)
    path = tmp_path / _jpeg.ARCHIVE
    for content in (path.read_bytes()[:2000], b"no archive"):
        path.write_bytes(content)
        with pytest.raises(RuntimeError, match=r"cifar10-jpeg\.tar\.xz cannot be read"):
            datasets.CIFAR10(tmp_path)
    assert not (tmp_path / "cache").exists()


@pytest.mark.skipif(not DATA, reason="TINYTORCH_DATA is not set")
def test_the_real_mnist(monkeypatch):
    monkeypatch.setenv("TINYTORCH_DATA", str(DATA))
    test = datasets.MNIST(train=False)
    assert test.targets[:5].tolist() == [7, 2, 1, 0, 4]


# --- whole batches, and samples one by one ------------------------------------------------------


def usual(size=32):
    return T.Compose(
        [T.RandomCrop(size, 4), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]
    )


def seen(loader):
    tinytorch.manual_seed(3)
    batches = [(x.numpy().copy(), y.tolist()) for _ in range(2) for x, y in loader]
    return batches, tinytorch.rand(1).item()


def same(a, b):
    assert a[1] == b[1]
    for (x, y), (other_x, other_y) in zip(a[0], b[0], strict=True):
        assert y == other_y
        np.testing.assert_array_equal(x, other_x)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_made_as_samples_are(pickled_cifar, workers):
    """At once or one by one, in this process or in workers: the same draws, the same pixels."""
    planned = datasets.CIFAR10(pickled_cifar, transform=usual())
    apart = datasets.CIFAR10(pickled_cifar, transform=lambda image: usual()(image))
    options = {"batch_size": 3, "shuffle": True, "num_workers": workers}
    same(seen(DataLoader(planned, **options)), seen(DataLoader(apart, **options)))
    part = [5, 1, 1, 0]
    same(
        seen(DataLoader(Subset(planned, part), **options)),
        seen(DataLoader(Subset(apart, part), **options)),
    )


def test_a_changed_transform_or_dataset_is_noticed(pickled_cifar):
    data = datasets.CIFAR10(pickled_cifar, transform=usual())
    next(iter(DataLoader(data, 2)))
    data.transform.transforms[1].p = 1.0
    data.transform.transforms[0] = T.CenterCrop(30)
    image, _ = next(iter(DataLoader(data, 1)))
    expected = (data.data[0, 1:31, 30:0:-1].transpose(2, 0, 1) / 255 - 0.5) / 0.5
    np.testing.assert_allclose(image[0].numpy(), expected, rtol=1e-5, atol=1e-6)
    data.data = np.ascontiguousarray(data.data)[:5, :, ::-1]
    data.targets = data.targets[:5]
    image, _ = data[0]
    np.testing.assert_allclose(image.numpy()[:, :, ::-1], expected, rtol=1e-5, atol=1e-6)
    data.transform = T.ToTensor()
    (x, y), *_ = DataLoader(data, 8)
    assert (x.shape, y.tolist()) == ((5, 3, 32, 32), data.targets)


def test_an_own_getitem_is_respected(pickled_cifar):
    class Doubled(datasets.CIFAR10):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return image * 2, label + 100

    data = Doubled(pickled_cifar, transform=T.ToTensor())
    x, y = next(iter(DataLoader(data, 4)))
    assert int(y.min()) >= 100
    assert float(x.max()) > 1.5
    labelled = datasets.CIFAR10(
        pickled_cifar, transform=T.ToTensor(), target_transform=lambda label: -label
    )
    assert next(iter(DataLoader(labelled, 4)))[1].tolist() == [-n for n in labelled.targets[:4]]


def test_indices_of_a_dataset(pickled_cifar):
    data = datasets.CIFAR10(pickled_cifar, transform=T.ToTensor())
    np.testing.assert_array_equal(data[-1][0].numpy(), data[7][0].numpy())
    with pytest.raises(IndexError):
        data[8]
    with pytest.raises(ValueError, match="Only transforms or"):
        datasets.VisionDataset("here", transforms=print, transform=print)


# --- folders, fakes, grids, models --------------------------------------------------------------


def test_a_folder_a_class(tmp_path, monkeypatch):
    for name in ("dog", "cat"):
        (tmp_path / name / "deep").mkdir(parents=True)
        Image.new("L", (5, 4), 9).save(tmp_path / name / "b.png")
        Image.new("RGB", (5, 4)).save(tmp_path / name / "deep" / "a.jpg")
        (tmp_path / name / "notes.txt").write_text("no image")
    data = datasets.ImageFolder(tmp_path, transform=T.ToTensor())
    assert data.class_to_idx == {"cat": 0, "dog": 1}
    assert [Path(path).name for path, _ in data.samples] == ["b.png", "a.jpg"] * 2
    assert data.targets == [0, 0, 1, 1]
    assert data[0][0].shape == (3, 4, 5)
    broken = tmp_path / "cat" / "b.png"
    broken.write_bytes(broken.read_bytes()[:40])
    with pytest.raises(OSError, match=r"cat/b\.png cannot be read as an image"):
        data[0]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)  # another kind of error
    with pytest.raises(OSError, match=r"cat/deep/a\.jpg cannot be read as an image"):
        data[1]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no valid file for the classes empty"):
        datasets.ImageFolder(tmp_path)
    with pytest.raises(FileNotFoundError, match="Couldn't find any class folder"):
        datasets.ImageFolder(tmp_path / "empty")


def test_fake_images_are_torchvisions():
    torchvision = pytest.importorskip("torchvision")
    ours, theirs = datasets.FakeData(5, (3, 8, 6)), torchvision.datasets.FakeData(5, (3, 8, 6))
    for index in range(5):
        assert ours[index][1] == theirs[index][1]
        difference = np.asarray(ours[index][0], int) - np.asarray(theirs[index][0], int)
        assert np.isin(difference, [-1, 0, 1, 255, -255]).all()
    assert repr(ours) == repr(theirs)
    with pytest.raises(IndexError):
        ours[5]


GRIDS = {
    "plain": {},
    "narrow": {"nrow": 3, "padding": 1, "pad_value": 0.5},
    "normalized": {"normalize": True},
    "each": {"normalize": True, "scale_each": True},
    "range": {"normalize": True, "value_range": (0, 2)},
}


@pytest.mark.parametrize("name", GRIDS)
def test_grids_are_torchvisions(name):
    torchvision = pytest.importorskip("torchvision")
    import torch

    for shape in ((7, 3, 4, 5), (7, 1, 4, 5), (1, 3, 4, 5), (3, 4, 5), (4, 5)):
        x = np.random.default_rng(0).random(shape, np.float32)
        ours = utils.make_grid(tinytorch.tensor(x), **GRIDS[name])
        theirs = torchvision.utils.make_grid(torch.tensor(x), **GRIDS[name])
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


def test_a_grid_is_saved_as_a_picture(tmp_path):
    utils.save_image(tinytorch.ones(2, 1, 4, 4) * 0.5, tmp_path / "grid.png", padding=1)
    pixels = np.asarray(Image.open(tmp_path / "grid.png"))
    assert pixels.shape == (6, 11, 3)
    assert set(np.unique(pixels)) == {0, 128}
    assert [path.name for path in tmp_path.iterdir()] == ["grid.png"]
    with pytest.raises(ValueError, match="unknown file extension"):
        utils.save_image(tinytorch.ones(3, 4, 4), tmp_path / "grid.nothing")
    assert [path.name for path in tmp_path.iterdir()] == ["grid.png"]
    with pytest.raises(TypeError, match="tensor or list of tensors"):
        utils.make_grid(3)


@pytest.mark.parametrize(
    ("make", "shape", "parameters"),
    [
        (models.LeNet5, (2, 1, 28, 28), 61_706),
        (models.SimpleCNN, (2, 3, 32, 32), 242_474),
        (models.SmallAlexNet, (2, 3, 32, 32), 1_763_178),
        (lambda: models.ResNet9(width=8), (2, 3, 32, 32), 103_954),
        (lambda: models.resnet18(num_classes=10), (2, 3, 32, 32), 11_181_642),
        (lambda: models.resnet50(num_classes=10), (1, 3, 32, 32), 23_528_522),
        (lambda: models.resnext50_32x4d(num_classes=10), (1, 3, 32, 32), 23_000_394),
    ],
    ids=["lenet", "simple", "alexnet", "resnet9", "resnet18", "resnet50", "resnext50"],
)
def test_models_give_ten_numbers_an_image(make, shape, parameters):
    model = make().eval()
    assert model(tinytorch.zeros(*shape)).shape == (shape[0], 10)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_resnet18_has_torchvisions_names():
    torchvision = pytest.importorskip("torchvision")
    import torch

    torch.manual_seed(0)
    tinytorch.manual_seed(0)
    ours, theirs = models.resnet18(num_classes=4).eval(), torchvision.models.resnet18(num_classes=4)
    ours.load_state_dict({k: tinytorch.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    x = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    with torch.no_grad(), tinytorch.no_grad():
        np.testing.assert_allclose(
            ours(tinytorch.tensor(x)).numpy(), theirs.eval()(torch.tensor(x)).numpy(), atol=1e-3
        )
    with pytest.raises(ValueError, match="trained weights cannot be downloaded"):
        models.resnet18(weights="DEFAULT")
