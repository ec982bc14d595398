# SPDX-License-Identifier: Apache-2.0
#
# A room is a folder of libregistry/ that is compiled as one object library, room_<name>. Its rank determines which
# rooms it may include (scripts/check-layers) and which rooms its unit tests are linked with.

# Rank of each room, lowest first. The folder of a room is its name with "/" for "_". A room within a room of the same
# rank builds on what the outer one declares; with a different rank it is a layer of its own.
set(LREG_ROOMS
    base:0
    formats:1
    http:1
    storage:2
    storage_filesystem:2
    storage_memory:2
    meta:3
    meta_sqlite:3
    auth:3
    core_instance:4
    core:5
    core_content:6
    core_upkeep:7
    surface:8
    ecosystems_files:9
    ecosystems_alpine:9
    ecosystems_oci:9
    rest:9
    ecosystems:10
    exchange:11
    api:12)

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

# The object libraries of all rooms up to a rank (ALL: every rank) that have sources.
function(lreg_rooms_up_to rank out)
    set(targets "")
    foreach(entry IN LISTS LREG_ROOMS)
        string(REPLACE ":" ";" entry "${entry}")
        list(GET entry 0 name)
        list(GET entry 1 room_rank)
        if(TARGET room_${name} AND (rank STREQUAL "ALL" OR room_rank LESS_EQUAL rank))
            list(APPEND targets room_${name})
        endif()
    endforeach()
    set(${out} "${targets}" PARENT_SCOPE)
endfunction()

# The rank of a room, or the highest rank of the rooms within it: tests of core/ are linked with core/upkeep/ too.
function(lreg_room_rank name out)
    set(highest -1)
    foreach(entry IN LISTS LREG_ROOMS)
        if(entry MATCHES "^${name}(_[a-z]+)?:([0-9]+)$" AND CMAKE_MATCH_2 GREATER highest)
            set(highest ${CMAKE_MATCH_2})
        endif()
    endforeach()
    if(highest EQUAL -1)
        message(FATAL_ERROR "${name} is no room; cmake/LregRooms.cmake lists them with their ranks")
    endif()
    set(${out} "${highest}" PARENT_SCOPE)
endfunction()

# For tests and fuzzers: the internals of all rooms up to a rank, as objects, in place of the library.
function(lreg_link_rooms target rank)
    lreg_rooms_up_to(${rank} rooms)
    foreach(room IN LISTS rooms)
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:${room}>)
    endforeach()
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/libregistry")
    target_link_libraries(${target} PRIVATE lreg_options lreg_dependencies)
    target_link_options(${target} PRIVATE $<$<C_COMPILER_ID:GNU>:-fno-lto>)
endfunction()
