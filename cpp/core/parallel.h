// Threads: one fork-join pool, started by the first loop that is large enough to share.
//
// Workers spin briefly for the next loop and then sleep; a join takes well under a microsecond
// while they spin. The pool is lazy, and survives fork(): a child process starts its own when it
// needs one.
#pragma once
#include <cstdint>
#include <type_traits>

namespace tinytorch {

/// Threads that a parallel loop may use, this one included: TINYTORCH_NUM_THREADS, else the number
/// of processors this process may run on. torch.get_num_threads
int num_threads();
/// Raises ValueError unless 1 <= count <= 1024.                               torch.set_num_threads
void set_num_threads(int count);

namespace detail {
void parallel_for(int64_t begin, int64_t end, int64_t grain, void (*body)(void*, int64_t, int64_t),
                  void* context);
}

/// Calls body(first, last) on disjoint ranges that cover [begin, end), each of at least `grain`
/// indices, at once on several threads when there is more than one. Ranges depend only on the
/// arguments and num_threads(), so results repeat. A loop inside a loop, or one that starts while
/// another thread's runs, makes the same calls one after another on its own thread. What a body
/// throws is rethrown here after all ranges ended; of several exceptions, the lowest range's.
template <class F>
void parallel_for(int64_t begin, int64_t end, int64_t grain, F&& body) {
  if (end - begin <= grain) {
    if (end > begin) body(begin, end);
    return;
  }
  detail::parallel_for(
      begin, end, grain,
      [](void* f, int64_t first, int64_t last) {
        (*static_cast<std::remove_reference_t<F>*>(f))(first, last);
      },
      &body);
}

}  // namespace tinytorch
