// One function a topic of cpp/extra: it adds the topic's functions to the extension.
#pragma once
#include "bindings/tensor_surface.h"

namespace tinytorch {

void bind_reorder(Surface& on);            // extra_reorder.cpp
void bind_pointwise(Surface& on);          // extra_pointwise.cpp
void bind_selection(Surface& on);          // extra_selection.cpp
void bind_ordering(Surface& on);           // extra_ordering.cpp
void bind_scans(Surface& on);              // extra_scan.cpp
void bind_histograms(Surface& on);         // extra_histogram.cpp
void bind_extra_random(Surface& on);       // extra_random.cpp
void bind_extra_activations(Surface& on);  // extra_activations.cpp
void bind_extra_losses(Surface& on);       // extra_losses.cpp

void bind_recurrent(Surface& on);  // extra_recurrent.cpp
void bind_shapes(Surface& on);     // extra_shapes.cpp

}  // namespace tinytorch
