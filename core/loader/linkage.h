// What a module shows to the dynamic linker and wants from it, and whether the libraries that it names give that.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kirsch::loader {

struct Linkage {
  std::vector<std::string> exported;   // what others may bind to
  std::vector<std::string> unique;     // those of them of which a process has only one (STB_GNU_UNIQUE)
  std::vector<std::string> undefined;  // what others must define; weak ones may stay without
  bool text_relocations = false;       // its code is written to when it is loaded
};

// Either `linkage`, or `fault`: half a sentence that continues "FILE …".
struct LinkageReading {
  std::optional<Linkage> linkage;
  std::string fault;
};

// Bounded: the bytes may be anything. Reads the tables of sections, which strip leaves for the dynamic linker's
// symbols.
LinkageReading read_linkage(std::span<const std::byte> file);

// Maps the file, and so runs its constructors: for a process that may die of it. Those of `undefined` that neither it
// nor the libraries that it names define, though others in this process may. Throws std::runtime_error with the dynamic
// linker's words.
std::vector<std::string> without_definition(const std::filesystem::path& file,
                                            const std::vector<std::string>& undefined);

}  // namespace kirsch::loader
