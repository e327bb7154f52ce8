# lwb_torch: libtorch as one target. CMAKE_PREFIX_PATH (or LIBTORCH) names another libtorch than the system's.
if(DEFINED ENV{LIBTORCH} AND NOT "$ENV{LIBTORCH}" STREQUAL "")
    list(PREPEND CMAKE_PREFIX_PATH "$ENV{LIBTORCH}")
endif()
find_package(Torch REQUIRED)
add_library(lwb_torch INTERFACE)
target_link_libraries(lwb_torch INTERFACE torch)
