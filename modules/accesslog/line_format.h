// How a line looks: text and fields in turn, compiled once when the server starts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "escape.h"
#include "fields.h"

namespace accesslog {

class LineFormat {
 public:
  // `combined`, `json`, or a text with placeholders: the names of fields in braces, {{ and }} for braces themselves.
  // Throws std::invalid_argument with a sentence that says where the text is wrong and what it could be.
  explicit LineFormat(std::string_view format);

  // A view until the next call with the same `line`.
  std::string_view line(const Subject& subject, Line& line, Scratch& scratch) const;

 private:
  enum class Writing : std::uint8_t {
    as_it_is,
    json,
    quoted,  // it stands between double quotes
    bare,
  };
  struct Piece {
    Literal before;  // the text in front of the field
    const Field* field;
    Writing writing;
  };
  void compile(std::string_view text);
  void compile_json();

  std::vector<Piece> pieces_;
  std::string end_;
  Signs bare_ = signs_in_quotes;  // what is escaped outside of quotes
};

}  // namespace accesslog
