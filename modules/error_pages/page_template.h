// The text of a page with its placeholders {status}, {reason}, {request_id} and {path}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format.h"

namespace error_pages {

// What placeholders stand for. `path` is UTF-8 without control characters, chosen by the client.
struct Values {
  std::string_view status;
  std::string_view reason;
  std::string_view request_id;
  std::string_view path;
};

class PageTemplate {
 public:
  // Throws std::invalid_argument, with a sentence that goes on after the name of the file: not UTF-8, no
  // JSON object or list whatever the placeholders stand for, too many placeholders.
  PageTemplate(std::string text, Format format);

  Format format() const { return format_; }
  bool is_fixed() const { return pieces_.empty(); }
  const std::string& text() const { return text_; }  // the page, if it is fixed
  // Escaped as the format needs it, so that no value ends the text or the attribute that it stands in.
  std::string page(const Values& values) const;

 private:
  struct Piece {
    std::size_t begin;  // of the text up to the placeholder
    std::size_t end;
    std::string_view Values::*value;
  };

  std::string text_;
  Format format_;
  std::vector<Piece> pieces_;
  std::size_t rest_ = 0;  // where the text behind the last placeholder begins
};

}  // namespace error_pages
