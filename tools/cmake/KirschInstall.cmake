# What `cmake --install` puts where, by the File System Hierarchy, and the Debian packages that CPack makes of it: kirsch (the server and
# its service), kirsch-modules, and kirsch-dev for authors. Each install component is a package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(kirsch_plugins lib/kirsch/plugins)  # beside bin/, where the server looks
set(kirsch_testing lib/kirsch)  # what links this library is never installed, so no search of the system needs to find it
set(kirsch_package share/cmake/Kirsch)
set(kirsch_sources "${CMAKE_SOURCE_DIR}/config")
set(kirsch_made "${CMAKE_BINARY_DIR}/install")

# server
install(TARGETS kirsch RUNTIME DESTINATION bin COMPONENT server)
# The service is the package's alone: its paths are those of /usr, and what operators edit is replaced by dpkg only after it has asked.
install(FILES "${kirsch_sources}/systemd/kirsch.service" DESTINATION lib/systemd/system COMPONENT server EXCLUDE_FROM_ALL)
install(FILES "${kirsch_sources}/sysusers.d/kirsch.conf" DESTINATION lib/sysusers.d COMPONENT server EXCLUDE_FROM_ALL)
install(CODE "
  file(INSTALL \"${kirsch_sources}/logrotate.d/kirsch\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/../etc/logrotate.d\")
  file(INSTALL \"${kirsch_sources}/debian/kirsch.yaml\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/../etc/kirsch\")"
  COMPONENT server EXCLUDE_FROM_ALL)
install(DIRECTORY "${kirsch_sources}/site" DESTINATION share/kirsch COMPONENT server)
install(FILES "${kirsch_sources}/quickstart.yaml" "${kirsch_sources}/production.yaml" "${kirsch_sources}/limits.yaml"
  "${kirsch_sources}/tmpfiles.d/kirsch.conf" DESTINATION share/doc/kirsch/examples COMPONENT server)

# modules
file(GLOB entries CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}" "plugins/*/CMakeLists.txt" "modules/*/CMakeLists.txt")
foreach(entry ${entries})
  get_filename_component(folder "${entry}" DIRECTORY)
  get_filename_component(name "${folder}" NAME)
  install(TARGETS module_${name} LIBRARY DESTINATION "${kirsch_plugins}" COMPONENT modules)
  install(FILES "${folder}/README.md" DESTINATION share/doc/kirsch-modules RENAME "${name}.md" COMPONENT modules)
endforeach()

# development
install(DIRECTORY core/sdk/kirsch DESTINATION include COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES core/testing/include/kirsch/testing.h DESTINATION include/kirsch COMPONENT development)
install(TARGETS kirsch_testing_library LIBRARY DESTINATION "${kirsch_testing}" COMPONENT development)
install(DIRECTORY core/sdk/cookbook DESTINATION share/doc/kirsch-dev COMPONENT development)
install(FILES core/sdk/README.md core/sdk/tutorial.md DESTINATION share/doc/kirsch-dev COMPONENT development)
install(FILES core/sdk/cmake/KirschModule.cmake core/sdk/cmake/module.map DESTINATION "${kirsch_package}" COMPONENT development)
set(kirsch_found "${CMAKE_BINARY_DIR}/${kirsch_package}")
configure_package_config_file(core/sdk/cmake/KirschConfig.cmake.in "${kirsch_found}/KirschConfig.cmake"
  INSTALL_DESTINATION "${kirsch_package}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR kirsch_plugins kirsch_testing)
# What authors ask for is the SDK: its version is the number of the contract.
file(STRINGS core/sdk/kirsch/abi.h kirsch_numbers REGEX "^#define KIRSCH_ABI_M(AJ|IN)OR ")
string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" kirsch_sdk_version "${kirsch_numbers}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS core/sdk/kirsch/abi.h)
write_basic_package_version_file("${kirsch_found}/KirschConfigVersion.cmake" VERSION "${kirsch_sdk_version}"
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES "${kirsch_found}/KirschConfig.cmake" "${kirsch_found}/KirschConfigVersion.cmake" DESTINATION "${kirsch_package}"
  COMPONENT development)
configure_file(core/sdk/cmake/kirsch.pc.in "${kirsch_made}/kirsch.pc" @ONLY)
configure_file(core/sdk/cmake/kirsch-testing.pc.in "${kirsch_made}/kirsch-testing.pc" @ONLY)
install(FILES "${kirsch_made}/kirsch.pc" "${kirsch_made}/kirsch-testing.pc" DESTINATION share/pkgconfig COMPONENT development)

# What the server says of itself. Its modules must be there for the schema.
set(kirsch_texts "${kirsch_made}/kirsch.8.gz" "${kirsch_made}/kirsch.bash" "${kirsch_made}/kirsch.fish" "${kirsch_made}/kirsch.zsh"
  "${kirsch_made}/kirsch.schema.json")
add_custom_command(OUTPUT ${kirsch_texts}
  COMMAND kirsch man | gzip -9 -n > "${kirsch_made}/kirsch.8.gz"
  COMMAND kirsch completion bash > "${kirsch_made}/kirsch.bash"
  COMMAND kirsch completion fish > "${kirsch_made}/kirsch.fish"
  COMMAND kirsch completion zsh > "${kirsch_made}/kirsch.zsh"
  COMMAND kirsch schema --path "${CMAKE_BINARY_DIR}/plugins" > "${kirsch_made}/kirsch.schema.json"
  DEPENDS kirsch kirsch_modules VERBATIM)
add_custom_target(kirsch_texts ALL DEPENDS ${kirsch_texts})
add_custom_target(kirsch_all DEPENDS kirsch kirsch_modules kirsch_testing_library kirsch_texts)
install(FILES "${kirsch_made}/kirsch.8.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man8" COMPONENT server)
install(FILES "${kirsch_made}/kirsch.bash" DESTINATION share/bash-completion/completions RENAME kirsch COMPONENT server)
install(FILES "${kirsch_made}/kirsch.fish" DESTINATION share/fish/vendor_completions.d COMPONENT server)
install(FILES "${kirsch_made}/kirsch.zsh" DESTINATION share/zsh/vendor-completions RENAME _kirsch COMPONENT server)
install(FILES "${kirsch_made}/kirsch.schema.json" DESTINATION share/kirsch COMPONENT modules)

# packages
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kirsch)
set(CPACK_PACKAGE_CONTACT "The Kirsch developers <developers@kirsch.invalid>")
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server modules development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME kirsch)
set(CPACK_COMPONENT_SERVER_DESCRIPTION "HTTP server whose tools, handlers and plugins are shared objects
Modules are named in one YAML file, checked before they run, and changed
while the server serves. This package is the server and its service.")
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "kirsch-modules (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
  "${kirsch_sources}/debian/conffiles;${kirsch_sources}/debian/postinst;${kirsch_sources}/debian/prerm;${kirsch_sources}/debian/postrm")

