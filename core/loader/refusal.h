// The codes and the common shape of what the loader refuses.
#pragma once

#include <string>

#include "base/diagnostic.h"

namespace kirsch::loader {

namespace code {
inline constexpr const char* unreadable_note = "M201";   // not a module: ELF or note
inline constexpr const char* invalid_manifest = "M202";  // the note's JSON
inline constexpr const char* other_abi = "M203";
inline constexpr const char* untrusted = "M204";  // owner, mode, link, kind of file
inline constexpr const char* missing_feature = "M205";
inline constexpr const char* missing_service = "M206";
inline constexpr const char* provided_twice = "M207";
inline constexpr const char* unreadable_directory = "M208";
inline constexpr const char* not_copied = "M209";  // server.state
inline constexpr const char* failed_probe = "M210";
inline constexpr const char* not_linked = "M211";       // dlopen
inline constexpr const char* unlike_its_note = "M212";  // struct and note differ
inline constexpr const char* failed_init = "M213";
inline constexpr const char* failed_create = "M214";
inline constexpr const char* service_cycle = "M215";
}  // namespace code

// An error with exit code module_refused.
base::Diagnostic refused(const char* code, std::string message, std::string help = {});

// What a diagnostic says of a module that let an exception out of a function of the contract.
inline constexpr const char* escape = "it let an exception escape: ";
inline bool escaped(const base::Diagnostic& diagnostic) { return diagnostic.message.find(escape) != std::string::npos; }

// What the C library says of `error_number`.
std::string system_text(int error_number);

}  // namespace kirsch::loader
