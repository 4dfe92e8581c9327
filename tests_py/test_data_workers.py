"""The loader's workers: their order and random numbers are PyTorch's, and nothing outlives them."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import tinytorch
from tinytorch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset


@pytest.fixture(autouse=True)
def nobody_is_left(request):
    """No process and no open file of a worker survives a test."""
    files = Path("/proc/self/fd")
    before = len(list(files.iterdir())) if files.is_dir() else 0
    yield
    assert not multiprocessing.active_children()
    if files.is_dir() and "pytorch" not in request.node.name:
        assert len(list(files.iterdir())) <= before + 2  # those of a resource tracker


class Rows(Dataset):
    """Arrays, tensors, numbers and words; `act` happens at sample 5."""

    def __init__(self, act=None, size=11):
        self.act, self.size = act, size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        if index == 5 and self.act:
            self.act()
        big = np.full((40, 50), index, np.float32)
        return {"big": big, "t": tinytorch.tensor([index, 1.5]), "i": index, "word": f"w{index}"}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return (str(value.dtype), value.tolist()) if hasattr(value, "tolist") else value


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_batches_are_those_of_one_process(context):
    alone = plain(list(DataLoader(Rows(), 3)))
    loader = DataLoader(Rows(), 3, num_workers=2, multiprocessing_context=context)
    assert plain(list(loader)) == alone


def test_batches_can_be_written_to():
    for batch in DataLoader(Rows(), 3, num_workers=1):
        batch["big"].add_(1)
        batch["t"].numpy()[:] = 0


def halves():
    return tinytorch.tensor([1.5, 2.5], dtype=tinytorch.bfloat16), tinytorch.ones(2, dtype=bool)


class Odd(Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return halves(), tinytorch.zeros(0), tinytorch.tensor(3), np.zeros((0, 3)), None


def as_is(samples):
    return samples


def test_anything_can_be_sent():
    (batch,) = DataLoader(Odd(), 3, num_workers=1, collate_fn=as_is)
    assert str(batch) == str([Odd()[i] for i in range(3)])


def test_slow_workers_do_not_change_the_order():
    class Uneven(Rows):
        def __getitem__(self, index):
            time.sleep(0.02 * (index % 3 == 0))
            return index

    order = [batch.tolist() for batch in DataLoader(Uneven(), 1, num_workers=2)]
    assert order == [[i] for i in range(11)]
    some = [batch.item() for batch in DataLoader(Uneven(), 1, num_workers=2, in_order=False)]
    assert sorted(some) == list(range(11))


# --- beside PyTorch -----------------------------------------------------------------------------


def seen_by_workers(torch):
    """What workers draw, from every generator, and what is left to the main process."""

    class Draws(torch.utils.data.Dataset):
        def __len__(self):
            return 7

        def __getitem__(self, index):
            info = torch.utils.data.get_worker_info()
            return (
                index, info.id, info.num_workers, info.seed, len(info.dataset), random.random(),
                np.random.rand(), torch.rand(2).tolist(), torch.initial_seed(),
            )  # fmt: skip

    torch.manual_seed(3)
    seen = []
    for generator in (None, torch.Generator().manual_seed(8)):
        loader = torch.utils.data.DataLoader(
            Draws(), 2, shuffle=True, num_workers=2, collate_fn=as_is, generator=generator
        )
        seen += [list(loader), list(loader), torch.rand(1).item()]
    return seen


def shares(torch):
    """Streams that workers share, of unequal lengths, and such that nobody shares."""
    data = torch.utils.data

    class Stream(data.IterableDataset):
        def __init__(self, stop, shared):
            self.stop, self.shared = stop, shared

        def __iter__(self):
            info = data.get_worker_info()
            if not self.shared or info is None:
                return iter(range(self.stop))
            return iter(range(info.id, self.stop, info.num_workers * (1 + info.id)))

    seen = []
    for workers in (1, 2):
        for shared in (False, True):
            for size in (None, 2, 3):
                for drop in (False, True) if size else (False,):
                    loader = data.DataLoader(
                        Stream(9, shared), size, num_workers=workers, drop_last=drop
                    )
                    seen.append([b.tolist() if size else b for b in loader])
    return seen


def persistent(torch):
    torch.manual_seed(1)
    loader = torch.utils.data.DataLoader(
        list(range(9)), 2, shuffle=True, num_workers=2, persistent_workers=True
    )
    seen = [[batch.tolist() for batch in loader] for _ in range(3)]
    return [*seen, torch.rand(1).item()]


def in_memory(torch):
    """A dataset of tensors, which here needs no processes."""
    data = torch.utils.data
    x = torch.arange(23)
    dataset = data.Subset(data.TensorDataset(x, x * 2.0), range(3, 20))
    seen = []
    for workers in (0, 2):
        torch.manual_seed(5)
        loader = data.DataLoader(dataset, 4, shuffle=True, num_workers=workers, drop_last=True)
        epochs = [[[p.tolist() for p in batch] for batch in loader] for _ in range(2)]
        next(iter(loader))
        seen += [epochs, torch.rand(1).item()]
    return seen


@pytest.mark.parametrize("program", [seen_by_workers, shares, persistent, in_memory])
def test_as_pytorch(program):
    torch = pytest.importorskip("torch")
    assert program(tinytorch) == program(torch)


# --- what goes wrong ----------------------------------------------------------------------------


class Complaint(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)


def raise_key():
    raise KeyError("no such key")


def raise_value():
    raise ValueError("a bad value")


def raise_complaint():
    raise Complaint("one", "two")


def raise_local():
    class Local(ValueError):
        pass

    raise Local("nobody else knows this type")


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (raise_key, KeyError),
        (raise_value, ValueError),
        (raise_complaint, RuntimeError),
        (raise_local, RuntimeError),
    ],
)
def test_an_exception_keeps_its_type_and_traceback(act, kind):
    batches = iter(DataLoader(Rows(act), 3, num_workers=2))
    next(batches)
    with pytest.raises(kind, match=r"(?s)Caught .* in DataLoader worker process 1.*Original Trace"):
        next(batches)
    assert plain(next(batches)["i"])[1] == [6, 7, 8]  # the others go on
    del batches


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def leave():
    os._exit(3)


def sleep():
    time.sleep(60)


@pytest.mark.parametrize(
    ("act", "told"), [(die, r"pid\(s\) \d+.*SIGKILL"), (leave, r"pid\(s\) \d+.*exit code 3")]
)
def test_a_dead_worker_is_named(act, told):
    batches = iter(DataLoader(Rows(act), 3, num_workers=2))
    with pytest.raises(RuntimeError, match=told):
        list(batches)
    with pytest.raises(RuntimeError, match="workers are gone"):
        next(batches)
    del batches


def test_an_idle_worker_that_dies_is_noticed():
    loader = DataLoader(Rows(), 3, num_workers=1, persistent_workers=True)
    list(loader)
    loader._iterator._workers[0].kill()
    time.sleep(0.1)
    with pytest.raises(RuntimeError, match="SIGKILL"):
        list(loader)
    del loader


def test_waiting_has_an_end():
    started = time.monotonic()
    with pytest.raises(RuntimeError, match=r"timed out after 0\.3 seconds"):
        list(DataLoader(Rows(sleep), 3, num_workers=1, timeout=0.3))
    assert time.monotonic() - started < 8


def test_what_cannot_be_pickled_is_named():
    with pytest.raises(AttributeError, match=r"the collate_fn \(function\) cannot be sent.*spawn"):
        list(
            DataLoader(
                Rows(), 3, num_workers=1, collate_fn=lambda x: x, multiprocessing_context="spawn"
            )
        )


def test_a_result_that_cannot_be_pickled_is_told():
    with pytest.raises((AttributeError, TypeError), match="worker process 0"):
        list(DataLoader(Rows(), 3, num_workers=1, collate_fn=lambda x: lambda: x))


@pytest.mark.parametrize("collate", [None, as_is])
def test_gradients_do_not_leave_a_worker(collate):
    """Joined or not: what such a tensor was computed from stays behind."""
    x = tinytorch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"(?s)worker process 0.*detach\(\)"):
        list(DataLoader([x * 2, x * 3], 2, num_workers=1, collate_fn=collate))


def test_nothing_ahead_is_no_prefetching():
    with pytest.raises(AssertionError, match="greater than 0"):
        list(DataLoader(Rows(), num_workers=1, prefetch_factor=0))


def test_a_script_without_a_guard_ends(tmp_path):
    """Workers that are spawned run the script again, and so cannot start; nothing hangs."""
    program = """
        from tinytorch.utils.data import DataLoader
        list(DataLoader(range(4), 2, num_workers=2, multiprocessing_context="spawn"))
    """
    run = subprocess.run(script(program, tmp_path), capture_output=True, text=True, timeout=60)
    assert "exited unexpectedly" in run.stderr
    assert "__name__ == '__main__'" in run.stderr


def test_epochs_that_are_broken_off():
    loader = DataLoader(Rows(), 2, num_workers=2, persistent_workers=True)
    for _ in range(2):
        assert next(iter(loader))["i"].tolist() == [0, 1]
    assert [len(batch["i"]) for batch in loader] == [2, 2, 2, 2, 2, 1]


def complain(worker_id):
    raise OSError(f"worker {worker_id} does not like it here")


def test_an_init_function_is_called_and_may_fail():
    with pytest.raises(OSError, match="does not like it here"):
        list(DataLoader(Rows(), 3, num_workers=1, worker_init_fn=complain))


def test_early_break_leaves_nobody():
    for _ in range(3):
        for _batch in DataLoader(Rows(), 1, num_workers=2, prefetch_factor=4):
            break


def test_large_index_batches_do_not_block():
    class Many(Rows):
        def __getitem__(self, index):
            return "x" * 40

    loader = DataLoader(Many(size=400_000), 100_000, num_workers=1, prefetch_factor=4)
    assert sum(len(batch) for batch in loader) == 400_000


def script(text, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(text))
    return [sys.executable, str(path)]


@pytest.mark.parametrize("whom", ["group", "parent", "kill"])
def test_stopped_from_outside(whom, tmp_path):
    """Ctrl-C ends a program with its workers; so does a signal to it alone, and SIGKILL."""
    program = """
        import time, os, sys
        from tinytorch.utils.data import DataLoader
        class Slow:
            def __len__(self): return 10**6
            def __getitem__(self, i):
                time.sleep(0.01)
                return i
        loader = iter(DataLoader(Slow(), 2, num_workers=2))
        next(loader)
        print(*(p.pid for p in loader._workers), flush=True)
        for _ in loader: pass
    """
    run = subprocess.Popen(
        script(program, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    pids = [int(word) for word in run.stdout.readline().split()]
    if whom == "group":
        os.killpg(run.pid, signal.SIGINT)
    else:
        os.kill(run.pid, signal.SIGKILL if whom == "kill" else signal.SIGINT)
    _, told = run.communicate(timeout=20)
    assert run.returncode != 0
    assert whom == "kill" or told.rstrip().endswith("KeyboardInterrupt")
    deadline = time.monotonic() + 8
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if alive(pid)]


def alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


# --- whole batches ------------------------------------------------------------------------------


def test_own_ways_of_reading_are_respected():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return super().__getitem__(index)[0] * 2

    data = Doubled(tinytorch.arange(6))
    assert [b.tolist() for b in DataLoader(data, 4)] == [[0, 2, 4, 6], [8, 10]]
    assert [b.tolist() for b in DataLoader(Subset(data, [5, 1]), 4)] == [[10, 2]]
    plain = TensorDataset(tinytorch.arange(6))
    assert [len(b) for b in DataLoader(plain, 4, collate_fn=list)] == [4, 2]


def test_gradients_flow_through_a_dataset():
    x = tinytorch.ones(4, 2, requires_grad=True)
    (batch,) = next(iter(DataLoader(TensorDataset(x), 3)))
    batch.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 1], [1, 1], [0, 0]]


@pytest.mark.parametrize("workers", [0, 1])
def test_indices_of_any_kind(workers):
    data = TensorDataset(tinytorch.arange(10).view(5, 2)[:, 1])
    for sampler, expected in (
        ([4, -1, 0], [[9, 9, 1]]),
        (np.array([1, 2]), [[3, 5]]),
        (tinytorch.tensor([1, 2]), [[3, 5]]),
    ):
        loader = DataLoader(data, 3, sampler=sampler, num_workers=workers)
        assert [batch.tolist() for (batch,) in loader] == expected
    with pytest.raises(IndexError, match="out of range"):
        list(DataLoader(data, 3, sampler=[7], num_workers=workers))


def test_a_stream_longer_than_told_is_warned_of():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(3))

        def __len__(self):
            return 2

    loader = DataLoader(Stream(), None)
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="was reported to be 2"):
        assert list(loader) == [0, 1, 2]
