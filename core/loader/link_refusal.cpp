// Replaces the private copy's path and adds what to do.
#include "loader/link_refusal.h"

#include "loader/refusal.h"

namespace kirsch::loader {

base::Diagnostic refuse_link(const ModuleFile& file, std::string linker_text, const std::string& loaded_as) {
  for (auto at = linker_text.find(loaded_as); at != std::string::npos; at = linker_text.find(loaded_as, at)) {
    linker_text.replace(at, loaded_as.size(), file.path.string());
    at += file.path.string().size();
  }
  const bool undefined = linker_text.find("undefined symbol") != std::string::npos;
  return refused(code::not_linked,
                 "module '" + file.manifest->name + "' cannot be linked into the server: " + linker_text,
                 provenance(file.path, file.manifest->version, file.manifest->compiler, file.note.build_id) +
                     (undefined ? "; link it with -Wl,-z,defs, which finds this when it is built"
                                : "; install what it needs, ldd names it"));
}

}  // namespace kirsch::loader
