# lwb_torch: libtorch, headers and libraries, as one target for the engine's own sources.
#
# Which one: the folder LIBTORCH, else what CMAKE_PREFIX_PATH names, else the distribution's.
# A folder may be the unpacked official download, the `torch` folder of a PyTorch installation, or
# torch.utils.cmake_prefix_path.
#
# The libraries are looked up here and not through TorchConfig.cmake, because a CUDA build of that file demands the whole
# CUDA toolkit with its compiler, of which this project, having no CUDA source, needs nothing.
#
# Sets LWB_TORCH_VERSION, LWB_TORCH_IS_SYSTEM (the distribution's package) and LWB_TORCH_CUDA (libtorch_cuda is there).
# Defines for the engine: LWB_WITH_CUDA=1 when CUDA's headers are there too, so that <ATen/cuda/...> and <c10/cuda/...>
# may be included.
set(LIBTORCH "$ENV{LIBTORCH}" CACHE PATH "Folder of another libtorch than the system's (it holds include/ and lib/)")
set(_roots)
if(LIBTORCH)
    if(NOT IS_DIRECTORY "${LIBTORCH}")
        message(FATAL_ERROR "LIBTORCH names '${LIBTORCH}', which is no folder.")
    endif()
    list(APPEND _roots "${LIBTORCH}")
endif()
foreach(_prefix IN LISTS CMAKE_PREFIX_PATH)
    list(APPEND _roots "${_prefix}")
    # torch.utils.cmake_prefix_path is <torch>/share/cmake
    if(_prefix MATCHES "/share/cmake/?$")
        cmake_path(APPEND _prefix ".." ".." OUTPUT_VARIABLE _torch_folder)
        cmake_path(NORMAL_PATH _torch_folder)
        list(APPEND _roots "${_torch_folder}")
    endif()
endforeach()

# A changed LIBTORCH in an old build folder must not keep the old libraries.
if(NOT "${_roots}" STREQUAL "${LWB_TORCH_ROOTS}")
    foreach(_entry INCLUDE_DIR LIBRARY CPU_LIBRARY C10_LIBRARY CUDA_LIBRARY C10_CUDA_LIBRARY
            CUDA_HEADER_cuda_runtime_api.h CUDA_HEADER_cublas_v2.h CUDA_HEADER_cusparse.h CUDA_HEADER_cusolverDn.h)
        unset(LWB_TORCH_${_entry} CACHE)
    endforeach()
endif()
set(LWB_TORCH_ROOTS "${_roots}" CACHE INTERNAL "Folders in which libtorch was looked for")

