// RFC 9112, as far as answers of this server need it. One is read from its beginning each time: tests are small.
#include "testing/message.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "http/characters.h"

namespace kirsch::testing {
namespace {

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("a length is no number: " + std::string(text));
  return value;
}

// Takes a line with its end off the front; none: it is not complete.
std::optional<std::string_view> line(std::string_view& bytes) {
  const auto end = bytes.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const auto text = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return text;
}

// True: the head is complete.
bool read_head(std::string_view& bytes, Response& response) {
  Response read;
  auto text = line(bytes);
  if (!text) return false;
  if (!text->starts_with("HTTP/1.") || text->size() < 12)
    throw std::runtime_error("no answer of HTTP: " + std::string(*text));
  read.status = static_cast<int>(number(text->substr(9, 3), 10));
  for (text = line(bytes); text && !text->empty(); text = line(bytes)) {
    const auto colon = text->find(": ");
    if (colon == std::string_view::npos) throw std::runtime_error("no header field: " + std::string(*text));
    read.headers.emplace_back(text->substr(0, colon), text->substr(colon + 2));
  }
  if (!text) return false;
  response = std::move(read);
  return true;
}

// True: the last chunk has come, with its trailers.
bool read_chunks(std::string_view& bytes, std::string& body) {
  for (auto size = line(bytes); size; size = line(bytes)) {
    const auto left = number(*size, 16);
    if (left == 0) break;
    body += bytes.substr(0, left);
    if (bytes.size() < left + 2) return false;
    bytes.remove_prefix(left + 2);
  }
  for (auto trailer = line(bytes); trailer; trailer = line(bytes))
    if (trailer->empty()) return true;
  return false;
}

bool read_body(std::string_view& bytes, bool ended, Response& response) {
  if (response.header("Transfer-Encoding") == "chunked") return read_chunks(bytes, response.body);
  const auto length = response.header("Content-Length");
  const auto size = length.empty() ? bytes.size() : std::min(bytes.size(), number(length, 10));
  response.body = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return length.empty() ? ended : size == number(length, 10);
}

}  // namespace

Answer read_answer(std::string_view bytes, bool ended, bool bodiless) {
  Answer answer;
  auto rest = bytes;
  do {
    answer.response = {};
    if (!read_head(rest, answer.response)) return answer;
  } while (answer.response.status < 200 && answer.response.status != 101);
  const int status = answer.response.status;
  answer.complete =
      bodiless || status == 101 || status == 204 || status == 304 || read_body(rest, ended, answer.response);
  answer.size = bytes.size() - rest.size();
  return answer;
}

std::string request_text(const Request& request) {
  const auto names = [&](std::string_view name) {
    return std::ranges::any_of(request.headers,
                               [&](const auto& field) { return http::equal_ignoring_case(field.first, name); });
  };
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!names("Host")) text += "Host: localhost\r\n";
  if (!request.body.empty() && !names("Content-Length"))
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + request.body;
}

std::string Response::header(std::string_view name) const {
  for (const auto& [field, value] : headers)
    if (http::equal_ignoring_case(field, name)) return value;
  return {};
}

bool Response::has(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& one) { return http::equal_ignoring_case(one.first, name); });
}

std::string Response::cookies() const {
  std::string all;
  for (const auto& [field, value] : headers) {
    if (!http::equal_ignoring_case(field, "Set-Cookie")) continue;
    if (!all.empty()) all += "; ";
    all += value.substr(0, value.find(';'));
  }
  return all;
}

}  // namespace kirsch::testing
