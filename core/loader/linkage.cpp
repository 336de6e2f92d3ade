// Every offset and size of the file is checked before it is used.
#include "loader/linkage.h"

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace kirsch::loader {
namespace {

// Thrown and caught within this file.
struct Unusable {
  std::string text;
};

using Bytes = std::span<const std::byte>;

Bytes part(Bytes file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset)
    throw Unusable{"is cut short: a section lies beyond its end"};
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

template <typename Entry>
Entry entry_at(Bytes table, std::size_t index) {
  Entry entry{};
  const Bytes bytes = part(table, index * sizeof(Entry), sizeof(Entry));
  std::memcpy(&entry, bytes.data(), sizeof entry);
  return entry;
}

std::string name_at(Bytes strings, std::size_t offset) {
  const Bytes from = part(strings, offset, strings.size() - std::min(offset, strings.size()));
  const auto* text = reinterpret_cast<const char*>(from.data());
  return {text, ::strnlen(text, from.size())};
}

class Sections {
 public:
  explicit Sections(Bytes file) : file_(file), header_(entry_at<Elf64_Ehdr>(file, 0)) {
    if (header_.e_shoff == 0 || header_.e_shnum == 0)
      throw Unusable{"has no table of sections: it was stripped too far"};
    if (header_.e_shentsize != sizeof(Elf64_Shdr)) throw Unusable{"has sections of a wrong size"};
    table_ = part(file, header_.e_shoff, std::uint64_t{header_.e_shnum} * sizeof(Elf64_Shdr));
  }
  std::size_t count() const { return header_.e_shnum; }
  Elf64_Shdr at(std::size_t index) const { return entry_at<Elf64_Shdr>(table_, index); }
  Bytes content(const Elf64_Shdr& section) const { return part(file_, section.sh_offset, section.sh_size); }

 private:
  Bytes file_;
  Elf64_Ehdr header_;
  Bytes table_;
};

void add_symbol(const Elf64_Sym& symbol, Bytes strings, Linkage& linkage) {
  const unsigned binding = ELF64_ST_BIND(symbol.st_info), visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  if (binding == STB_LOCAL || symbol.st_name == 0) return;
  if (symbol.st_shndx == SHN_UNDEF) {
    if (binding == STB_GLOBAL) linkage.undefined.push_back(name_at(strings, symbol.st_name));
    return;
  }
  if (visibility == STV_HIDDEN || visibility == STV_INTERNAL) return;
  linkage.exported.push_back(name_at(strings, symbol.st_name));
  if (binding == STB_GNU_UNIQUE) linkage.unique.push_back(linkage.exported.back());
}

Linkage linkage_of(Bytes file) {
  const Sections sections(file);
  Linkage linkage;
  for (std::size_t index = 0; index < sections.count(); ++index) {
    const auto section = sections.at(index);
    if (section.sh_type == SHT_DYNSYM) {
      if (section.sh_link >= sections.count()) throw Unusable{"has symbols without names"};
      const Bytes symbols = sections.content(section), strings = sections.content(sections.at(section.sh_link));
      for (std::size_t number = 0; number < symbols.size() / sizeof(Elf64_Sym); ++number)
        add_symbol(entry_at<Elf64_Sym>(symbols, number), strings, linkage);
    } else if (section.sh_type == SHT_DYNAMIC) {
      const Bytes dynamic = sections.content(section);
      for (std::size_t number = 0; number < dynamic.size() / sizeof(Elf64_Dyn); ++number) {
        const auto one = entry_at<Elf64_Dyn>(dynamic, number);
        linkage.text_relocations = linkage.text_relocations || one.d_tag == DT_TEXTREL ||
                                   (one.d_tag == DT_FLAGS && (one.d_un.d_val & DF_TEXTREL) != 0);
      }
    }
  }
  return linkage;
}

}  // namespace

LinkageReading read_linkage(Bytes file) {
  try {
    return {linkage_of(file), {}};
  } catch (Unusable& fault) {
    return {std::nullopt, std::move(fault.text)};
  }
}

// dlsym with a handle looks into the file and what it names, and nowhere else.
std::vector<std::string> without_definition(const std::filesystem::path& file,
                                            const std::vector<std::string>& undefined) {
  void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw std::runtime_error(::dlerror());
  std::vector<std::string> missing;
  for (const auto& name : undefined) {
    ::dlerror();
    if (::dlsym(module, name.c_str()) == nullptr && ::dlerror() != nullptr) missing.push_back(name);
  }
  ::dlclose(module);
  return missing;
}

}  // namespace kirsch::loader
