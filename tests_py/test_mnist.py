"""MNIST's files: read where they are, downloaded whole and verified, or refused in a sentence."""

import gzip
import hashlib
import http.server
import runpy
import threading
from pathlib import Path

import numpy as np
import pytest

from tinytorch.milestone import data, mnist, stage

SCRIPT = Path(__file__).resolve().parent.parent / "milestones" / "mlp_1986.py"


@pytest.fixture
def server(monkeypatch):
    """Serves the replies in `server.replies`, one a request: bytes, or an HTTP status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            reply = self.server.replies.pop(0)
            body = reply if isinstance(reply, bytes) else b""
            self.send_response(200 if isinstance(reply, bytes) else reply)
            self.send_header("Content-Length", str(self.server.promised or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    monkeypatch.setattr(mnist, "PAUSE", 0)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        web.replies, web.asked, web.promised = [], [], None
        web.mirrors = [f"http://127.0.0.1:{web.server_port}/{name}/" for name in ("a", "b")]
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        yield web
        web.shutdown()
        thread.join()


def idx(array):
    """The array as a file of MNIST's format, and its description."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    content = header + array.tobytes()
    file = mnist.File("some-ubyte.gz", array.shape, hashlib.sha256(content).hexdigest())
    return file, gzip.compress(content)


IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_a_missing_file_is_downloaded_once(tmp_path, server):
    file, packed = idx(IMAGES)
    server.replies = [packed]
    for _ in range(2):
        np.testing.assert_array_equal(mnist.read(file, tmp_path / "new", server.mirrors), IMAGES)
    assert server.asked == ["/a/some-ubyte.gz"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["some-ubyte.gz"]


def test_a_failed_download_is_tried_again_elsewhere(tmp_path, server):
    file, packed = idx(IMAGES)
    server.replies = [503, packed[: len(packed) // 2], packed]
    np.testing.assert_array_equal(mnist.read(file, tmp_path, server.mirrors), IMAGES)
    assert server.asked == ["/a/some-ubyte.gz", "/b/some-ubyte.gz", "/a/some-ubyte.gz"]


@pytest.mark.parametrize("reply", ["another file", "no gzip", "broken stream", "missing"])
def test_a_wrong_download_leaves_nothing_behind(tmp_path, server, reply):
    file, packed = idx(IMAGES)
    replies = {
        "another file": gzip.compress(bytes(file.size)),
        "no gzip": b"<html>not found</html>",
        "broken stream": packed[:12] + b"\xff" * (len(packed) - 12),
        "missing": 404,
    }
    server.replies = [replies[reply]] * mnist.ATTEMPTS
    with pytest.raises(data.DataError, match=r"some-ubyte\.gz could not be downloaded"):
        mnist.read(file, tmp_path, server.mirrors)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_the_original_is_not_read(tmp_path):
    file, _ = idx(IMAGES)
    (tmp_path / file.name).write_bytes(gzip.compress(bytes(10**6)))
    with pytest.raises(data.DataError, match="is not the original file; delete it"):
        mnist.read(file, tmp_path, mirrors=[])


def test_a_folder_that_cannot_be_written_is_told():
    file, _ = idx(IMAGES)
    with pytest.raises(data.DataError, match="cannot write to /dev/null/mnist"):
        mnist.read(file, Path("/dev/null/mnist"), mirrors=[])


def test_the_folder_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path))
    assert mnist.folder() == tmp_path / "mnist"
    monkeypatch.delenv("TINYTORCH_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert mnist.folder() == tmp_path / "cache" / "tinytorch" / "mnist"


def test_mnist_is_read_like_the_bundled_digits(monkeypatch, tmp_path):
    """A network learns from four files of MNIST's form, made of small digits in large frames."""
    small = data.bundled_digits()
    arrays = []
    for x, y in ((small.x, small.y), (small.test_x, small.test_y)):
        images = np.zeros((len(x), 28, 28), np.uint8)
        images[:, 6:22, 6:22] = np.kron(x.reshape(-1, 8, 8) * 255, np.ones((1, 2, 2)))
        arrays += [images, y.astype(np.uint8)]
    files = []
    for original, array in zip(mnist.FILES, arrays, strict=True):
        file, packed = idx(array)
        files.append(file._replace(name=original.name))
        (tmp_path / original.name).write_bytes(packed)
    monkeypatch.setattr(mnist, "FILES", tuple(files))
    monkeypatch.setattr(mnist, "folder", lambda: tmp_path)
    milestone = runpy.run_path(str(SCRIPT))["MILESTONE"]
    settings = {"seed": 1, "epochs": 10, "lr": 0.2, "hidden": 64, "batch": 16, "source": "mnist"}
    result = stage.judged(milestone, stage.attempt(milestone, **settings), **settings)
    assert result.passed, result
