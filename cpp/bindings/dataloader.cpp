// The data loader: the unit's functions in its own submodule; nothing here has a gradient.
#include "modules/dataloader/dataloader.h"

#include "bindings/pytensor.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

using Source = std::optional<Ref<Generator>>;
using Optional = std::optional<Tensor>;

Generator& generator_of(const Source& source) {
  return source && *source ? **source : *default_generator();
}

/// ("integer", range) or ("chance", p) of each.
std::vector<Draw> draws_from(const py::sequence& plan) {
  std::vector<Draw> draws;
  for (const py::handle entry : plan) {
    const auto [kind, value] = entry.cast<std::pair<std::string, double>>();
    check<ValueError>(kind == "integer" || kind == "chance",
                      "draw_augmentations: expected integer or chance, got ", kind);
    if (kind == "integer") draws.push_back({Draw::kInteger, static_cast<int64_t>(value), 0});
    else draws.push_back({Draw::kChance, 0, value});
  }
  return draws;
}

}  // namespace

void bind_dataloader(py::module_& m) {
  using Alone = py::call_guard<py::gil_scoped_release>;  // other threads of Python go on meanwhile
  py::module_ unit = m.def_submodule("dataloader", "The pure functions of the unit dataloader.");
  unit.def(
      "permutation", [](int64_t n, const Source& g) { return permutation(n, generator_of(g)); },
      py::arg("n"), py::arg("generator") = py::none(), Alone());
  unit.def("gather", &gather_rows, py::arg("x"), py::arg("rows"), Alone());
  unit.def("crop", &crop_images, py::arg("x"), py::arg("corners"), py::arg("mirrored"),
           py::arg("height"), py::arg("width"), py::arg("fill") = 0.0, Alone());
  unit.def("normalize", &normalize_channels, py::arg("x"), py::arg("mean"), py::arg("deviation"),
           Alone());
  unit.def(
      "to_float",
      [](const Tensor& x, const Optional& mean, const Optional& deviation) {
        return images_to_float(x, mean.value_or(Tensor()), deviation.value_or(Tensor()));
      },
      py::arg("x"), py::arg("mean") = py::none(), py::arg("deviation") = py::none(), Alone());
  unit.def(
      "draw",
      [](int64_t count, const py::sequence& plan, const Source& g) {
        check<ValueError>(count >= 0, "draw_augmentations: expected a count >= 0, got ", count);
        return draw_augmentations(count, draws_from(plan), generator_of(g));
      },
      py::arg("count"), py::arg("plan"), py::arg("generator") = py::none());
}

}  // namespace tinytorch
