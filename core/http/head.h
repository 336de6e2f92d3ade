// The head of a request as views into the bytes that were received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/field.h"
#include "kirsch/abi.h"

namespace kirsch::http {

// The first field of that name, whole lines only; none: nullptr.
const kirsch_field* find_field(std::span<const kirsch_field> fields, FieldName name);
const kirsch_field* find_field(std::span<const kirsch_field> fields, std::string_view name);

// Trivially copyable; owns nothing. Views are empty where a malformed message gave nothing. The host's bytes are
// lower-cased where they stand, so also inside the field Host.
struct RequestHead {
  kirsch_method method = KIRSCH_METHOD_OTHER;
  std::uint8_t version_minor = 1;  // 0 or 1
  bool chunked = false;
  bool keep_alive = false;
  bool expect_continue = false;
  bool upgrade = false;  // Connection names upgrade and the field Upgrade is there
  std::string_view method_name;
  std::string_view target;     // as received
  std::string_view authority;  // host with port, of the target or of Host (RFC 9112 §3.2); empty: HTTP/1.0 without
  std::string_view host;       // without port and final dot; an IPv6 literal keeps its brackets
  std::string_view path;       // raw, begins with a slash; "*" for OPTIONS *
  std::string_view query;      // raw, without the question mark
  std::span<const kirsch_field> fields;
  std::optional<std::uint64_t> content_length;
  std::string_view bytes;  // the whole head with its final empty line

  bool wants_https() const { return !target.starts_with('/') && is_https_uri(); }
  bool has_body() const { return chunked || content_length.value_or(0) != 0; }

  const kirsch_field* field(FieldName name) const { return find_field(fields, name); }
  const kirsch_field* field(std::string_view name) const { return find_field(fields, name); }

  // The bytes have moved: rebases every view that pointed into [from, from + size). The fields move to
  // `storage`, which may be where they are.
  void relocate(const char* from, std::size_t size, const char* to, kirsch_field* storage);

 private:
  bool is_https_uri() const;
};

inline void RequestHead::relocate(const char* from, std::size_t size, const char* to, kirsch_field* storage) {
  // Compared as numbers: a view may point to static text, which has no order with the buffer.
  const auto begin = reinterpret_cast<std::uintptr_t>(from);
  const std::uintptr_t way = reinterpret_cast<std::uintptr_t>(to) - begin;
  const auto move = [&](std::string_view& view) {
    const auto at = reinterpret_cast<std::uintptr_t>(view.data());
    if (at - begin <= size) view = {reinterpret_cast<const char*>(at + way), view.size()};
  };
  move(method_name);
  move(target);
  move(authority);
  move(host);
  move(path);
  move(query);
  move(bytes);
  kirsch_field* moved = storage;
  for (kirsch_field line : fields) {
    line.name = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(line.name) + way);
    line.value = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(line.value) + way);
    *moved++ = line;
  }
  fields = {storage, fields.size()};
}

}  // namespace kirsch::http
