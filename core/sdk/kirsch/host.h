// The server as a module sees it: features by id, data per lane, and header fields made at load.
#pragma once

#include <kirsch/options.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace kirsch {
namespace detail {

// Set once per module before any of its other code runs; hidden visibility makes it the module's own.
inline const kirsch_host* host = nullptr;

}  // namespace detail

// The table of a feature such as "kirsch/log/1". Throws at load if this server lacks it; look it up at load.
template <class Table>
const Table& feature(std::string_view id) {
  const void* table = detail::host->feature(detail::host, {id.data(), id.size()});
  if (table == nullptr) throw std::runtime_error("this server does not offer the feature " + std::string(id));
  return *static_cast<const Table*>(table);
}

namespace detail {
// The same, for functions called often: looked up on first use.
template <class Table>
const Table& cached_feature(std::string_view id) {
  static const Table& table = feature<Table>(id);
  return table;
}
}  // namespace detail

inline std::uint32_t lanes() { return detail::host->lanes; }  // loops and workers
inline std::uint32_t loops() { return detail::host->loops; }  // lanes 0 .. loops() - 1

// One `Type` per lane, each on its own cache lines: counters, caches and buffers without locks. Construct it after load
// (a member of a tool or handler), index it with Exchange::lane().
template <class Type>
class PerLane {
 public:
  PerLane() : slots_(std::make_unique<Slot[]>(lanes())) {}
  Type& operator[](std::uint32_t lane) const { return slots_[lane].value; }

 private:
  struct alignas(128) Slot {
    Type value{};
  };
  std::unique_ptr<Slot[]> slots_;
};

// A header field of answers (ResponseHeaders), made at load: requests neither check nor copy it. A member of the tool
// or handler that gives it to exchanges. Wants the feature KIRSCH_FEATURE_FIELD.
class PreparedField {
 public:
  // Throws std::invalid_argument for what ResponseHeaders::set would refuse.
  PreparedField(std::string_view name, std::string_view value) : line_(std::make_unique<std::string>(name)) {
    line_->append(": ").append(value).append("\r\n");
    if (functions().prepare(detail::host, {line_->data(), line_->size()}, &raw_) == 0 || raw_.name_size != name.size())
      throw std::invalid_argument("this is no response header: " + *line_);
  }
  const kirsch_field& raw() const { return raw_; }
  static const kirsch_field_functions& functions() {
    return detail::cached_feature<kirsch_field_functions>(KIRSCH_FEATURE_FIELD);
  }

 private:
  std::unique_ptr<std::string> line_;  // raw_ points into it
  kirsch_field raw_{};
};

}  // namespace kirsch
