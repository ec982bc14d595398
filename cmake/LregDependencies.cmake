# SPDX-License-Identifier: Apache-2.0
#
# Finds the libraries that libregistry depends on and adds them to the interface target lreg_dependencies. If a library
# is missing, configuration stops and names its Debian package.

find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
    message(FATAL_ERROR "pkg-config is missing. Debian: apt-get install pkgconf (or run scripts/install-dependencies)")
endif()
find_package(Threads REQUIRED)

function(lreg_missing what package)
    message(FATAL_ERROR "${what} is missing. Debian: apt-get install ${package} (or run scripts/install-dependencies)")
endfunction()

# A library with a .pc file; its name goes to Requires.private of libregistry.pc.
function(lreg_require_pkg module minimum package)
    pkg_check_modules(LREG_${module} QUIET IMPORTED_TARGET "${module}>=${minimum}")
    if(NOT LREG_${module}_FOUND)
        lreg_missing("${module} (at least ${minimum})" ${package})
    endif()
endfunction()

lreg_require_pkg(sqlite3 3.37 libsqlite3-dev) # STRICT tables
lreg_require_pkg(libarchive 3.4 libarchive-dev)
lreg_require_pkg(zlib 1.2.11 zlib1g-dev)
lreg_require_pkg(jansson 2.12 libjansson-dev)

# Mbed TLS 2.28 has no .pc file. The library needs mbedcrypto; hosts that speak TLS also link lreg_mbedtls.
find_path(LREG_MBEDTLS_INCLUDE_DIR mbedtls/sha256.h)
find_library(LREG_MBEDCRYPTO_LIBRARY mbedcrypto)
find_library(LREG_MBEDX509_LIBRARY mbedx509)
find_library(LREG_MBEDTLS_LIBRARY mbedtls)
mark_as_advanced(LREG_MBEDTLS_INCLUDE_DIR LREG_MBEDCRYPTO_LIBRARY LREG_MBEDX509_LIBRARY LREG_MBEDTLS_LIBRARY)
if(NOT LREG_MBEDTLS_INCLUDE_DIR OR NOT LREG_MBEDCRYPTO_LIBRARY)
    lreg_missing("Mbed TLS (mbedtls/sha256.h, libmbedcrypto)" libmbedtls-dev)
endif()
add_library(lreg_mbedcrypto INTERFACE)
target_include_directories(lreg_mbedcrypto SYSTEM INTERFACE "${LREG_MBEDTLS_INCLUDE_DIR}")
target_link_libraries(lreg_mbedcrypto INTERFACE "${LREG_MBEDCRYPTO_LIBRARY}")
add_library(lreg_mbedtls INTERFACE)
if(LREG_MBEDX509_LIBRARY AND LREG_MBEDTLS_LIBRARY)
    target_link_libraries(lreg_mbedtls INTERFACE "${LREG_MBEDTLS_LIBRARY}" "${LREG_MBEDX509_LIBRARY}" lreg_mbedcrypto)
endif()

set(LREG_WITH_NETTLE OFF)
if(LREG_DIGEST_PROVIDER MATCHES "^(AUTO|nettle)$")
    pkg_check_modules(LREG_nettle QUIET IMPORTED_TARGET "nettle>=3.7")
    if(LREG_nettle_FOUND)
        set(LREG_WITH_NETTLE ON)
    elseif(LREG_DIGEST_PROVIDER STREQUAL "nettle")
        lreg_missing("nettle (at least 3.7), asked for by LREG_DIGEST_PROVIDER=nettle," nettle-dev)
    endif()
elseif(NOT LREG_DIGEST_PROVIDER STREQUAL "mbedtls")
    message(FATAL_ERROR "LREG_DIGEST_PROVIDER is \"${LREG_DIGEST_PROVIDER}\"; it may be AUTO, mbedtls or nettle")
endif()

# The HTTP/1 parser of the examples has no .pc file either. examples/standalone reports what is missing when it is
# built.
find_path(LREG_HTTP_PARSER_INCLUDE_DIR http_parser.h)
find_library(LREG_HTTP_PARSER_LIBRARY http_parser)
mark_as_advanced(LREG_HTTP_PARSER_INCLUDE_DIR LREG_HTTP_PARSER_LIBRARY)
add_library(lreg_http_parser INTERFACE)
if(LREG_HTTP_PARSER_INCLUDE_DIR AND LREG_HTTP_PARSER_LIBRARY)
    target_include_directories(lreg_http_parser SYSTEM INTERFACE "${LREG_HTTP_PARSER_INCLUDE_DIR}")
    target_link_libraries(lreg_http_parser INTERFACE "${LREG_HTTP_PARSER_LIBRARY}")
elseif(LREG_BUILD_EXAMPLES)
    lreg_missing("http-parser, needed by LREG_BUILD_EXAMPLES," libhttp-parser-dev)
endif()
if(LREG_BUILD_EXAMPLES AND NOT LREG_MBEDTLS_LIBRARY)
    lreg_missing("libmbedtls, needed by LREG_BUILD_EXAMPLES," libmbedtls-dev)
endif()

add_library(lreg_dependencies INTERFACE)
target_link_libraries(
    lreg_dependencies
    INTERFACE PkgConfig::LREG_sqlite3
              PkgConfig::LREG_libarchive
              PkgConfig::LREG_zlib
              PkgConfig::LREG_jansson
              lreg_mbedcrypto
              $<$<BOOL:${LREG_WITH_NETTLE}>:PkgConfig::LREG_nettle>
              Threads::Threads)
if(LREG_WITH_NETTLE)
    message(STATUS "Digests by nettle ${LREG_nettle_VERSION}")
    target_compile_definitions(lreg_dependencies INTERFACE LREG_WITH_NETTLE=1)
endif()
