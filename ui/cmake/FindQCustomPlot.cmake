# QCustomPlot::QCustomPlot for Qt 6.
# Where the distribution has a Qt 6 build (Debian 13: libqcustomplot-dev), that one; otherwise the library is compiled
# from its source in QCUSTOMPLOT_SOURCE_DIR, which fetch_qcustomplot.sh fills from Debian's source package.
if(TARGET QCustomPlot::QCustomPlot)
    return()
endif()

find_package(QCustomPlotQt6 CONFIG QUIET)
if(TARGET QCustomPlotQt6::QCustomPlotQt6)
    message(STATUS "QCustomPlot: the system's Qt 6 build (${QCustomPlotQt6_DIR})")
    find_package(Qt6 6.4 REQUIRED COMPONENTS Widgets PrintSupport)
    add_library(QCustomPlot::QCustomPlot INTERFACE IMPORTED GLOBAL)
    target_link_libraries(QCustomPlot::QCustomPlot
        INTERFACE QCustomPlotQt6::QCustomPlotQt6 Qt6::Widgets Qt6::PrintSupport)
    set(QCustomPlot_FOUND TRUE)
    return()
endif()

set(QCUSTOMPLOT_SOURCE_DIR "${CMAKE_SOURCE_DIR}/build/qcustomplot" CACHE PATH
    "Folder with qcustomplot.h and qcustomplot.cpp, for systems without a Qt 6 build of the library")
if(NOT EXISTS "${QCUSTOMPLOT_SOURCE_DIR}/qcustomplot.cpp")
    message(STATUS "QCustomPlot: fetching Debian's source package into ${QCUSTOMPLOT_SOURCE_DIR}")
    execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/fetch_qcustomplot.sh" "${QCUSTOMPLOT_SOURCE_DIR}"
        RESULT_VARIABLE QCUSTOMPLOT_FETCH_RESULT)
    if(NOT QCUSTOMPLOT_FETCH_RESULT EQUAL 0)
        message(FATAL_ERROR "QCustomPlot could not be fetched (see above).")
    endif()
endif()

find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Widgets PrintSupport)
add_library(qcustomplot STATIC "${QCUSTOMPLOT_SOURCE_DIR}/qcustomplot.cpp")
add_library(QCustomPlot::QCustomPlot ALIAS qcustomplot)
set_target_properties(qcustomplot PROPERTIES AUTOMOC ON)
# SYSTEM and -w: its warnings are not ours to mend.
target_include_directories(qcustomplot SYSTEM PUBLIC "${QCUSTOMPLOT_SOURCE_DIR}")
target_compile_options(qcustomplot PRIVATE -w)
target_compile_features(qcustomplot PUBLIC cxx_std_17)
target_link_libraries(qcustomplot PUBLIC Qt6::Core Qt6::Gui Qt6::Widgets Qt6::PrintSupport)
set(QCustomPlot_FOUND TRUE)
message(STATUS "QCustomPlot: built from ${QCUSTOMPLOT_SOURCE_DIR}")
