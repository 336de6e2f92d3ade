// The header fields of a response: a short flat list in an arena, checked when set.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/field.h"
#include "kirsch/abi.h"

namespace kirsch::http {

// Names and values are copied to the arena. Setters return false and change nothing when the name is not a token, the
// value holds CR, LF, NUL or another control character but tab (RFC 9110 §5.5), white space surrounds it, or the field
// belongs to the framing, which the connection writes itself (Content-Length, Transfer-Encoding, Connection,
// Keep-Alive, Trailer, Date).
class ResponseFields {
 public:
  explicit ResponseFields(base::Arena& arena) : arena_(arena) {}
  ResponseFields(const ResponseFields&) = delete;
  ResponseFields& operator=(const ResponseFields&) = delete;

  // Before the arena is reset.
  void clear() {
    lines_ = few_.data();
    room_ = usual_room;
    count_ = 0;
    size_ = 0;
    may_be_there_.reset();
  }

  bool set(std::string_view name, std::string_view value);          // replaces all lines of that name
  bool add(std::string_view name, std::string_view value);          // appends a line
  bool set_default(std::string_view name, std::string_view value);  // only if absent (true then, too)
  bool remove(std::string_view name);                               // false: the name may not be set
  // The same with a line that is not copied.
  void set(const kirsch_field& prepared) {
    if (may_be_there_[prepared.id]) erase(name(prepared), static_cast<FieldName>(prepared.id));
    add(prepared);
  }
  void add(const kirsch_field& prepared) {
    if (count_ == room_) [[unlikely]]
      widen();
    lines_[count_++] = prepared;
    size_ += whole(prepared).size();
    may_be_there_[prepared.id] = true;
  }
  void set_default(const kirsch_field& prepared) {
    if (find(name(prepared), static_cast<FieldName>(prepared.id)) == nullptr) add(prepared);
  }
  std::optional<std::string_view> get(std::string_view name) const;  // of the first line
  std::optional<std::string_view> get(FieldName name) const;

  std::span<const kirsch_field> lines() const { return {lines_, count_}; }
  // The field of a whole line, "name: value\r\n", which it points into; none: set would refuse it.
  static std::optional<kirsch_field> prepared(std::string_view line);
  // One of them as it leaves, with its colon and line end, which stand around name and value in the arena.
  static std::string_view whole(const kirsch_field& line) {
    return {line.name, line.name_size + separator.size() + line.value_size + line_end.size()};
  }
  std::size_t size() const { return size_; }  // of all lines as they leave

 private:
  static constexpr std::string_view separator = ": ";
  static constexpr std::string_view line_end = "\r\n";

  [[gnu::cold]] void widen();
  bool append(std::string_view name, FieldName id, std::string_view value);
  void erase(std::string_view name, FieldName id);
  const kirsch_field* find(std::string_view name, FieldName id) const {
    return may_be_there_[static_cast<std::size_t>(id)] ? look(name, id) : nullptr;
  }
  const kirsch_field* look(std::string_view name, FieldName id) const;

  base::Arena& arena_;
  static constexpr std::uint32_t usual_room = 16;
  std::array<kirsch_field, usual_room> few_;
  kirsch_field* lines_ = few_.data();
  std::uint32_t count_ = 0;
  std::uint32_t room_ = usual_room;
  std::size_t size_ = 0;
  // By id; a bit that is not set: there is no such line. Most are not, so most looks end here.
  std::bitset<static_cast<std::size_t>(FieldName::count)> may_be_there_;
};

}  // namespace kirsch::http
