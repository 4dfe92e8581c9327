// One function a unit: it adds the unit's functions to the extension.
#pragma once
#include <pybind11/pybind11.h>

namespace tinytorch {

void bind_setup(pybind11::module_& m);
void bind_tensor(pybind11::module_& m);
void bind_activations(pybind11::module_& m);
void bind_layers(pybind11::module_& m);
void bind_losses(pybind11::module_& m);
void bind_optimizers(pybind11::module_& m);
void bind_autograd(pybind11::module_& m);
void bind_dataloader(pybind11::module_& m);
void bind_embeddings(pybind11::module_& m);
void bind_attention(pybind11::module_& m);
void bind_transformers(pybind11::module_& m);
void bind_tokenization(pybind11::module_& m);
void bind_spatial(pybind11::module_& m);
void bind_roof(pybind11::module_& m);
void bind_generation(pybind11::module_& m);
void bind_extra(pybind11::module_& m);  // with autograd

}  // namespace tinytorch
