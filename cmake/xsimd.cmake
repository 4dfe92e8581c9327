# Finds the xsimd headers: an installed package, the copy inside pythran (a build requirement), or the network.
set(TINYTORCH_XSIMD_MINIMUM 13)

find_package(xsimd ${TINYTORCH_XSIMD_MINIMUM} QUIET)
if(xsimd_FOUND)
  get_target_property(XSIMD_INCLUDE_DIR xsimd INTERFACE_INCLUDE_DIRECTORIES)
else()
  execute_process(
    COMMAND ${Python_EXECUTABLE} -c
            "import importlib.util as u; print(u.find_spec('pythran').submodule_search_locations[0])"
    OUTPUT_VARIABLE pythran_dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS "${pythran_dir}/xsimd/xsimd.hpp")
    set(XSIMD_INCLUDE_DIR "${pythran_dir}")
  else()
    include(FetchContent)
    FetchContent_Declare(xsimd URL https://github.com/xtensor-stack/xsimd/archive/refs/tags/13.2.0.tar.gz
                               URL_HASH SHA256=edd8cd3d548c185adc70321c53c36df41abe64c1fe2c67bc6d93c3ecda82447a)
    FetchContent_MakeAvailable(xsimd)
    set(XSIMD_INCLUDE_DIR "${xsimd_SOURCE_DIR}/include")
  endif()
endif()
message(STATUS "xsimd: ${XSIMD_INCLUDE_DIR}")

add_library(tinytorch_xsimd INTERFACE)
# Only the headers of xsimd itself: the folder they come from may hold others.
file(COPY "${XSIMD_INCLUDE_DIR}/xsimd" DESTINATION "${PROJECT_BINARY_DIR}/include")
target_include_directories(tinytorch_xsimd SYSTEM INTERFACE "${PROJECT_BINARY_DIR}/include")
