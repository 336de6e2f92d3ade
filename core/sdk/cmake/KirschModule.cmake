# kirsch_add_module(NAME SOURCES file… PACKAGES target… [TESTS file…] [OUTPUT_DIRECTORY dir]): one shared object for a Kirsch server.
# Works inside the project and, included by path or by an installed package, outside it. TESTS: the GoogleTest program test_NAME, which
# includes <kirsch/testing.h>, and the test NAME of ctest that runs it where the sources are; the installed modules are there for it,
# too. -DBUILD_TESTING=OFF: without them, and so without GoogleTest.
# The flags are part of the contract: only `kirsch_module` is exported, nothing is left undefined, and the
# object stays unloadable (GCC would otherwise emit STB_GNU_UNIQUE symbols, which pin it in memory).

set(KIRSCH_SDK_DIR "${CMAKE_CURRENT_LIST_DIR}/.." CACHE INTERNAL "")
set(KIRSCH_MODULE_EXPORTS "${CMAKE_CURRENT_LIST_DIR}/module.map" CACHE INTERNAL "")

# The same in words, for those who call the compiler themselves: `kirsch module build` and pkg-config. -fno-gnu-unique is GCC's alone.
set(KIRSCH_MODULE_CXXFLAGS "-std=c++20 -fPIC -fvisibility=hidden -fvisibility-inlines-hidden -fno-gnu-unique")
set(KIRSCH_MODULE_LDFLAGS "-Wl,--build-id=sha1 -Wl,-z,relro,-z,now -Wl,-z,defs")

# How code is compiled that becomes part of a module.
function(kirsch_module_code target)
  # Without CMake's symbol per module the same compiled header fits all.
  set_target_properties(${target} PROPERTIES
    DEFINE_SYMBOL "" CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_include_directories(${target} SYSTEM PRIVATE "${KIRSCH_SDK_DIR}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
endfunction()

function(kirsch_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT_DIRECTORY" "SOURCES;PACKAGES;TESTS")
  if(NOT arg_SOURCES)
    set(arg_SOURCES "${name}.cpp")
  endif()
  set(target "module_${name}")
  add_library(${target} MODULE ${arg_SOURCES})
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")
    if(TARGET kirsch_modules)
      add_dependencies(kirsch_modules ${target})
    endif()
  endif()
  kirsch_module_code(${target})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME "${name}" PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${arg_OUTPUT_DIRECTORY}")
  target_link_libraries(${target} PRIVATE ${arg_PACKAGES})
  if(TARGET kirsch_warnings)
    target_link_libraries(${target} PRIVATE kirsch_warnings)
  endif()
  target_link_options(${target} PRIVATE
    "-Wl,--version-script=${KIRSCH_MODULE_EXPORTS}" -Wl,--build-id=sha1 -Wl,-z,relro,-z,now)
  # clang's sanitizer runtimes are resolved from the executable, so they must stay undefined in a module.
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND KIRSCH_SANITIZE))
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${KIRSCH_MODULE_EXPORTS}")
  if(arg_TESTS AND (BUILD_TESTING OR NOT DEFINED BUILD_TESTING))
    kirsch_add_module_tests(${name} ${arg_TESTS})
  endif()
endfunction()

function(kirsch_add_module_tests name)
  find_package(GTest REQUIRED)
  add_executable(test_${name} ${ARGN})
  set_target_properties(test_${name} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_link_libraries(test_${name} PRIVATE Kirsch::testing GTest::gtest_main $<TARGET_NAME_IF_EXISTS:GTest::gmock>)
  target_compile_definitions(test_${name} PRIVATE
    "KIRSCH_TEST_PLUGINS=\"$<TARGET_FILE_DIR:module_${name}>:${KIRSCH_PLUGINS_DIR}\"")
  add_dependencies(test_${name} module_${name})
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
endfunction()
