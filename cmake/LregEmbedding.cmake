# SPDX-License-Identifier: Apache-2.0
#
# Optional parts: C++, for the tests of bindings/cpp, and the third-party servers in examples/embed-*. A part whose
# dependency is missing is left out, with a message.

if(NOT CMAKE_CXX_COMPILER_LOADED)
    include(CheckLanguage)
    if(NOT CMAKE_CXX_COMPILER)
        unset(CMAKE_CXX_COMPILER CACHE) # finds one that was installed since the last configuration
    endif()
    check_language(CXX)
    if(CMAKE_CXX_COMPILER)
        enable_language(CXX)
    else()
        message(STATUS "No C++: its compiler is missing. Debian: apt-get install g++")
    endif()
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)

if(LREG_BUILD_EXAMPLES)
    pkg_check_modules(LREG_microhttpd QUIET libmicrohttpd>=0.9.74)
    find_path(BEAST_INCLUDE_DIR boost/beast/http.hpp)
    mark_as_advanced(BEAST_INCLUDE_DIR)
    if(LREG_microhttpd_FOUND)
        add_subdirectory(examples/embed-c)
        target_link_libraries(embed-c PRIVATE lreg_options)
    else()
        message(STATUS "No embed-c: libmicrohttpd is missing. Debian: apt-get install libmicrohttpd-dev")
    endif()
    if(CMAKE_CXX_COMPILER AND BEAST_INCLUDE_DIR)
        add_subdirectory(examples/embed-cpp)
        target_link_libraries(embed-cpp PRIVATE lreg_options)
    else()
        message(STATUS "No embed-cpp: Boost or C++ is missing. Debian: apt-get install g++ libboost-dev")
    endif()
endif()