set(CPACK_DEBIAN_MODULES_PACKAGE_NAME kirsch-modules)
set(CPACK_COMPONENT_MODULES_DESCRIPTION "modules of the Kirsch HTTP server
Tools, handlers and plugins: sessions, static files, security headers,
access logs and what else the server is delivered with.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME kirsch-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "headers for modules of the Kirsch HTTP server
The SDK in C and C++20, header-only, for modules that one server binary
loads whatever compiler they were built with; and a library for their
tests, which is that server without sockets.")
# What the verbs of `kirsch module` use. Who builds with CMake alone needs none of it.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "kirsch, g++ | clang, libgtest-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "cmake, gdb")

string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)  # or SOURCE_DATE_EPOCH
function(kirsch_compress text file)
  file(WRITE "${kirsch_made}/${file}" "${text}")
  execute_process(COMMAND gzip -9 -n -f "${kirsch_made}/${file}")
endfunction()
file(READ "${CMAKE_SOURCE_DIR}/CHANGELOG.md" changes)
kirsch_compress("${changes}" changelog)
kirsch_compress("kirsch (${PROJECT_VERSION}-1) unstable; urgency=medium

  * As changelog.gz says.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
" changelog.Debian)
foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} part)
  install(FILES "${kirsch_made}/changelog.gz" "${kirsch_made}/changelog.Debian.gz"
    DESTINATION "share/doc/${CPACK_DEBIAN_${part}_PACKAGE_NAME}" COMPONENT ${component})
endforeach()
include(CPack)
