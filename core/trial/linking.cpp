// What the dynamic linker sees of the module.
#include <algorithm>

#include "trial/checks.h"

namespace kirsch::trial {
namespace {

constexpr const char* entry_symbol = "kirsch_module";
constexpr std::size_t most_listed = 3;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t index = 0; index < std::min(names.size(), most_listed); ++index)
    text += (index == 0 ? "" : ", ") + names[index];
  return names.size() > most_listed ? text + " and " + std::to_string(names.size() - most_listed) + " more" : text;
}

}  // namespace

Outcome check_exports(const Subject& subject) {
  if (!subject.linkage.linkage) return failed("the file " + subject.linkage.fault);
  auto others = subject.linkage.linkage->exported;
  const auto removed = std::erase(others, entry_symbol);
  std::erase_if(others, [](const auto& name) { return name.starts_with("__odr_asan."); });  // AddressSanitizer's own
  if (removed == 0) return failed("it does not export kirsch_module; write KIRSCH_MODULE(…) once, at namespace scope");
  if (!others.empty())
    return failed("it exports " + std::to_string(others.size()) + " symbols beside kirsch_module (" + listed(others) +
                  "); build it by kirsch_add_module, or with -fvisibility=hidden and "
                  "-Wl,--version-script=module.map of the SDK");
  return ok("kirsch_module");
}

Outcome check_unique(const Subject& subject) {
  if (!subject.linkage.linkage) return failed("the file " + subject.linkage.fault);
  const auto& unique = subject.linkage.linkage->unique;
  if (unique.empty()) return ok();
  return failed(
      "symbols of which a process has only one keep it loaded for ever, and an old and a new version share "
      "them: " +
      listed(unique) + "; compile with -fvisibility=hidden -fno-gnu-unique");
}

Outcome check_text_relocations(const Subject& subject) {
  if (!subject.linkage.linkage) return failed("the file " + subject.linkage.fault);
  if (!subject.linkage.linkage->text_relocations) return ok();
  return failed(
      "its code must be written to when it is loaded, which hardened systems forbid; compile all of it with "
      "-fPIC and link with -Wl,-z,text, which names the object at fault");
}

Outcome check_undefined(const Subject& subject) {
  if (!subject.linkage.linkage) return failed("the file " + subject.linkage.fault);
  try {
    const auto missing = loader::without_definition(subject.file->path, subject.linkage.linkage->undefined);
    if (missing.empty()) return ok();
    return failed("no library that it names defines " + listed(missing) +
                  ", only this server happens to; link with -Wl,-z,defs, and with the libraries that it uses");
  } catch (const std::exception& error) {
    return failed("it cannot be linked: " + std::string(error.what()) +
                  "; link with -Wl,-z,defs, which finds this when it is built");
  }
}

}  // namespace kirsch::trial
