"""What programs write for devices and compilers that are not here: it does the right nothing."""

import copy
import importlib
import json
import multiprocessing
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tinytorch
from beside import beside_torch
from tinytorch import nn, optim

ANSWERS = """
cuda.is_available()
cuda.device_count()
cuda.current_device()
cuda.get_device_name(0)
cuda.get_device_properties(0)
cuda.manual_seed(1)
cuda.manual_seed_all(1)
cuda.empty_cache()
cuda.synchronize()
cuda.memory_allocated(), torch.cuda.max_memory_allocated(), torch.cuda.memory_reserved()
cuda.memory_stats()
cuda.is_initialized()
cuda.is_bf16_supported()
cuda.get_rng_state_all()
cuda.set_device(-1)
cuda.Stream()
cuda.Event(enable_timing=True)
cuda.current_stream()
cuda.device(0).idx
cuda.get_arch_list()
cuda.nvtx.range_push("x")
cuda.FloatTensor(3)
cuda.stream(None).__enter__()
cuda.amp.autocast(enabled=False)._enabled
cuda.amp.autocast()._enabled
cuda.amp.GradScaler()._enabled
amp.GradScaler("cuda", enabled=False).state_dict()
amp.GradScaler("cuda").is_enabled()
amp.GradScaler("cpu", growth_factor=1.0)
amp.GradScaler("cpu").update()
amp.GradScaler("cpu").scale(3)
amp.autocast("cuda", dtype=torch.float16)._enabled
amp.autocast("cpu", dtype=torch.float32)._enabled
amp.autocast("cpu", enabled=False).fast_dtype
amp.autocast(3)
amp.autocast("cpu", enabled=False)(3)
is_autocast_enabled(), torch.is_autocast_enabled("cpu"), torch.is_autocast_cache_enabled()
get_autocast_dtype("cpu"), torch.get_autocast_dtype("cuda")
get_autocast_gpu_dtype()
backends.cudnn.enabled, torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic
backends.cudnn.is_available(), torch.backends.cudnn.version()
backends.mps.is_available(), torch.backends.mps.is_built(), torch.backends.cuda.is_built()
backends.cuda.matmul.allow_tf32
backends.cuda.matmul.unknown
backends.cuda.flash_sdp_enabled()
accelerator.is_available(), torch.accelerator.device_count()
accelerator.current_accelerator()
accelerator.synchronize()
mps.is_available(), torch.mps.device_count(), torch.mps.manual_seed(1)
mps.empty_cache()
xpu.is_available(), torch.xpu.device_count(), torch.xpu.empty_cache()
cpu.is_available(), torch.cpu.device_count(), torch.cpu.synchronize(), torch.cpu.current_device()
set_num_interop_threads(0)
set_float32_matmul_precision("high"), torch.get_float32_matmul_precision()
use_deterministic_algorithms(True), torch.are_deterministic_algorithms_enabled()
use_deterministic_algorithms(True, warn_only=True), torch.get_deterministic_debug_mode()
use_deterministic_algorithms(False), torch.is_deterministic_algorithms_warn_only_enabled()
set_deterministic_debug_mode("x")
set_deterministic_debug_mode(7)
set_deterministic_debug_mode(1.5)
set_deterministic_debug_mode(0), torch.get_deterministic_debug_mode()
get_default_device()
set_default_device("cpu"), torch.set_default_device(None)
is_warn_always_enabled()
distributed.is_available(), torch.distributed.is_initialized()
distributed.get_rank()
distributed.get_world_size()
distributed.barrier()
distributed.all_reduce(torch.ones(2))
distributed.destroy_process_group()
distributed.init_process_group("gloo")
jit.is_scripting(), torch.jit.is_tracing(), torch.jit.annotate(int, 3)
compiler.is_compiling(), torch.compiler.is_dynamo_compiling()
compile(len, mode="x", options={})
multiprocessing.get_sharing_strategy(), sorted(torch.multiprocessing.get_all_sharing_strategies())
hub.get_dir()
overrides.is_tensor_like(3), torch.overrides.is_tensor_like(torch.ones(1))
random.initial_seed() == torch.initial_seed()
version.cuda, torch.version.hip, torch.version.debug
types.Number is not None
""".strip().split("\n")


@pytest.mark.parametrize("question", ANSWERS)
def test_answers_beside_pytorch(question):
    beside_torch(lambda torch: eval(f"torch.{question}", {"torch": torch}))


def test_switches_can_be_set():
    for library in (tinytorch,):
        cudnn = library.backends.cudnn
        with cudnn.flags(enabled=False, deterministic=True):
            assert (cudnn.enabled, cudnn.deterministic) == (False, True)
        assert (cudnn.enabled, cudnn.deterministic) == (True, False)
        library.backends.cuda.matmul.allow_tf32 = True
        assert library.backends.cuda.matmul.allow_tf32
        library.backends.cuda.matmul.allow_tf32 = False
        assert library.set_flush_denormal(True) is False


