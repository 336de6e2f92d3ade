// Reads the manifest of a module from its ELF note, and its build id, without mapping the file and without running any
// of it. Bounded everywhere: the bytes are hostile until proven otherwise.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace kirsch::loader {

struct Note {
  std::string manifest;  // JSON, at most KIRSCH_MANIFEST_LIMIT bytes, not yet parsed
  std::string build_id;  // lower-case hexadecimal; empty: the file has none
};

// Either `note`, or `fault`: half a sentence that continues "FILE …" ("is not an ELF file").
struct NoteReading {
  std::optional<Note> note;
  std::string fault;
};

// Reads with pread only: the offset of `descriptor` stays, and a file that shrinks meanwhile is a fault, not a SIGBUS.
NoteReading read_note(int descriptor);
NoteReading read_note(std::span<const std::byte> file);

}  // namespace kirsch::loader
