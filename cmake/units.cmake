# The units to build, from the curriculum, and the targets of one instruction-set variant.

set(curriculum ${PROJECT_SOURCE_DIR}/python/tinytorch/curriculum.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${curriculum}
                                       ${PROJECT_SOURCE_DIR}/python/tinytorch/curriculum.toml)
set(selection "")
if(TINYTORCH_FIRST)
  list(APPEND selection --first ${TINYTORCH_FIRST})
endif()
if(TINYTORCH_TRACK)
  list(APPEND selection --track ${TINYTORCH_TRACK})
endif()
execute_process(COMMAND ${Python_EXECUTABLE} -I ${curriculum} --cmake ${selection}
                OUTPUT_VARIABLE lines OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" lines "${lines}")

# TINYTORCH_UNITS: those with C++ sources, in order.  TINYTORCH_NEEDS_<unit>: its needs among them.
# TINYTORCH_FOLDERS: what the course teaches of the chosen units, in C++ or in Python.
set(TINYTORCH_UNITS "")
set(TINYTORCH_FOLDERS "")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([a-z]+):(.*)$" matched "${line}")
  set(unit ${CMAKE_MATCH_1})
  string(STRIP "${CMAKE_MATCH_2}" needs)
  string(REPLACE " " ";" needs "${needs}")
  set(python_folder ${PROJECT_SOURCE_DIR}/python/tinytorch/${unit})
  if(IS_DIRECTORY ${python_folder})
    list(APPEND TINYTORCH_FOLDERS ${python_folder})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/modules/${unit}/*.cpp)
  if(sources)
    list(APPEND TINYTORCH_FOLDERS ${PROJECT_SOURCE_DIR}/cpp/modules/${unit})
    list(APPEND TINYTORCH_UNITS ${unit})
    set(TINYTORCH_NEEDS_${unit} "")
    foreach(need IN LISTS needs)
      if(need IN_LIST TINYTORCH_UNITS)
        list(APPEND TINYTORCH_NEEDS_${unit} ${need})
      endif()
    endforeach()
  endif()
endforeach()
message(STATUS "units: ${TINYTORCH_UNITS}")

function(tinytorch_add_library isa name)
  set(target tinytorch_${name}_${isa})
  add_library(${target} SHARED ${ARGN})
  set_target_properties(
    ${target}
    PROPERTIES OUTPUT_NAME tinytorch_${name} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/${isa}
               BUILD_RPATH_USE_ORIGIN ON INSTALL_RPATH "$<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>")
  target_link_libraries(${target} PRIVATE tinytorch_options)
  target_compile_options(${target} PRIVATE ${TINYTORCH_FLAGS_${isa}})
  install(TARGETS ${target} LIBRARY DESTINATION tinytorch/lib/${isa} COMPONENT library)
endfunction()

function(tinytorch_add_variant isa)
  file(GLOB core CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/core/*.cpp)
  tinytorch_add_library(${isa} core ${core})
  set(units "")
  foreach(unit IN LISTS TINYTORCH_UNITS)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/modules/${unit}/*.cpp)
    tinytorch_add_library(${isa} ${unit} ${sources})
    target_link_libraries(tinytorch_${unit}_${isa} PRIVATE tinytorch_core_${isa})
    foreach(need IN LISTS TINYTORCH_NEEDS_${unit})
      target_link_libraries(tinytorch_${unit}_${isa} PUBLIC tinytorch_${need}_${isa})
    endforeach()
    list(APPEND units tinytorch_${unit}_${isa})
    string(TOUPPER ${unit} unit_upper)
    list(APPEND definitions TINYTORCH_HAS_${unit_upper}=1)
    string(APPEND unit_macros "#define TINYTORCH_HAS_${unit_upper} 1\n")
  endforeach()

  # What programs need and the course does not teach: differentiable, so it comes with autograd.
  set(extra_library "")
  if("autograd" IN_LIST TINYTORCH_UNITS)
    file(GLOB extra CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/extra/*.cpp)
    tinytorch_add_library(${isa} extra ${extra})
    target_link_libraries(tinytorch_extra_${isa} PRIVATE tinytorch_core_${isa} ${units})
    set(extra_library tinytorch_extra_${isa})
  endif()

  if(TINYTORCH_ACCELERATED)
    file(GLOB accelerated CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/accelerated/*.cpp)
    tinytorch_add_library(${isa} accelerated ${accelerated})
    target_compile_definitions(tinytorch_accelerated_${isa} PRIVATE ${definitions})
    target_link_libraries(tinytorch_accelerated_${isa} PRIVATE tinytorch_xsimd tinytorch_core_${isa} ${units})
  endif()

  if(TINYTORCH_PYTHON)
    find_package(pybind11 3.0.4 CONFIG REQUIRED)
    file(GLOB bindings CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/bindings/*.cpp)
    foreach(source IN LISTS bindings)  # a unit's bindings are named after it, and built with it
      cmake_path(GET source STEM stem)
      string(REGEX MATCH "^[a-z]+" unit ${stem})
      if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/cpp/modules/${unit} AND NOT unit IN_LIST TINYTORCH_UNITS)
        list(REMOVE_ITEM bindings ${source})
      elseif(unit STREQUAL "extra" AND NOT extra_library)
        list(REMOVE_ITEM bindings ${source})
      endif()
    endforeach()
    pybind11_add_module(tinytorch_python_${isa} MODULE NO_EXTRAS ${bindings})
    set_target_properties(
      tinytorch_python_${isa}
      PROPERTIES OUTPUT_NAME _C LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/${isa}
                 CXX_VISIBILITY_PRESET hidden BUILD_RPATH_USE_ORIGIN ON
                 INSTALL_RPATH "$<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>")
    target_compile_options(tinytorch_python_${isa} PRIVATE ${TINYTORCH_FLAGS_${isa}})
    string(REPLACE ";" " " unit_names "${TINYTORCH_UNITS}")
    configure_file(${PROJECT_SOURCE_DIR}/cmake/build.h.in generated/${isa}/build.h @ONLY)
    target_include_directories(tinytorch_python_${isa} PRIVATE ${PROJECT_BINARY_DIR}/generated/${isa})
    if("autograd" IN_LIST TINYTORCH_UNITS)  # the one unit that changes what every binding is
      target_compile_definitions(tinytorch_python_${isa} PRIVATE TINYTORCH_HAS_AUTOGRAD=1)
    endif()
    target_link_libraries(tinytorch_python_${isa} PRIVATE tinytorch_options tinytorch_xsimd
                                                          tinytorch_core_${isa} ${units} ${extra_library})
    install(TARGETS tinytorch_python_${isa} LIBRARY DESTINATION tinytorch/lib/${isa} COMPONENT library)
  endif()
endfunction()

if(TINYTORCH_PYTHON)
  # What this CPU runs, asked by code that any CPU runs.
  python_add_library(tinytorch_cpu MODULE cpp/bindings/cpu.c WITH_SOABI)
  set_target_properties(tinytorch_cpu PROPERTIES OUTPUT_NAME _cpu)
  install(TARGETS tinytorch_cpu LIBRARY DESTINATION tinytorch COMPONENT library)
  # Workspaces compile against these.
  install(DIRECTORY cpp/core cpp/modules DESTINATION tinytorch/include COMPONENT library
          FILES_MATCHING PATTERN "*.h" PATTERN "simd.h" EXCLUDE)
  # And start from these: the tasks without their solutions, the tests that grade them, the chapters
  # that explain them, and the milestones that run on them.
  install(CODE "execute_process(COMMAND ${Python_EXECUTABLE} -I
                  ${PROJECT_SOURCE_DIR}/python/tinytorch/tito/tasks.py ${TINYTORCH_FOLDERS}
                  \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/tinytorch/course/modules COMMAND_ERROR_IS_FATAL ANY)"
          COMPONENT library)
  foreach(folder IN LISTS TINYTORCH_FOLDERS)
    cmake_path(GET folder FILENAME unit)
    install(FILES tests_py/test_${unit}.py DESTINATION tinytorch/course/tests COMPONENT library OPTIONAL)
    install(FILES docs/${unit}.md DESTINATION tinytorch/course/docs COMPONENT library OPTIONAL)
  endforeach()
  install(DIRECTORY milestones/ DESTINATION tinytorch/course/milestones COMPONENT library
          FILES_MATCHING PATTERN "*.py" PATTERN "__pycache__" EXCLUDE PATTERN "out" EXCLUDE)
endif()