# Headers and libraries of two versions must never meet: a named folder is searched alone and first.
find_path(LWB_TORCH_INCLUDE_DIR torch/csrc/api/include/torch/types.h HINTS ${_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_path(LWB_TORCH_INCLUDE_DIR torch/csrc/api/include/torch/types.h)
if(NOT LWB_TORCH_INCLUDE_DIR)
    message(FATAL_ERROR "libtorch was not found. Install libtorch-dev, or set LIBTORCH to the folder of another "
        "libtorch (it holds include/ and lib/).")
endif()
cmake_path(GET LWB_TORCH_INCLUDE_DIR PARENT_PATH _prefix)
function(_lwb_torch_library variable name)
    find_library(${variable} ${name} HINTS "${_prefix}" PATH_SUFFIXES lib "lib/${CMAKE_LIBRARY_ARCHITECTURE}" lib64
        NO_DEFAULT_PATH ${ARGN})
    mark_as_advanced(${variable})
endfunction()
_lwb_torch_library(LWB_TORCH_LIBRARY torch REQUIRED)
_lwb_torch_library(LWB_TORCH_CPU_LIBRARY torch_cpu REQUIRED)
_lwb_torch_library(LWB_TORCH_C10_LIBRARY c10 REQUIRED)
_lwb_torch_library(LWB_TORCH_CUDA_LIBRARY torch_cuda)
_lwb_torch_library(LWB_TORCH_C10_CUDA_LIBRARY c10_cuda)

# Newer versions keep the numbers in a second file, which the first one includes.
file(GLOB _version_files "${LWB_TORCH_INCLUDE_DIR}/torch/csrc/api/include/torch/version.h"
    "${LWB_TORCH_INCLUDE_DIR}/torch/headeronly/version.h")
set(LWB_TORCH_VERSION "")
foreach(_part MAJOR MINOR PATCH)
    foreach(_file IN LISTS _version_files)
        file(STRINGS "${_file}" _line REGEX "define TORCH_VERSION_${_part} [0-9]+")
        if(_line MATCHES "TORCH_VERSION_${_part} ([0-9]+)")
            list(APPEND LWB_TORCH_VERSION "${CMAKE_MATCH_1}")
            break()
        endif()
    endforeach()
endforeach()
list(JOIN LWB_TORCH_VERSION "." LWB_TORCH_VERSION)
if(LWB_TORCH_VERSION VERSION_LESS 1.13)
    message(FATAL_ERROR "libtorch ${LWB_TORCH_VERSION} in ${_prefix} is too old; 1.13 is the first that works.")
endif()
set(LWB_TORCH_IS_SYSTEM OFF)
if(_prefix STREQUAL "/usr")
    set(LWB_TORCH_IS_SYSTEM ON)
endif()

# at::parallel_for is in a header: compiled without OpenMP it runs on one core, silently.
find_package(OpenMP REQUIRED COMPONENTS CXX)

add_library(lwb_torch INTERFACE)
target_link_libraries(lwb_torch INTERFACE OpenMP::OpenMP_CXX)
target_include_directories(lwb_torch SYSTEM INTERFACE "${LWB_TORCH_INCLUDE_DIR}"
    "${LWB_TORCH_INCLUDE_DIR}/torch/csrc/api/include")
set(_libraries "${LWB_TORCH_LIBRARY}" "${LWB_TORCH_CPU_LIBRARY}" "${LWB_TORCH_C10_LIBRARY}")

set(LWB_TORCH_CUDA OFF)
set(_note "CPU")
if(LWB_TORCH_CUDA_LIBRARY AND LWB_TORCH_C10_CUDA_LIBRARY)
    set(LWB_TORCH_CUDA ON)
    list(APPEND _libraries "${LWB_TORCH_CUDA_LIBRARY}" "${LWB_TORCH_C10_CUDA_LIBRARY}")
    # <ATen/cuda/CUDAContext.h> asks for these. PyTorch's wheels carry them in neighbouring packages, one folder each or
    # one for all, everybody else in the toolkit.
    file(GLOB _wheel_headers "${_prefix}/../nvidia/*/include")
    set(_cuda_headers)
    foreach(_header cuda_runtime_api.h cublas_v2.h cusparse.h cusolverDn.h)
        find_path(LWB_TORCH_CUDA_HEADER_${_header} ${_header} HINTS ${_wheel_headers} ENV CUDA_HOME ENV CUDA_PATH
            /usr/local/cuda PATH_SUFFIXES include)
        mark_as_advanced(LWB_TORCH_CUDA_HEADER_${_header})
        list(APPEND _cuda_headers "${LWB_TORCH_CUDA_HEADER_${_header}}")
    endforeach()
    if(_cuda_headers MATCHES "NOTFOUND")
        set(_note "CPU and CUDA (names and memory of GPUs are not shown, because CUDA's headers were not found)")
    else()
        set(_note "CPU and CUDA")
        list(REMOVE_DUPLICATES _cuda_headers)
        target_include_directories(lwb_torch SYSTEM INTERFACE ${_cuda_headers})
        target_compile_definitions(lwb_torch INTERFACE LWB_WITH_CUDA=1)
    endif()
endif()

# Nothing in our code refers to libtorch_cuda by name; its kernels register themselves when it is loaded, so the linker
# must not drop it. What libtorch itself needs (CUDA, cuDNN) is looked for when the program starts, not when it is linked.
target_link_options(lwb_torch INTERFACE -Wl,--no-as-needed)
target_link_libraries(lwb_torch INTERFACE ${_libraries})
if(LWB_TORCH_CUDA OR NOT LWB_TORCH_IS_SYSTEM)
    target_link_options(lwb_torch INTERFACE -Wl,--allow-shlib-undefined)
endif()

# Before 2.7 the official builds came with the old std::string as well; every object of ours must then agree with it.
file(GLOB _config "${_prefix}/share/cmake/Torch/TorchConfig.cmake")
if(_config AND NOT LWB_TORCH_IS_SYSTEM)
    file(STRINGS "${_config}" _old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(_old_abi)
        target_compile_definitions(lwb_compile INTERFACE _GLIBCXX_USE_CXX11_ABI=0)
        if(BUILD_GUI)
            message(FATAL_ERROR "This libtorch uses the old C++ ABI, which Qt does not. Take the download named "
                "'cxx11 ABI', or build without the window (-DBUILD_GUI=OFF, preset headless).")
        endif()
    endif()
endif()

# Two flavours of OpenBLAS may be installed; the one on OpenMP shares libtorch's threads and is 1.8 times faster, but
# Debian's alternatives prefer the other. An old-style DT_RPATH of the program counts for libtorch's own dependencies too
# (a DT_RUNPATH would not), so it is put there, for this program alone.
set(LWB_OPENBLAS_DIR "/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp")
if(LWB_TORCH_IS_SYSTEM AND EXISTS "${LWB_OPENBLAS_DIR}/libblas.so.3")
    target_link_options(lwb_torch INTERFACE "LINKER:--disable-new-dtags" "LINKER:-rpath,${LWB_OPENBLAS_DIR}")
    string(APPEND _note ", OpenBLAS on OpenMP")
endif()
message(STATUS "libtorch ${LWB_TORCH_VERSION} in ${_prefix}: ${_note}")
