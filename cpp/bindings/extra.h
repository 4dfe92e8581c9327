// One function a topic of cpp/extra: it adds the topic's functions to the extension.
#pragma once
#include "bindings/tensor_surface.h"

namespace tinytorch {

void bind_reorder(Surface& on);  // extra_reorder.cpp

}  // namespace tinytorch
