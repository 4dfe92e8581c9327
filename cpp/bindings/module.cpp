// The extension tinytorch._C: errors, the process-wide switches, and the units of this build.
#include <pybind11/stl.h>

#include <cstdlib>

#include "bindings/errors.h"
#include "bindings/tensor_calls.h"
#include "bindings/units.h"
#include "build.h"
#include "core/kernels.h"
#include "core/parallel.h"
#include "core/simd.h"
#include "core/storage.h"
#include "core/task.h"

namespace tinytorch {
namespace {

namespace py = pybind11;

void translate(std::exception_ptr error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const Error&) {
    set_python_error();
  }
}

const char* compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown";
#endif
}

void bind_switches(py::module_& m) {
  m.def("kernels_accelerated", &accelerated, "Whether the accelerated kernel set is on.");
  m.def("set_kernels_accelerated", &set_accelerated, py::arg("on"));
  m.def(
      "kernel_table",
      [] {
        py::dict table;
        for (const KernelEntry& entry : kernel_table())
          table[py::str(entry.name)] = entry.has_accelerated;
        return table;
      },
      "Every kernel by name, and whether it has an accelerated twin.");
  m.def("get_num_threads", &num_threads, "Threads that a parallel loop may use.");
  m.def("set_num_threads", &set_num_threads, py::arg("count"));
  m.def("empty_cache", &empty_cache, "Return every cached block of memory to the system.");
  m.def("reset_peak_memory", &reset_peak_memory);
  m.def(
      "memory_stats",
      [] {
        const MemoryStats stats = memory_stats();
        py::dict d;
        d["in_use"] = stats.in_use;
        d["peak_in_use"] = stats.peak_in_use;
        d["cached"] = stats.cached;
        d["system_allocations"] = stats.system_allocations;
        d["cache_hits"] = stats.cache_hits;
        return d;
      },
      "What the caching allocator holds, in bytes and blocks.");
  m.def(
      "count_task", [](const std::string& task) { TaskScope counted(task.c_str()); },
      py::arg("task"), "Count a call of a task that is written in Python.");
  m.def("task_calls", &task_calls, "Calls of every task of a student's library, by task.");
  m.def(
      "build_info",
      [] {
        py::dict d;
        d["version"] = TINYTORCH_VERSION;
        d["compiler"] = compiler();
        d["variant"] = TINYTORCH_VARIANT;
        d["xsimd"] = std::to_string(XSIMD_VERSION_MAJOR) + "." +
                     std::to_string(XSIMD_VERSION_MINOR) + "." +
                     std::to_string(XSIMD_VERSION_PATCH);
        d["units"] = py::str(TINYTORCH_UNITS).attr("split")();
        return d;
      },
      "How this extension was compiled, and the units in it.");
}

}  // namespace
}  // namespace tinytorch

PYBIND11_MODULE(_C, m) {
  using namespace tinytorch;
  namespace py = pybind11;
  m.doc() = "tinytorch's C++ core.";
  py::register_exception_translator(&translate);
  bind_switches(m);
  bind_roof(m);
#if TINYTORCH_HAS_SETUP
  bind_setup(m);
#endif
#if TINYTORCH_HAS_TENSOR
  bind_tensor(m);
#endif
#if TINYTORCH_HAS_ACTIVATIONS
  bind_activations(m);
#endif
#if TINYTORCH_HAS_LAYERS
  bind_layers(m);
#endif
#if TINYTORCH_HAS_LOSSES
  bind_losses(m);
#endif
#if TINYTORCH_HAS_OPTIMIZERS
  bind_optimizers(m);
#endif
#if TINYTORCH_HAS_AUTOGRAD
  bind_autograd(m);
  bind_extra(m);
#endif
#if TINYTORCH_HAS_SPATIAL
  bind_spatial(m);
#endif
#if TINYTORCH_HAS_DATALOADER
  bind_dataloader(m);
#endif
#if TINYTORCH_HAS_EMBEDDINGS
  bind_embeddings(m);
#endif
#if TINYTORCH_HAS_ATTENTION
  bind_attention(m);
#endif
#if TINYTORCH_HAS_TRANSFORMERS
  bind_transformers(m);
#endif
#if TINYTORCH_HAS_TOKENIZATION
  bind_tokenization(m);
#endif
#if TINYTORCH_HAS_GENERATION
  bind_generation(m);
#endif
#if TINYTORCH_HAS_TENSOR
  accept_torch_calls(m);
  m.def("_write_out", &write_out, py::arg("operation"), py::arg("result"), py::arg("out"));
#endif
}
