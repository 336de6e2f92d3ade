// The note reader, and the manifest reader behind it, on arbitrary bytes.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "loader/manifest.h"
#include "loader/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto reading = kirsch::loader::read_note(std::as_bytes(std::span(data, size)));
  if (reading.note.has_value() != reading.fault.empty()) __builtin_trap();
  if (reading.note) {
    if (reading.note->manifest.size() > KIRSCH_MANIFEST_LIMIT) __builtin_trap();
    kirsch::loader::read_manifest(reading.note->manifest);
    kirsch::loader::read_manifest_head(reading.note->manifest);
  }
  // A valid ELF file around the JSON is rarely found; the manifest reader also takes the bytes as they are.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = kirsch::loader::read_manifest(text);
  if (manifest.manifest.has_value() != manifest.fault.empty()) __builtin_trap();
  kirsch::loader::read_manifest_head(text);
  return 0;
}
