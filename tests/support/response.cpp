// Reads one answer from a connection by the letter of RFC 9112.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "support/client.h"

namespace kirsch::test {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char one, unsigned char other) { return std::tolower(one) == std::tolower(other); });
}

[[noreturn]] void refuse(const std::string& why, const std::string& raw) {
  throw std::runtime_error("not a valid answer: " + why + " in '" + raw.substr(0, 2000) + "'");
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char byte) {
    return std::isalnum(byte) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(byte)) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  if (!text.empty() && (text.front() == ' ' || text.back() == ' ' || text.front() == '\t' || text.back() == '\t')) {
    return false;
  }
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char byte) { return byte == '\t' || (byte >= 0x20 && byte != 0x7F); });
}

std::pair<std::string, std::string> parsed_field(std::string_view line, const std::string& raw) {
  const auto colon = line.find(": ");
  const auto name = line.substr(0, line.find(':'));
  const auto value =
      colon == name.size() ? line.substr(colon + 2) : line.substr(std::min(line.size(), name.size() + 1));
  if (name.size() == line.size() || !is_token(name) || !is_value(value)) {
    refuse("the field line '" + std::string(line) + "'", raw);
  }
  return {std::string(name), std::string(value)};
}

// RFC 9112 4: HTTP/1.x SP 3DIGIT SP [reason].
void read_status_line(std::string_view line, Response& response) {
  const auto digit = [&](std::size_t at) { return std::isdigit(static_cast<unsigned char>(line[at])) != 0; };
  if (line.size() < 13 || line.substr(0, 7) != "HTTP/1." || !digit(7) || line[8] != ' ' || !digit(9) || !digit(10) ||
      !digit(11) || line[12] != ' ' || !is_value(line.substr(13))) {
    refuse("the status line", response.raw);
  }
  response.version_minor = line[7] - '0';
  std::from_chars(line.data() + 9, line.data() + 12, response.status);
  response.reason = line.substr(13);
  if (response.status < 100) refuse("the status", response.raw);
}

std::size_t number(std::string_view text, int base, const std::string& raw) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) refuse("a length", raw);
  return value;
}

// RFC 9112 6.3. A server may not send both, nor either of them twice.
void decide_framing(Response& response, bool body_expected) {
  const auto lengths = response.count("Content-Length");
  const auto codings = response.count("Transfer-Encoding");
  if (lengths + codings > 1) refuse("more than one framing", response.raw);
  const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
  if ((response.status < 200 || response.status == 204) && lengths + codings > 0) {
    refuse("a framing on a status without a body", response.raw);
  }
  if (codings == 1 && (response.field("Transfer-Encoding") != "chunked" || response.version_minor == 0)) {
    refuse("the transfer coding", response.raw);
  }
  using Framing = Response::Framing;
  response.framing = bodiless || !body_expected ? Framing::none
                     : codings == 1             ? Framing::chunked
                     : lengths == 1             ? Framing::length
                                                : Framing::close;
}

}  // namespace

std::optional<std::string> Response::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (same_name(field_name, name)) return value;
  }
  return std::nullopt;
}

std::size_t Response::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const auto& field) { return same_name(field.first, name); }));
}

Response Client::read(Milliseconds deadline) { return parse(true, deadline); }
Response Client::read_without_body(Milliseconds deadline) { return parse(false, deadline); }

Response Client::parse(bool body, Milliseconds deadline) {
  Response response;
  const auto more = [&](const char* where) {
    if (fill(deadline)) return;
    response.raw += buffer_;
    throw Truncated(std::string("the connection ended in ") + where + ": '" + response.raw.substr(0, 2000) + "'",
                    response);
  };
  const auto line = [&](const char* where) {
    std::size_t end = 0;
    while ((end = buffer_.find('\n')) == std::string::npos) more(where);
    std::string text = buffer_.substr(0, end + 1);
    buffer_.erase(0, end + 1);
    response.raw += text;
    if (text.size() < 2 || text[text.size() - 2] != '\r') refuse("a line without CR", response.raw);
    text.resize(text.size() - 2);
    return text;
  };
  const auto fields = [&](Fields& into, const char* where) {
    for (auto text = line(where); !text.empty(); text = line(where)) into.push_back(parsed_field(text, response.raw));
  };
  // Takes what has arrived piece by piece, so that a large body is not moved again and again.
  const auto take = [&](std::size_t size, const char* where) {
    while (size > 0) {
      if (buffer_.empty()) more(where);
      const auto piece = std::min(size, buffer_.size());
      response.body.append(buffer_, 0, piece);
      response.raw.append(buffer_, 0, piece);
      buffer_.erase(0, piece);
      size -= piece;
    }
  };

  read_status_line(line("the status line"), response);
  fields(response.fields, "the fields");
  decide_framing(response, body);
  if (response.framing == Response::Framing::length) {
    take(number(*response.field("Content-Length"), 10, response.raw), "the body");
  } else if (response.framing == Response::Framing::chunked) {
    for (;;) {
      const auto size = number(line("a chunk"), 16, response.raw);
      if (size == 0) break;
      take(size, "a chunk");
      if (!line("a chunk").empty()) refuse("a chunk longer than it says", response.raw);
    }
    fields(response.trailers, "the trailers");
  } else if (response.framing == Response::Framing::close) {
    do {
      take(buffer_.size(), "the body");
    } while (fill(deadline));
  }
  return response;
}

}  // namespace kirsch::test