def test_autocast_keeps_dtypes_and_says_so():
    x = tinytorch.ones(2, 2)
    with pytest.warns(UserWarning, match="results keep the dtype"):
        block = tinytorch.autocast("cpu", dtype=tinytorch.bfloat16)
    with block:
        assert tinytorch.is_autocast_enabled("cpu")
        assert (x @ x).dtype is tinytorch.float32
        with tinytorch.autocast("cpu", enabled=False):
            assert not tinytorch.is_autocast_enabled("cpu")
    assert not tinytorch.is_autocast_enabled("cpu")
    assert block(lambda: tinytorch.is_autocast_enabled("cpu"))() is True


def test_a_scaler_beside_pytorch():
    def run(torch):
        p = torch.nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([p], lr=0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
        seen = []
        for factor in (1.0, 2.0, float("inf"), 1.0, 3.0, 1.0):
            optimizer.zero_grad()
            scaler.scale((p * factor).sum()).backward()
            if factor == 3.0:
                scaler.unscale_(optimizer)
                seen.append(p.grad.tolist())
                try:
                    scaler.unscale_(optimizer)
                except RuntimeError as error:
                    seen.append(str(error))
            scaler.step(optimizer)
            scaler.update()
            seen.append((scaler.get_scale(), [round(v, 5) for v in p.tolist()]))
        other = torch.amp.GradScaler("cpu")
        other.load_state_dict(scaler.state_dict())
        return seen, other.state_dict(), scaler.scale([p, (p,)])[1][0].tolist()

    beside_torch(run)
    scaler = pickle.loads(pickle.dumps(tinytorch.amp.GradScaler("cpu")))
    assert copy.deepcopy(scaler).get_scale() == 2.0**16


def test_compilers_give_back_what_they_got():
    model = nn.Linear(2, 2)
    assert tinytorch.compile(model, mode="max-autotune") is model
    assert tinytorch.compile(dynamic=True)(model) is model
    assert tinytorch.jit.script(model) is model
    assert tinytorch.jit.trace(model, tinytorch.ones(1, 2)) is model
    assert tinytorch.compiler.disable(model) is model

    @tinytorch.compile
    def double(x):
        return 2 * x

    @tinytorch.jit.ignore
    def half(x):
        return x / 2

    assert half(double(3)) == 3
    for wrong in (lambda: tinytorch.compile(3), lambda: tinytorch.jit.script(3)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(NotImplementedError, match="TorchScript"):
        tinytorch.jit.load("x")


def test_one_process_is_a_group(monkeypatch):
    dist = tinytorch.distributed
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    dist.init_process_group("gloo")
    try:
        assert dist.is_initialized()
        assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (0, 1, "gloo")
        x = tinytorch.tensor([1.0, 2.0])
        dist.all_reduce(x, op=dist.ReduceOp.AVG)
        dist.broadcast(x, 0)
        gathered = [tinytorch.zeros(2)]
        assert dist.all_gather(gathered, x, async_op=True).wait()
        assert gathered[0].tolist() == x.tolist() == [1.0, 2.0]
        with pytest.raises(RuntimeError, match="rank"):
            dist.broadcast(x, 1)
        with pytest.raises(ValueError, match="twice"):
            dist.init_process_group("gloo")
        with pytest.raises(NotImplementedError):
            dist.send(x, 1)
    finally:
        dist.destroy_process_group()
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(NotImplementedError, match="rank 0 of 2"):
        dist.init_process_group("gloo")
    assert not dist.is_initialized()


def test_ranges_of_a_profile(tmp_path):
    profiler = importlib.import_module("tinytorch.profiler")
    saved = []
    with profiler.profile(
        activities=[profiler.ProfilerActivity.CPU],
        schedule=profiler.schedule(wait=1, warmup=1, active=2, repeat=1),
        on_trace_ready=lambda p: saved.append(p.key_averages()),
    ) as profile:
        for _ in range(6):
            with profiler.record_function("work"):
                pass
            profile.step()
    (averages,) = saved
    assert {row.key: row.count for row in averages}["work"] == 2
    assert "work" in averages.table(sort_by="cpu_time_total", row_limit=10)
    with profiler.profile() as profile, profiler.record_function("more"):
        pass
    profile.export_chrome_trace(str(tmp_path / "trace.json"))
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"][0]["name"] == "more"


@pytest.mark.parametrize("settings", [(0, 0, 1, 0, 0), (1, 2, 3, 2, 1), (0, 1, 2, 0, 3)])
def test_schedules_of_profiles_beside_pytorch(settings):
    def run(torch):
        module = importlib.import_module(f"{torch.__name__}.profiler")
        names = ("wait", "warmup", "active", "repeat", "skip_first")
        plan = module.schedule(**dict(zip(names, settings, strict=True)))
        return [plan(step).name for step in range(20)]

    beside_torch(run)


def test_checkpoints_call_through():
    checkpoint = importlib.import_module("tinytorch.utils.checkpoint")
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x = tinytorch.ones(4, 2)
    a = checkpoint.checkpoint(model, x, use_reentrant=False)
    b = checkpoint.checkpoint_sequential(model, 2, x, use_reentrant=False)
    assert a.tolist() == b.tolist() == model(x).tolist()
    a.sum().backward()
    assert model[0].weight.grad is not None
    with pytest.warns(UserWarning, match="use_reentrant"):
        checkpoint.checkpoint(model, x)
    checkpoint.set_device_states(*checkpoint.get_device_states(x))
    with pytest.raises(RuntimeError, match="there is only the CPU"):
        checkpoint.set_device_states([0], [x])


def test_jacobians_beside_pytorch():
    def run(torch):
        functional = torch.autograd.functional
        x, y = torch.tensor([1.0, 2.0]), torch.tensor([[3.0, 4.0, 5.0]])

        def f(a, b):
            return a.exp().sum() * b, (a * a).sum()

        whole = functional.jacobian(f, (x, y))
        single = functional.jacobian(lambda a: a**3, x)
        value, product = functional.vjp(lambda a: a**2, x, torch.tensor([1.0, -1.0]))
        flat = [part for row in whole for part in row]
        return [np.round(t.tolist(), 3).tolist() for t in (*flat, single, value, product)]

    beside_torch(run)
    beside_torch(lambda t: t.autograd.functional.jacobian(lambda a: 3, t.ones(2)))
    beside_torch(lambda t: t.autograd.functional.vjp(lambda a: a * 2, t.ones(2)))
    with pytest.raises(NotImplementedError, match="hessian"):
        tinytorch.autograd.functional.hessian(lambda a: a.sum(), tinytorch.ones(2))


def test_processes_are_pythons_own():
    ours = tinytorch.multiprocessing
    assert ours.Queue == multiprocessing.Queue
    assert ours.get_context("fork").Process
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sys, tinytorch.multiprocessing as mp\n"
            "def tell(rank, word):\n    os.write(1, f'{rank} {word}\\n'.encode())\n"
            "mp.start_processes(tell, ('x',), 2, start_method='fork')\n"
            "try:\n    mp.start_processes(sys.exit, (), 2, start_method='fork')\n"
            "except mp.ProcessRaisedException as error:\n    print(error)\n",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert sorted(done.stdout.split("\n")[:2]) == ["0 x", "1 x"], done.stderr
    assert "terminated with exit code 1" in done.stdout


def test_an_optimizer_of_a_disabled_scaler_just_steps():
    p = nn.Parameter(tinytorch.ones(1))
    optimizer = optim.SGD([p], lr=1.0)
    scaler = tinytorch.amp.GradScaler("cuda", enabled=False)
    scaler.scale(p.sum()).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert p.item() == 0.0
    assert scaler.get_scale() == 1.0


def records(path):
    """The messages of an event file, their checksums checked."""
    from tinytorch.utils.tensorboard._events import masked_crc

    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "little")
        assert masked_crc(data[at : at + 8]) == int.from_bytes(data[at + 8 : at + 12], "little")
        event = data[at + 12 : at + 12 + length]
        at += 12 + length + 4
        assert masked_crc(event) == int.from_bytes(data[at - 4 : at], "little")
        found.append(event)
    return found


def test_a_summary_writer_writes_event_files(tmp_path):
    from tinytorch.utils.tensorboard import SummaryWriter
    from tinytorch.utils.tensorboard._events import masked_crc, varint

    assert masked_crc(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) % 2**32
    assert varint(300) == b"\xac\x02"
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", tinytorch.tensor(0.5, requires_grad=True), 3)
        writer.add_scalar("large", 1e300, 3)
        writer.add_text("note", "hello", 1)
        writer.add_histogram("weights", tinytorch.randn(100), 2)
        writer.add_scalars("both", {"a": 1, "b": 2.0}, 1)
        writer.add_hparams({"lr": 0.1}, {"accuracy": 1}, run_name="settings")
        writer.add_image("picture", tinytorch.zeros(3, 2, 2), 1)
        writer.add_graph(nn.Linear(1, 1))
        writer.flush()
        with pytest.raises(ValueError, match="no element"):
            writer.add_histogram("none", [])
        with pytest.raises(AssertionError):
            writer.add_scalar("several", [1.0, 2.0])
    (file,) = (tmp_path / "run").glob("events.out.tfevents.*")
    version, loss, _, note, weights = records(file)
    assert b"brain.Event:2" in version
    assert loss.endswith(b"\n\x04loss\x15\x00\x00\x00?")
    assert b"hello" in note
    assert b"weights" in weights
    folders = {path.name for path in (tmp_path / "run").iterdir() if path.is_dir()}
    assert folders == {"both_a", "both_b", "settings"}
