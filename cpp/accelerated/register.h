// The door between the kernel table and the fast twins.
#pragma once

namespace tinytorch::fast {

/// Puts every twin of this build into its entry of the table.  Loading the library has done it
/// already; a program that links the library calls it, so that the linker keeps it.
void register_twins();

}  // namespace tinytorch::fast
