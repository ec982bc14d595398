# SPDX-License-Identifier: Apache-2.0
#
# A room is a folder of libregistry/ that is compiled as one object library, room_<name>. Its rank says which rooms it
# may include (scripts/check-layers) and which ones its unit tests are linked with.

# Rank of each room, lowest first. The folder of a room is its name with "_" for "/" below ecosystems.
set(LREG_ROOMS
    base:0
    http:1
    storage:2
    meta:2
    auth:3
    core:4
    surface:5
    ecosystems_files:6
    ecosystems_alpine:6
    ecosystems_oci:6
    ecosystems:6
    rest:6
    web:6
    dispatch:7
    api:8)

# lreg_room(NAME <room> SOURCES a.c b.c …) in libregistry/<room>/CMakeLists.txt. A room without sources is not built.
function(lreg_room)
    cmake_parse_arguments(PARSE_ARGV 0 ROOM "" "NAME" "SOURCES")
    if(NOT LREG_ROOMS MATCHES "(^|;)${ROOM_NAME}:[0-9]")
        message(FATAL_ERROR "${ROOM_NAME} is no room; cmake/LregRooms.cmake lists them with their ranks")
    endif()
    if(NOT ROOM_SOURCES)
        return()
    endif()
    set(target room_${ROOM_NAME})
    add_library(${target} OBJECT ${ROOM_SOURCES})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/libregistry")
    target_compile_definitions(${target} PRIVATE LREG_BUILD)
    target_link_libraries(${target} PRIVATE lreg_options lreg_lto lreg_dependencies)
endfunction()

# The object libraries of all rooms up to a rank that have sources.
function(lreg_rooms_up_to rank out)
    set(targets "")
    foreach(entry IN LISTS LREG_ROOMS)
        string(REPLACE ":" ";" entry "${entry}")
        list(GET entry 0 name)
        list(GET entry 1 room_rank)
        if(TARGET room_${name} AND room_rank LESS_EQUAL rank)
            list(APPEND targets room_${name})
        endif()
    endforeach()
    set(${out} "${targets}" PARENT_SCOPE)
endfunction()

function(lreg_room_rank name out)
    if(NOT LREG_ROOMS MATCHES "(^|;)${name}:([0-9])")
        message(FATAL_ERROR "${name} is no room; cmake/LregRooms.cmake lists them with their ranks")
    endif()
    set(${out} "${CMAKE_MATCH_2}" PARENT_SCOPE)
endfunction()

# For tests and fuzzers: the insides of all rooms up to a rank, as objects, in place of the library.
function(lreg_link_rooms target rank)
    lreg_rooms_up_to(${rank} rooms)
    foreach(room IN LISTS rooms)
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:${room}>)
    endforeach()
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/libregistry")
    target_link_libraries(${target} PRIVATE lreg_options lreg_dependencies)
    target_link_options(${target} PRIVATE $<$<C_COMPILER_ID:GNU>:-fno-lto>)
endfunction()
