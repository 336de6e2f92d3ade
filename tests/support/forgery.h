// Damages copies of modules: the header, the segment of the note, the note.
#pragma once

#include <elf.h>

#include <cstring>
#include <stdexcept>
#include <string>

#include "kirsch/abi.h"

namespace kirsch::test {

// The bytes of a module; each call returns them with one thing changed.
class Forgery {
 public:
  explicit Forgery(std::string bytes) : bytes_(std::move(bytes)) {}

  template <typename Change>
  std::string header(Change change) const {
    Elf64_Ehdr header{};
    std::memcpy(&header, bytes_.data(), sizeof(header));
    change(header);
    std::string forged = bytes_;
    std::memcpy(forged.data(), &header, sizeof(header));
    return forged;
  }

  // Changes the segment that holds our note.
  template <typename Change>
  std::string segment(Change change) const {
    std::string forged = bytes_;
    const std::size_t at = segment_at();
    Elf64_Phdr segment{};
    std::memcpy(&segment, forged.data() + at, sizeof(segment));
    change(segment);
    std::memcpy(forged.data() + at, &segment, sizeof(segment));
    return forged;
  }

  template <typename Change>
  std::string note(Change change) const {
    std::string forged = bytes_;
    Elf64_Nhdr note{};
    std::memcpy(&note, forged.data() + note_at(), sizeof(note));
    change(note);
    std::memcpy(forged.data() + note_at(), &note, sizeof(note));
    return forged;
  }

  std::size_t note_at() const {
    const std::string owner(KIRSCH_NOTE_OWNER, sizeof(KIRSCH_NOTE_OWNER));
    for (std::size_t at = bytes_.find(owner); at != std::string::npos; at = bytes_.find(owner, at + 1)) {
      std::uint32_t type = 0;
      std::memcpy(&type, bytes_.data() + at - 4, sizeof(type));
      if (type == KIRSCH_NOTE_TYPE) return at - sizeof(Elf64_Nhdr);
    }
    throw std::logic_error("a file without a note");
  }

 private:
  std::size_t segment_at() const {
    Elf64_Ehdr header{};
    std::memcpy(&header, bytes_.data(), sizeof(header));
    for (std::size_t number = 0; number < header.e_phnum; ++number) {
      const std::size_t at = header.e_phoff + number * sizeof(Elf64_Phdr);
      Elf64_Phdr segment{};
      std::memcpy(&segment, bytes_.data() + at, sizeof(segment));
      if (segment.p_type == PT_NOTE && segment.p_offset <= note_at() && note_at() < segment.p_offset + segment.p_filesz)
        return at;
    }
    throw std::logic_error("a file without a note segment");
  }

  std::string bytes_;
};

}  // namespace kirsch::test
