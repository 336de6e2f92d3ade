// Walks ELF header, program headers and notes. Every offset and size of the file is checked before it is used.
#include "loader/note.h"

#include <elf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "kirsch/abi.h"
#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half host_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half host_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr Elf64_Half host_machine = EM_RISCV;
#else
#error "name the ELF machine of this host"
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr unsigned char host_data = ELFDATA2LSB;
#else
constexpr unsigned char host_data = ELFDATA2MSB;
#endif

// A linker writes about ten program headers and a handful of notes; what is far beyond is an attempt to keep us busy.
constexpr unsigned program_header_limit = 256;
constexpr unsigned note_limit = 256;
constexpr std::size_t build_id_limit = 64;

// Thrown and caught within this file.
struct Fault {
  std::string text;
};

class DescriptorBytes {
 public:
  explicit DescriptorBytes(int descriptor) : descriptor_(descriptor) {}
  bool read(std::uint64_t offset, void* into, std::size_t size) const {
    if (offset > static_cast<std::uint64_t>(INT64_MAX) - size) return false;
    auto* bytes = static_cast<char*>(into);
    while (size > 0) {
      const ssize_t count = ::pread(descriptor_, bytes, size, static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw Fault{"cannot be read: " + system_text(errno)};
      if (count == 0) return false;
      bytes += count;
      offset += static_cast<std::uint64_t>(count);
      size -= static_cast<std::size_t>(count);
    }
    return true;
  }

 private:
  int descriptor_;
};

class SpanBytes {
 public:
  explicit SpanBytes(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool read(std::uint64_t offset, void* into, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return false;
    if (size > 0) std::memcpy(into, bytes_.data() + offset, size);
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
};

template <typename Bytes>
void read_or_fault(const Bytes& bytes, std::uint64_t offset, void* into, std::size_t size, const char* what) {
  if (!bytes.read(offset, into, size)) throw Fault{std::string("is cut short: its ") + what + " lie beyond its end"};
}

void check_header(const Elf64_Ehdr& header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64) throw Fault{"is not a 64-bit ELF file"};
  if (header.e_ident[EI_DATA] != host_data) throw Fault{"is built for the other byte order"};
  if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT)
    throw Fault{"has an unknown ELF version"};
  if (header.e_machine != host_machine)
    throw Fault{"is built for another processor (ELF machine " + std::to_string(header.e_machine) + ", this host has " +
                std::to_string(host_machine) + ")"};
  if (header.e_type != ET_DYN) throw Fault{"is not a shared object (ELF type " + std::to_string(header.e_type) + ")"};
  if (header.e_phnum == 0) throw Fault{"has no program headers"};
  if (header.e_phentsize != sizeof(Elf64_Phdr)) throw Fault{"has program headers of a wrong size"};
  if (header.e_phnum > program_header_limit) throw Fault{"has too many program headers"};
}

// A copy that was cut short may still have its note; mapping it would be a SIGBUS, or miss parts. What is loaded and
// the table of sections, which linkers and strip write last, must be there to the last byte (sstrip leaves no such
// table).
template <typename Bytes>
void check_end(const Bytes& bytes, std::uint64_t offset, std::uint64_t size, const char* what) {
  char last = 0;
  if (size == 0) return;
  if (offset > UINT64_MAX - size) throw Fault{std::string("has an impossible size of its ") + what};
  read_or_fault(bytes, offset + size - 1, &last, sizeof(last), what);
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

// What was collected so far, over all PT_NOTE segments.
struct Collected {
  std::optional<std::string> manifest;
  std::string build_id;
  unsigned notes = 0;
};

template <typename Bytes>
void collect_note(const Bytes& bytes, const Elf64_Nhdr& head, std::uint64_t name_at, std::uint64_t descriptor_at,
                  Collected& collected) {
  // Owners are stored with their final 0; no owner of interest is longer than "Kirsch".
  std::array<char, sizeof(KIRSCH_NOTE_OWNER)> owner{};
  if (head.n_namesz == 0 || head.n_namesz > owner.size()) return;
  read_or_fault(bytes, name_at, owner.data(), head.n_namesz, "notes");
  const std::string_view name(owner.data(), head.n_namesz);
  using namespace std::string_view_literals;
  if (name == std::string_view(KIRSCH_NOTE_OWNER, sizeof(KIRSCH_NOTE_OWNER)) && head.n_type == KIRSCH_NOTE_TYPE) {
    if (collected.manifest) throw Fault{"carries two manifests"};
    if (head.n_descsz == 0) throw Fault{"carries an empty manifest"};
    if (head.n_descsz > KIRSCH_MANIFEST_LIMIT)
      throw Fault{"carries a manifest of " + std::to_string(head.n_descsz) + " bytes; the limit is " +
                  std::to_string(KIRSCH_MANIFEST_LIMIT)};
    std::string manifest(head.n_descsz, '\0');
    read_or_fault(bytes, descriptor_at, manifest.data(), manifest.size(), "notes");
    collected.manifest = std::move(manifest);
  } else if (name == "GNU\0"sv && head.n_type == NT_GNU_BUILD_ID && head.n_descsz <= build_id_limit) {
    std::string id(head.n_descsz, '\0');
    read_or_fault(bytes, descriptor_at, id.data(), id.size(), "notes");
    collected.build_id = hexadecimal(id);
  }
}

template <typename Bytes>
void collect_segment(const Bytes& bytes, const Elf64_Phdr& segment, Collected& collected) {
  const std::uint64_t alignment = segment.p_align == 8 ? 8 : 4;
  const auto padded = [&](std::uint64_t size) { return (size + alignment - 1) & ~(alignment - 1); };
  if (segment.p_filesz > UINT64_MAX - segment.p_offset) throw Fault{"has a note segment with an impossible size"};
  const std::uint64_t end = segment.p_offset + segment.p_filesz;
  std::uint64_t at = segment.p_offset;
  while (end - at >= sizeof(Elf64_Nhdr)) {
    if (++collected.notes > note_limit) throw Fault{"has too many notes"};
    Elf64_Nhdr head{};
    read_or_fault(bytes, at, &head, sizeof(head), "notes");
    const std::uint64_t room = end - at - sizeof(head);
    // Sizes are 32 bits wide, so that nothing here overflows 64. The last descriptor may end without its padding.
    const std::uint64_t name_size = padded(head.n_namesz);
    if (name_size > room || head.n_descsz > room - name_size) throw Fault{"has a note that is larger than its segment"};
    const std::uint64_t name_at = at + sizeof(head);
    collect_note(bytes, head, name_at, name_at + name_size, collected);
    const std::uint64_t next = name_size + padded(head.n_descsz);
    if (next >= room) return;
    at = name_at + next;
  }
}

template <typename Bytes>
Note collect(const Bytes& bytes) {
  std::array<char, SELFMAG> magic{};
  if (!bytes.read(0, magic.data(), magic.size()) || std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0)
    throw Fault{"is not an ELF file"};
  Elf64_Ehdr header{};
  read_or_fault(bytes, 0, &header, sizeof(header), "ELF headers");
  check_header(header);
  Collected collected;
  for (unsigned number = 0; number < header.e_phnum; ++number) {
    Elf64_Phdr segment{};
    if (header.e_phoff > UINT64_MAX - number * sizeof(segment)) throw Fault{"has program headers beyond its end"};
    read_or_fault(bytes, header.e_phoff + number * sizeof(segment), &segment, sizeof(segment), "program headers");
    if (segment.p_type == PT_LOAD) check_end(bytes, segment.p_offset, segment.p_filesz, "segments");
    if (segment.p_type == PT_NOTE) collect_segment(bytes, segment, collected);
  }
  const std::uint64_t sections = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff != 0) check_end(bytes, header.e_shoff, sections, "section headers");
  if (!collected.manifest) throw Fault{"carries no manifest: it is a shared object, but not a Kirsch module"};
  return {std::move(*collected.manifest), std::move(collected.build_id)};
}

template <typename Bytes>
NoteReading reading(const Bytes& bytes) {
  try {
    return {collect(bytes), {}};
  } catch (Fault& fault) {
    return {std::nullopt, std::move(fault.text)};
  }
}

}  // namespace

NoteReading read_note(int descriptor) { return reading(DescriptorBytes(descriptor)); }
NoteReading read_note(std::span<const std::byte> file) { return reading(SpanBytes(file)); }

}  // namespace kirsch::loader
