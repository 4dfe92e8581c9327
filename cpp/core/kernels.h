// The kernel table: every hot loop has a reference and may have an accelerated twin.
//
// The module that teaches a loop owns its entry and registers the reference, the loop that reads
// like the mathematics. cpp/accelerated registers twins for the types it speeds up, mainly float. A
// call goes to the twin when there is one and the accelerated set is on, else to the reference:
//
//   template <class T> using RowMap = void(View<const T, 2> x, View<T, 2> y);
//   extern Kernel<RowMap> softmax_kernel;                                     // in the module's
//   header Kernel<RowMap> softmax_kernel("activations.softmax", softmax<float>, softmax<double>);
//   // its source softmax_kernel.get<T>()(x.rows<const T>(), y.rows<T>());                  // a
//   call softmax_kernel.accelerate<float>(fast_softmax);                           // in
//   cpp/accelerated
//
// Students' workspaces never load cpp/accelerated: there each call reaches the loop they wrote.
#pragma once
#include <string>
#include <type_traits>
#include <vector>

namespace tinytorch {

/// Which set runs.  Accelerated by default; process-wide.
bool accelerated();
void set_accelerated(bool on);

/// One row of the table: "activations.softmax", and whether a twin is registered.
struct KernelEntry {
  std::string name;
  bool has_accelerated = false;
};
std::vector<KernelEntry> kernel_table();

namespace detail {
/// Remembers the entry for kernel_table(); entries outlive every call (they are globals).
void add_to_table(const char* name, const bool* has_accelerated);
}  // namespace detail

template <template <class> class Signature>
class Kernel {
 public:
  Kernel(const char* name, Signature<float>* f32, Signature<double>* f64)
      : f32_{f32, nullptr}, f64_{f64, nullptr} {
    detail::add_to_table(name, &has_accelerated_);
  }

  template <class T>
  Signature<T>* get() const {
    const Twins<T>& twins = of<T>();
    return twins.accelerated && accelerated() ? twins.accelerated : twins.reference;
  }
  template <class T>
  Signature<T>* reference() const {
    return of<T>().reference;
  }
  template <class T>
  void accelerate(Signature<T>* twin) {
    const_cast<Twins<T>&>(of<T>()).accelerated = twin;
    has_accelerated_ = true;
  }

 private:
  template <class T>
  struct Twins {
    Signature<T>* reference;
    Signature<T>* accelerated;
  };
  template <class T>
  const Twins<T>& of() const {
    if constexpr (std::is_same_v<T, float>) return f32_;
    else return f64_;
  }

  Twins<float> f32_;
  Twins<double> f64_;
  bool has_accelerated_ = false;
};

}  // namespace tinytorch
