# How this project builds its own parts: warnings, sanitizers, linker, and one function per kind of target.
# Who may include whom is decided here: a component's headers are visible only through a link view that
# its target hands to those that name it in DEPENDS, so a forbidden include does not compile.

option(KIRSCH_WERROR "Treat warnings as errors" OFF)
option(KIRSCH_FUZZ "Build the libFuzzer targets (clang)" OFF)
set(KIRSCH_SANITIZE "" CACHE STRING "Value of -fsanitize")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
# How far RelWithDebInfo optimises is said below, target by target.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
# Most presets compile the files of a target several at a time (CMAKE_UNITY_BUILD), which halves the work. debug and clang do not:
# a file that is compiled alone shows missing includes.

find_program(KIRSCH_CCACHE ccache)
if(KIRSCH_CCACHE)
  # ccache looks into precompiled headers only if it is told that their defines are the same, and finds what another preset has
  # compiled only if paths are relative.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}"
    "${KIRSCH_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${KIRSCH_CCACHE}")
endif()
find_program(KIRSCH_MOLD mold)
if(KIRSCH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Third-party headers are exempt (CMake passes imported targets as system includes).
add_library(kirsch_warnings INTERFACE)
target_compile_options(kirsch_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
# GCC 12 finds overlaps in std::string that are not there (its bug 105651), now in this file and now in another.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(kirsch_warnings INTERFACE -Wno-restrict)
endif()
if(KIRSCH_WERROR)
  target_compile_options(kirsch_warnings INTERFACE -Werror)
endif()

# Targets with the property KIRSCH_PLAIN have nothing in them that is to be tested. They are compiled as quickly as can be, and alike in
# release and with sanitizers, so that ccache compiles them once.
set(KIRSCH_IS_PLAIN "$<BOOL:$<TARGET_PROPERTY:KIRSCH_PLAIN>>")
function(kirsch_compile_options)
  add_compile_options("$<$<NOT:${KIRSCH_IS_PLAIN}>:${ARGN}>")
endfunction()
function(kirsch_link_options)
  add_link_options("$<$<NOT:${KIRSCH_IS_PLAIN}>:${ARGN}>")
endfunction()

if(KIRSCH_SANITIZE)
  # Finds the same as -O2, and compiles in two thirds of the time of -O1. What tests run a million times wants more (KIRSCH_HOT).
  set(optimization -O0)
  set(KIRSCH_HOT -O1)
  kirsch_compile_options(-fsanitize=${KIRSCH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # UBSan's vptr check opens a pipe to look at memory, so it reports nonsense where a test takes all descriptors away. What the others
  # look for, ASan sees at the access, and they are a fifth of the compiler's work.
  kirsch_compile_options(-fno-sanitize=vptr,null,object-size)
  # GCC's UBSan ends at a fault with an instruction that is none, which ASan reports with its place (asan_options.c). Its sentences
  # would be 110,000 objects in the server, all of which ASan registers at each start: a fifth of what a start costs.
  set(runtimes ${KIRSCH_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND KIRSCH_SANITIZE STREQUAL "address,undefined")
    kirsch_compile_options(-fsanitize-undefined-trap-on-error)
    set(runtimes address)
  endif()
  kirsch_link_options(-fsanitize=${runtimes})
  # The sanitizers' tables hold half a million addresses, which a program that may lie anywhere must relocate at each start.
  kirsch_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
  # GCC's manual: sanitizers make this warning unreliable.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND KIRSCH_SANITIZE STREQUAL "thread")
    kirsch_compile_options(-Wno-maybe-uninitialized)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND KIRSCH_SANITIZE MATCHES "address")
    add_compile_definitions(__SANITIZE_ADDRESS__)  # as GCC says it
  endif()
  if(KIRSCH_FUZZ)
    set(optimization -O1)
    kirsch_compile_options(-fsanitize=fuzzer-no-link)
  endif()
else()
  set(optimization -O2)
  kirsch_compile_options(-fstack-protector-strong -fcf-protection -fstack-clash-protection)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_compile_definitions("$<$<NOT:${KIRSCH_IS_PLAIN}>:_FORTIFY_SOURCE=2>")
  endif()
  kirsch_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
add_compile_options("$<$<CONFIG:RelWithDebInfo>:$<IF:${KIRSCH_IS_PLAIN},-O0,${optimization};-g1>>")

# Programs bring the options of ASan with them, whoever runs them.
if(KIRSCH_SANITIZE MATCHES "address" AND NOT KIRSCH_FUZZ)
  add_library(kirsch_asan_options OBJECT "${CMAKE_CURRENT_LIST_DIR}/asan_options.c")
  set_target_properties(kirsch_asan_options PROPERTIES KIRSCH_PLAIN ON)
  set(KIRSCH_ASAN_OPTIONS $<TARGET_OBJECTS:kirsch_asan_options>)
endif()

# For ccache with precompiled headers (tests have them; in the core they do not pay: too few headers are common).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()

# What each request runs is optimized as a whole in the program that is measured, which takes a tenth of its instructions away. The
# objects hold both forms, and all other programs, the tests above all, are linked as ever. All symbols are bound at the start
# (-z now), so calls of other libraries need no detour by way of a table of code.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT KIRSCH_SANITIZE)
  # The compiler's own limits leave calls of small functions on that path, which cost 4 % of a bare request.
  set(KIRSCH_WHOLE_COMPILE -flto -ffat-lto-objects -fno-plt --param=max-inline-insns-auto=40 --param=inline-min-speedup=10)
  set(KIRSCH_WHOLE_LINK -flto -flto=auto -Wno-stringop-overread)  # the first takes -fno-lto back, the second uses all cores
  add_link_options(-fno-lto)
endif()

# kirsch_core_library(NAME DEPENDS component… PACKAGES target…): the component core/NAME as target kirsch_NAME.
# Its headers are included as "NAME/header.h".
function(kirsch_core_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;PACKAGES")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  set(view "${CMAKE_BINARY_DIR}/view/${name}")
  file(MAKE_DIRECTORY "${view}")
  if(NOT EXISTS "${view}/${name}")
    file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${view}/${name}" SYMBOLIC)
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND "kirsch_")
  if(sources)
    add_library(kirsch_${name} STATIC ${sources})
    set_target_properties(kirsch_${name} PROPERTIES UNITY_BUILD_BATCH_SIZE 24)
    target_include_directories(kirsch_${name} PUBLIC "${view}")
    target_link_libraries(kirsch_${name} PUBLIC ${arg_DEPENDS} ${arg_PACKAGES} Threads::Threads PRIVATE kirsch_warnings)
    if(name MATCHES "^(base|net|http|pipeline)$")
      target_compile_options(kirsch_${name} PRIVATE ${KIRSCH_HOT} ${KIRSCH_WHOLE_COMPILE})
    endif()
    # What each request runs. Nobody replaces a function of the core behind its back, so those of one file may be inlined
    # into each other, which position-independent code otherwise forbids. Compiled together each component is one file.
    if(name MATCHES "^(net|http|pipeline)$")
      target_compile_options(kirsch_${name} PRIVATE -fno-semantic-interposition)
      set_target_properties(kirsch_${name} PROPERTIES UNITY_BUILD_BATCH_SIZE 0)
    endif()
  else()
    add_library(kirsch_${name} INTERFACE)
    target_include_directories(kirsch_${name} INTERFACE "${view}")
    target_link_libraries(kirsch_${name} INTERFACE ${arg_DEPENDS} ${arg_PACKAGES} Threads::Threads)
  endif()
endfunction()

# Fixtures are compiled more often than they run hot. (Fortified headers want at least -O1.)
if(KIRSCH_SANITIZE)
  set(KIRSCH_TEST_OPTIMIZATION -O0)
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(KIRSCH_TEST_OPTIMIZATION -O1)
endif()
# UBSan is for what is tested: the core, modules, and with the fixtures the SDK.
set(KIRSCH_TEST_OPTIONS ${KIRSCH_TEST_OPTIMIZATION})
if(KIRSCH_SANITIZE MATCHES "undefined")
  list(APPEND KIRSCH_TEST_OPTIONS -fno-sanitize=undefined)
endif()

# What programs of tests, and the headers that are compiled for them, have in common; `kind` is plain or sanitized.
function(kirsch_test_options target kind)
  if(kind STREQUAL "plain")
    set_target_properties(${target} PROPERTIES KIRSCH_PLAIN ON)
  else()
    target_compile_options(${target} PRIVATE ${KIRSCH_TEST_OPTIONS})
  endif()
  # GCC 12 finds overruns in std::string that are not there (its bug 105329), in tables of tests above all.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
  target_link_libraries(${target} PRIVATE GTest::gmock_main kirsch_warnings ${KIRSCH_ASAN_OPTIONS})
  # The same for all, Poco's included, so that they can share precompiled headers.
  target_compile_definitions(${target} PRIVATE
    KIRSCH_SOURCE_DIR="${CMAKE_SOURCE_DIR}" $<TARGET_PROPERTY:Poco::Net,INTERFACE_COMPILE_DEFINITIONS>)
endfunction()

# kirsch_tests(NAME DEPENDS target… [SOURCES file…] [ON_EPOLL filter] [CLIENT] [TOGETHER]): the sources, by default those of this
# folder, as one GoogleTest program test_NAME. The tests that the filter names run a second time with the driver epoll. CLIENT: they
# meet the server only as a process of its own, so sanitizers have nothing to look for in them. TOGETHER: in one process, because
# they share what is dear to make.
function(kirsch_tests name)
  if(NOT KIRSCH_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "CLIENT;TOGETHER" "ON_EPOLL" "DEPENDS;SOURCES")
  set(sources ${arg_SOURCES})
  if(NOT sources)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS})
  set(kind sanitized)
  if(arg_CLIENT OR NOT KIRSCH_SANITIZE)
    set(kind plain)
  endif()
  kirsch_test_options(test_${name} ${kind})
  target_precompile_headers(test_${name} REUSE_FROM kirsch_${kind}_headers)
  # Tests of several modules know nothing of each other's names: only those of one folder are compiled together.
  if(arg_SOURCES)
    set_target_properties(test_${name} PROPERTIES UNITY_BUILD_MODE GROUP)
    foreach(source ${arg_SOURCES})
      cmake_path(GET source PARENT_PATH folder)
      cmake_path(GET folder FILENAME folder)
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${folder}")
    endforeach()
  endif()
  if(arg_TOGETHER)
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  else()
    kirsch_discover_tests(test_${name} "" "" "*")
  endif()
  if(arg_ON_EPOLL)
    kirsch_discover_tests(test_${name} .on_epoll KIRSCH_DRIVER=epoll "${arg_ON_EPOLL}")
  endif()
endfunction()

# The tests of `program` that `filter` names, with `environment`: each as a process of its own. With sanitizers, whose start costs
# more than most tests, those of the core run in a few processes together.
function(kirsch_discover_tests program suffix environment filter)
  if(KIRSCH_SANITIZE AND CMAKE_CURRENT_SOURCE_DIR MATCHES "/tests/core/")
    foreach(part RANGE 1 4)
      math(EXPR index "${part} - 1")
      add_test(NAME "${program}${suffix}.${part}" COMMAND ${program} "--gtest_filter=${filter}")
      set_tests_properties("${program}${suffix}.${part}" PROPERTIES TIMEOUT 600
        ENVIRONMENT "GTEST_TOTAL_SHARDS=4;GTEST_SHARD_INDEX=${index};${environment}")
    endforeach()
    return()
  endif()
  if(KIRSCH_SANITIZE)
    # A kept server runs all that one without a keeper does, and most other tests start one without.
    string(APPEND filter "-Keeper/*/off")
  endif()
  gtest_discover_tests(${program} DISCOVERY_MODE PRE_TEST TEST_FILTER "${filter}" TEST_SUFFIX "${suffix}"
    TEST_LIST ${program}${suffix}_tests PROPERTIES TIMEOUT 300 ENVIRONMENT "${environment}")
endfunction()

# kirsch_add_package(NAME SOURCES file… PACKAGES target…): code of modules/packages/NAME that several modules link as Kirsch::NAME, each
# into itself, and include as "NAME/header.h".
function(kirsch_add_package name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PACKAGES")
  set(view "${CMAKE_BINARY_DIR}/view/packages/${name}")
  file(MAKE_DIRECTORY "${view}")
  if(NOT EXISTS "${view}/${name}")
    file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${view}/${name}" SYMBOLIC)
  endif()
  add_library(package_${name} STATIC ${arg_SOURCES})
  add_library(Kirsch::${name} ALIAS package_${name})
  kirsch_module_code(package_${name})
  target_include_directories(package_${name} INTERFACE "${view}")
  target_link_libraries(package_${name} PUBLIC ${arg_PACKAGES} PRIVATE kirsch_warnings)
endfunction()

# All modules that the server is delivered with; kirsch_add_module adds each to it. Fixtures of tests stay out.
add_custom_target(kirsch_modules)
include("${CMAKE_SOURCE_DIR}/core/sdk/cmake/KirschModule.cmake")
