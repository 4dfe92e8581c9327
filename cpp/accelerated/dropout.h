// Dropout in float32: the layers unit's draws, many words of the generator at a time.
#pragma once
#include "core/random.h"
#include "core/view.h"

namespace tinytorch::fast {

void dropout(View<const float, 1> x, double p, Generator& generator, View<bool, 1> mask,
             View<float, 1> y);

}  // namespace tinytorch::fast
