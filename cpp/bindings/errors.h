// C++'s exceptions as Python's: each class of core/check.h by the exception that PyTorch raises.
#pragma once

namespace tinytorch {

/// Sets Python's error from the exception being handled; to be called in a `catch`.
void set_python_error();

}  // namespace tinytorch
