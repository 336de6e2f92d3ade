# How this project builds its own parts: warnings, sanitizers, linker, and one function per kind of target.
# Who may include whom is decided here: a component's headers are visible only through a link view that
# its target hands to those that name it in DEPENDS, so a forbidden include does not compile.

option(KIRSCH_WERROR "Treat warnings as errors" OFF)
option(KIRSCH_FUZZ "Build the libFuzzer targets (clang)" OFF)
# Both halve the work of the compiler. A file of the core that is compiled alone, as in release, shows missing includes.
option(KIRSCH_UNITY_CORE "Compile the sources of a component of the core several at a time" OFF)
option(KIRSCH_UNITY_TESTS "Compile the sources of a test program several at a time" OFF)
set(KIRSCH_SANITIZE "" CACHE STRING "Value of -fsanitize")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

find_program(KIRSCH_CCACHE ccache)
if(KIRSCH_CCACHE)
  # ccache looks into precompiled headers only if it is told that their defines are the same.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros "${KIRSCH_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${KIRSCH_CCACHE}")
endif()
find_program(KIRSCH_MOLD mold)
if(KIRSCH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Third-party headers are exempt (CMake passes imported targets as system includes).
add_library(kirsch_warnings INTERFACE)
target_compile_options(kirsch_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(KIRSCH_WERROR)
  target_compile_options(kirsch_warnings INTERFACE -Werror)
endif()

if(KIRSCH_SANITIZE)
  # Finds the same as -O2 and compiles a third faster.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g1")
  add_compile_options(-fsanitize=${KIRSCH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # UBSan's vptr check opens a pipe to look at memory, so it reports nonsense where a test takes all descriptors away.
  add_compile_options(-fno-sanitize=vptr)
  add_link_options(-fsanitize=${KIRSCH_SANITIZE})
  # GCC's manual: sanitizers make this warning unreliable.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND KIRSCH_SANITIZE STREQUAL "thread")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
  if(KIRSCH_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
else()
  add_compile_options(-fstack-protector-strong -fcf-protection -fstack-clash-protection)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_compile_definitions(_FORTIFY_SOURCE=2)
  endif()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# For ccache with precompiled headers (tests have them; in the core they do not pay: too few headers are common).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
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
    set_target_properties(kirsch_${name} PROPERTIES UNITY_BUILD "${KIRSCH_UNITY_CORE}" UNITY_BUILD_BATCH_SIZE 12)
    target_include_directories(kirsch_${name} PUBLIC "${view}")
    target_link_libraries(kirsch_${name} PUBLIC ${arg_DEPENDS} ${arg_PACKAGES} Threads::Threads PRIVATE kirsch_warnings)
    # What each request runs. Nobody replaces a function of the core behind its back, so those of one file may be inlined
    # into each other, which position-independent code otherwise forbids.
    if(name MATCHES "^(net|http|pipeline)$")
      target_compile_options(kirsch_${name} PRIVATE -fno-semantic-interposition)
    endif()
  else()
    add_library(kirsch_${name} INTERFACE)
    target_include_directories(kirsch_${name} INTERFACE "${view}")
    target_link_libraries(kirsch_${name} INTERFACE ${arg_DEPENDS} ${arg_PACKAGES} Threads::Threads)
  endif()
endfunction()

# Tests are compiled more often than they run hot: this halves their build. (Fortified headers want at least -O1.)
if(KIRSCH_SANITIZE)
  set(KIRSCH_TEST_OPTIMIZATION -O0)
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(KIRSCH_TEST_OPTIMIZATION -O1)
endif()

# kirsch_tests(NAME DEPENDS target… [SOURCES file…] [ON_EPOLL filter]): the sources, by default those of this folder, as one
# GoogleTest program test_NAME. The tests that the filter names run a second time with the driver epoll.
function(kirsch_tests name)
  if(NOT KIRSCH_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ON_EPOLL" "DEPENDS;SOURCES")
  set(sources ${arg_SOURCES})
  if(NOT sources)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS} GTest::gmock_main kirsch_warnings)
  # GCC 12 finds overlaps and overruns in std::string that are not there (its bugs 105329, 105651), in tables of tests above all.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(test_${name} PRIVATE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow)
  endif()
  target_compile_options(test_${name} PRIVATE ${KIRSCH_TEST_OPTIMIZATION})
  # The same for all, Poco's included, so that they can share precompiled headers.
  target_compile_definitions(test_${name} PRIVATE
    KIRSCH_SOURCE_DIR="${CMAKE_SOURCE_DIR}" KIRSCH_BINARY_DIR="${CMAKE_BINARY_DIR}"
    $<TARGET_PROPERTY:Poco::Net,INTERFACE_COMPILE_DEFINITIONS>)
  target_precompile_headers(test_${name} REUSE_FROM kirsch_test_headers)
  if(NOT arg_SOURCES)
    set_target_properties(test_${name} PROPERTIES UNITY_BUILD "${KIRSCH_UNITY_TESTS}" UNITY_BUILD_BATCH_SIZE 8)
  endif()
  gtest_discover_tests(test_${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
  if(arg_ON_EPOLL)
    gtest_discover_tests(test_${name} DISCOVERY_MODE PRE_TEST TEST_FILTER "${arg_ON_EPOLL}" TEST_SUFFIX .on_epoll
      TEST_LIST test_${name}_on_epoll PROPERTIES TIMEOUT 300 ENVIRONMENT KIRSCH_DRIVER=epoll)
  endif()
endfunction()

# kirsch_fuzzer(NAME SOURCE DEPENDS target…): one libFuzzer program fuzz_NAME, built by the preset fuzz only.
function(kirsch_fuzzer name source)
  if(NOT KIRSCH_FUZZ)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS")
  add_executable(fuzz_${name} ${source})
  target_link_libraries(fuzz_${name} PRIVATE ${arg_DEPENDS} kirsch_warnings)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# All modules that the server is delivered with; kirsch_add_module adds each to it. Fixtures of tests stay out.
add_custom_target(kirsch_modules)
include("${CMAKE_SOURCE_DIR}/core/sdk/cmake/KirschModule.cmake")
