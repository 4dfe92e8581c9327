// What programs need and the course does not teach, topic by topic.
#include "bindings/extra.h"

#include "bindings/units.h"

namespace tinytorch {

void bind_extra(py::module_& m) {
  TensorClass tensor(m.attr("Tensor"));
  Surface on{m, tensor};
  bind_reorder(on);
  bind_pointwise(on);
  bind_selection(on);
  bind_ordering(on);
  bind_scans(on);
  bind_histograms(on);
  bind_extra_random(on);
  bind_extra_activations(on);
  bind_extra_losses(on);
  bind_shapes(on);
  bind_recurrent(on);
}

}  // namespace tinytorch
