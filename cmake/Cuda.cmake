# The CUDA language for native/cuda/device: which nvcc, which architectures, which flags.
#
# nvcc, in this order: -DCMAKE_CUDA_COMPILER or CUDACXX, -DCUDAToolkit_ROOT (also from the environment), the pinned
# wheels in .native-deps/cuda (`npm run setup -- --cuda`), whatever the PATH has. Version 12 or later.

# Machine code for every generation since Ampere, PTX of Hopper for later ones.
set(SMUG_CUDA_ARCHITECTURES "80-real;86-real;89-real;90" CACHE STRING "Architectures, as CMAKE_CUDA_ARCHITECTURES")
set(CMAKE_CUDA_ARCHITECTURES "${SMUG_CUDA_ARCHITECTURES}")
# The driver is all that a user's machine must have.
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)

if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  foreach(_root IN ITEMS "${CUDAToolkit_ROOT}" "$ENV{CUDAToolkit_ROOT}" "${SMUG_DEPS}/cuda")
    if(_root AND EXISTS "${_root}/bin/nvcc")
      set(CMAKE_CUDA_COMPILER "${_root}/bin/nvcc" CACHE FILEPATH "nvcc")
      break()
    endif()
  endforeach()
endif()
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "SMUG_WITH_CUDA needs nvcc: run `npm run setup -- --cuda` to fetch it, "
    "or give -DCUDAToolkit_ROOT=… of a CUDA toolkit, version 12 or later")
endif()
enable_language(CUDA)
# CMake before 3.26 does not know how nvcc 12 and later is told C++20.
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
endif()
if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.0)
  message(FATAL_ERROR "nvcc ${CMAKE_CUDA_COMPILER_VERSION} (${CMAKE_CUDA_COMPILER}) has no C++20: version 12 or later is needed")
endif()

# smug_cuda_options(TARGET): warnings are errors, and what the assembler says of registers, shared memory and spills is
# kept beside each object file (NAME.o.resources; read by scripts/cuda-resources.mjs).
function(smug_cuda_options target)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:
    "SHELL:-Werror all-warnings" "SHELL:-Xptxas -v" "SHELL:-Xcompiler -Wall,-Wextra,-Wno-unused-parameter"
    --expt-relaxed-constexpr>)
  set_target_properties(${target} PROPERTIES
    CUDA_COMPILER_LAUNCHER "sh;${CMAKE_SOURCE_DIR}/cmake/keep-resources.sh"
    CUDA_SEPARABLE_COMPILATION OFF)
endfunction()
