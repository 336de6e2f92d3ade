// Placeholders are found once, at load.
#include "page_template.h"

#include <Poco/JSON/JSONException.h>
#include <Poco/JSON/Parser.h>
#include <Poco/UTF8Encoding.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace error_pages {
namespace {

// A page whose length a client could multiply with a long path.
constexpr std::size_t most_placeholders = 64;

struct Placeholder {
  std::string_view name;
  std::string_view Values::*value;
};
constexpr std::array<Placeholder, 4> placeholders{{{"{status}", &Values::status},
                                                   {"{reason}", &Values::reason},
                                                   {"{request_id}", &Values::request_id},
                                                   {"{path}", &Values::path}}};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t size = *bytes < 0x80 ? 1 : *bytes < 0xE0 ? 2 : *bytes < 0xF0 ? 3 : 4;
    if (size > text.size() || !Poco::UTF8Encoding::isLegal(bytes, static_cast<int>(size))) return false;
    text.remove_prefix(size);
  }
  return true;
}

void append_hexadecimal(std::string& out, char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto number = static_cast<unsigned char>(byte);
  (out += digits[number >> 4]) += digits[number & 15];
}

// Entities for all that could end a text, an attribute with quotes or without, or a comment. A script or a style takes
// them as they stand and so gets no character that would be code.
void append_html(std::string& out, std::string_view value) {
  constexpr std::string_view plain = " -._~/";
  for (const char byte : value) {
    const char lower = static_cast<char>(byte | 0x20);
    const bool is_word = (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || (byte & 0x80) != 0;
    if (is_word || plain.find(byte) != std::string_view::npos) {
      out += byte;
    } else {
      out += "&#x";
      append_hexadecimal(out, byte);
      out += ';';
    }
  }
}

void append_json(std::string& out, std::string_view value) {  // RFC 8259 7
  for (const char byte : value) {
    if (byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20) {
      out += "\\u00";
      append_hexadecimal(out, byte);
    } else {
      out += byte;
    }
  }
}

void append(std::string& out, std::string_view value, Format format) {
  if (format == Format::html) return append_html(out, value);
  if (format == Format::json) return append_json(out, value);
  out += value;
}

}  // namespace

PageTemplate::PageTemplate(std::string text, Format format) : text_(std::move(text)), format_(format) {
  if (!is_utf8(text_)) throw std::invalid_argument("is not UTF-8, as its media type says");
  const std::string_view all = text_;
  for (auto at = all.find('{'); at != std::string_view::npos; at = all.find('{', at + 1)) {
    const auto found = std::find_if(placeholders.begin(), placeholders.end(), [&](const Placeholder& placeholder) {
      return all.substr(at).starts_with(placeholder.name);
    });
    if (found == placeholders.end()) continue;
    pieces_.push_back({rest_, at, found->value});
    rest_ = at + found->name.size();
  }
  if (pieces_.size() > most_placeholders) {
    throw std::invalid_argument("has " + std::to_string(pieces_.size()) + " placeholders; at most " +
                                std::to_string(most_placeholders) + " are allowed");
  }
  if (format != Format::json) return;
  try {
    Poco::JSON::Parser().parse(page({"404", "word", "word", "word"}));
  } catch (const Poco::Exception& error) {
    throw std::invalid_argument("is no JSON object or list (" + error.message() +
                                "); all placeholders but {status} stand inside of quotes");
  }
}

std::string PageTemplate::page(const Values& values) const {
  std::string out;
  for (const auto& piece : pieces_) {
    out.append(text_, piece.begin, piece.end - piece.begin);
    append(out, values.*(piece.value), format_);
  }
  return out.append(text_, rest_);
}

}  // namespace error_pages
