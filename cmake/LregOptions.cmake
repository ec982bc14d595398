# SPDX-License-Identifier: Apache-2.0
#
# Two interface targets that every target of this project links privately:
#   lreg_options    language, warnings, sanitizers, hardening: for all code
#   lreg_lto        link-time optimisation, only for the library (tests link plain objects, which is faster)

add_library(lreg_options INTERFACE)

target_compile_definitions(lreg_options INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(
    lreg_options
    INTERFACE -Wall
              -Wextra
              -Wpedantic
              -Wconversion
              -Wshadow
              -Wundef
              -Wvla
              -Wwrite-strings
              -Wformat=2
              $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
              $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
              $<$<BOOL:${LREG_WERROR}>:-Werror>)

target_compile_options(
    lreg_options INTERFACE -fstack-protector-strong -ffunction-sections -fdata-sections
                           $<$<CONFIG:Release,RelWithDebInfo>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>)
target_link_options(lreg_options INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)

if(LREG_SANITIZE STREQUAL "address")
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(LREG_SANITIZE STREQUAL "thread")
    set(sanitizers -fsanitize=thread)
elseif(LREG_SANITIZE)
    message(FATAL_ERROR "LREG_SANITIZE is \"${LREG_SANITIZE}\"; it may be empty, address or thread")
endif()

if(sanitizers)
    target_compile_options(lreg_options INTERFACE ${sanitizers} -fno-omit-frame-pointer)
    target_link_options(lreg_options INTERFACE ${sanitizers})
else()
    # These do not work together with the sanitizers.
    target_compile_definitions(lreg_options INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
    target_link_options(lreg_options INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-Wl,--gc-sections>)
endif()

if(LREG_FUZZ_ENGINE STREQUAL "libfuzzer")
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "LREG_FUZZ_ENGINE=libfuzzer needs clang (Debian: clang); the preset \"fuzz\" has it")
    endif()
    target_compile_options(lreg_options INTERFACE -fsanitize=fuzzer-no-link)
elseif(NOT LREG_FUZZ_ENGINE MATCHES "^(standalone|external)$")
    message(FATAL_ERROR "LREG_FUZZ_ENGINE is \"${LREG_FUZZ_ENGINE}\"; it may be standalone, libfuzzer or external")
endif()

if(LREG_COVERAGE)
    target_compile_options(lreg_options INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(lreg_options INTERFACE --coverage)
endif()

add_library(lreg_lto INTERFACE)
set(LREG_LTO_ACTIVE OFF)
if(LREG_LTO AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT LREG_SANITIZE AND NOT LREG_COVERAGE)
    set(LREG_LTO_ACTIVE ON)
    # Fat objects: a program that links with -fno-lto gets ordinary code.
    target_compile_options(lreg_lto INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-flto=auto>
                                              $<$<CONFIG:Release,RelWithDebInfo>:-ffat-lto-objects>)
endif()
