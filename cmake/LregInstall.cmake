# SPDX-License-Identifier: Apache-2.0
#
# Installs the headers, the ABI as data, both libraries, the CMake package, libregistry.pc and the man pages. All of it
# is relocatable: the installed files refer to each other by relative paths.

include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/libregistry")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/bindings/cpp/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/bindings/abi.json" DESTINATION "${CMAKE_INSTALL_DATADIR}/libregistry")
file(GLOB man1 CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/man/*.1")
install(FILES ${man1} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")

# The pages of section 3 are made from the comments in the headers.
find_package(Python3 COMPONENTS Interpreter QUIET)
if(Python3_FOUND)
    set(man3_folder "${PROJECT_BINARY_DIR}/man3")
    set(make_man_pages "${PROJECT_SOURCE_DIR}/scripts/make-man-pages")
    file(GLOB man3_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/*.h"
         "${PROJECT_SOURCE_DIR}/include/libregistry/*.h" "${PROJECT_SOURCE_DIR}/include/libregistry/sys/*.h")
    add_custom_command(
        OUTPUT "${man3_folder}/lreg_open.3"
        COMMAND "${CMAKE_COMMAND}" -E env PYTHONDONTWRITEBYTECODE=1 "${Python3_EXECUTABLE}" "${make_man_pages}"
                "${man3_folder}"
        DEPENDS ${man3_sources} "${make_man_pages}" "${PROJECT_SOURCE_DIR}/scripts/man_pages.py"
                "${PROJECT_SOURCE_DIR}/scripts/api_docs.py" "${PROJECT_SOURCE_DIR}/scripts/c_source.py"
        COMMENT "Making the man pages of the C API"
        VERBATIM)
    add_custom_target(man3 ALL DEPENDS "${man3_folder}/lreg_open.3")
    install(DIRECTORY "${man3_folder}/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man3" OPTIONAL
            FILES_MATCHING PATTERN "*.3")
else()
    message(STATUS "The man pages of the C API are left out: Python 3 is missing")
endif()

set(LREG_CMAKE_REQUIRES_PRIVATE "sqlite3 libarchive zlib jansson")
if(LREG_WITH_NETTLE)
    string(APPEND LREG_CMAKE_REQUIRES_PRIVATE " nettle")
endif()
string(REPLACE " " ", " LREG_PC_REQUIRES_PRIVATE "${LREG_CMAKE_REQUIRES_PRIVATE}")

if(TARGET registry)
    # Two exports: a project that uses only the shared library does not need the dependencies of the static one.
    install(TARGETS registry EXPORT libregistry_shared LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS registry_static EXPORT libregistry_static ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT libregistry_shared NAMESPACE libregistry:: FILE libregistry-shared.cmake
            DESTINATION "${package_folder}")
    install(EXPORT libregistry_static NAMESPACE libregistry:: FILE libregistry-static.cmake
            DESTINATION "${package_folder}")

    configure_package_config_file(
        "${PROJECT_SOURCE_DIR}/cmake/libregistry-config.cmake.in" "${PROJECT_BINARY_DIR}/libregistry-config.cmake"
        INSTALL_DESTINATION "${package_folder}" NO_SET_AND_CHECK_MACRO)
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/libregistry-config-version.cmake"
                                     COMPATIBILITY SameMinorVersion)
    install(FILES "${PROJECT_BINARY_DIR}/libregistry-config.cmake"
                  "${PROJECT_BINARY_DIR}/libregistry-config-version.cmake" DESTINATION "${package_folder}")

    file(RELATIVE_PATH LREG_PC_PREFIX "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
    string(REGEX REPLACE "/$" "" LREG_PC_PREFIX "${LREG_PC_PREFIX}")
    file(RELATIVE_PATH LREG_PC_LIBDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
    file(RELATIVE_PATH LREG_PC_INCLUDEDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
    foreach(module IN ITEMS libregistry libregistry-static)
        configure_file("${PROJECT_SOURCE_DIR}/pkgconfig/${module}.pc.in" "${PROJECT_BINARY_DIR}/${module}.pc" @ONLY)
        install(FILES "${PROJECT_BINARY_DIR}/${module}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
    endforeach()
endif()

foreach(program IN ITEMS registryd registryctl)
    if(TARGET ${program})
        install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    endif()
endforeach()

# Programs that only web servers start, and sample web server settings.
foreach(program IN ITEMS registry_cgi registry_fcgi)
    if(TARGET ${program})
        set(folder "${CMAKE_INSTALL_LIBEXECDIR}/libregistry")
        file(RELATIVE_PATH libraries "${CMAKE_INSTALL_PREFIX}/${folder}" "${CMAKE_INSTALL_FULL_LIBDIR}")
        set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries}")
        install(TARGETS ${program} RUNTIME DESTINATION "${folder}")
    endif()
endforeach()
# These files contain the installation prefix, which cmake --install --prefix may set at install time.
file(GLOB settings CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/cgi/*.conf.in"
     "${PROJECT_SOURCE_DIR}/examples/fastcgi/*.conf.in")
foreach(source IN LISTS settings)
    cmake_path(GET source STEM LAST_ONLY name)
    set(made "${PROJECT_BINARY_DIR}/settings/${name}")
    install(CODE "get_filename_component(prefix \"\${CMAKE_INSTALL_PREFIX}\" ABSOLUTE)
        set(LREG_PROGRAMS \"\${prefix}/${CMAKE_INSTALL_LIBEXECDIR}/libregistry\")
        configure_file(\"${source}\" \"${made}\" @ONLY)")
    install(FILES "${made}" DESTINATION "${CMAKE_INSTALL_DATADIR}/libregistry")
endforeach()
