// When a piece is due.
#include "pipeline/request_body.h"

#include <utility>

namespace kirsch::pipeline {

bool RequestBody::wants_write() const {
  if (writing_ || bytes_.empty()) return false;
  if (file_ == nullptr) return bytes_.size() > memory_;
  return ended_ || bytes_.size() >= piece;
}

RequestBody::Write RequestBody::begin_write(const std::shared_ptr<Spool>& spool) {
  if (file_ == nullptr) file_ = std::make_shared<SpoolFile>(spool);
  writing_ = true;
  return {file_, std::exchange(bytes_, {})};
}

std::optional<std::string_view> RequestBody::view() {
  if (file_ == nullptr) return bytes_;
  const auto mapped = file_->map();
  return mapped.data() == nullptr ? std::nullopt : std::optional(mapped);
}

std::shared_ptr<SpoolFile> RequestBody::clear() {
  constexpr std::size_t kept = 64 * 1024;
  bytes_.clear();
  if (bytes_.capacity() > kept) bytes_.shrink_to_fit();
  writing_ = ended_ = false;
  return std::exchange(file_, nullptr);
}

}  // namespace kirsch::pipeline
