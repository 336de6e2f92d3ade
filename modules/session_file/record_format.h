// A record as its file holds it: a header with a checksum of everything, then the data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace session_file {

using Milliseconds = std::uint64_t;  // since 1970, by the calendar: records outlive processes and machines

inline constexpr std::size_t header_size = 48;
inline constexpr std::size_t largest = 1 << 20;  // bytes of data, as the contract has it

struct Record {
  Milliseconds created = 0;
  Milliseconds expires = 0;
  std::uint64_t revision = 0;
  std::string data;
};

std::string encoded(const Record& record);
// Nullopt: these are not the bytes of a record, whole and unchanged.
std::optional<Record> decoded(std::string_view file);
// By a look at the header alone, which nobody has checked, of a file of so many bytes. Nullopt: no record is like that.
std::optional<Milliseconds> expiry(std::string_view header, std::uint64_t file_size);

}  // namespace session_file
