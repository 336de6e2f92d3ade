// The fields stand as the machine has them: one that has them otherwise finds another version.
#include "record_format.h"

#include <Poco/Checksum.h>

#include <cstring>

namespace session_file {
namespace {

struct Header {
  char magic[8] = {'K', 'i', 'r', 's', 'c', 'h', 'S', '\n'};
  std::uint32_t version = 1;
  std::uint32_t checksum = 0;  // CRC-32 of all the rest
  std::uint64_t size = 0;      // of the data
  std::uint64_t created = 0;
  std::uint64_t expires = 0;
  std::uint64_t revision = 0;
};
static_assert(sizeof(Header) == header_size);

std::uint32_t checksum(Header header, std::string_view data) {
  header.checksum = 0;
  Poco::Checksum sum(Poco::Checksum::TYPE_CRC32);
  sum.update(reinterpret_cast<const char*>(&header), sizeof header);
  sum.update(data.data(), static_cast<unsigned>(data.size()));
  return sum.checksum();
}

std::optional<Header> header_of(std::string_view file) {
  Header header;
  const Header wanted;
  if (file.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, file.data(), sizeof header);
  const bool known =
      std::memcmp(header.magic, wanted.magic, sizeof header.magic) == 0 && header.version == wanted.version;
  return known ? std::optional(header) : std::nullopt;
}

}  // namespace

std::string encoded(const Record& record) {
  Header header;
  header.size = record.data.size();
  header.created = record.created;
  header.expires = record.expires;
  header.revision = record.revision;
  header.checksum = checksum(header, record.data);
  std::string file(reinterpret_cast<const char*>(&header), sizeof header);
  return file += record.data;
}

std::optional<Record> decoded(std::string_view file) {
  const auto header = header_of(file);
  if (!header) return std::nullopt;
  const auto data = file.substr(header_size);
  if (data.size() != header->size || checksum(*header, data) != header->checksum) return std::nullopt;
  return Record{header->created, header->expires, header->revision, std::string(data)};
}

std::optional<Milliseconds> expiry(std::string_view header, std::uint64_t file_size) {
  const auto read = header_of(header);
  return read && read->size == file_size - header_size ? std::optional(read->expires) : std::nullopt;
}

}  // namespace session_file
