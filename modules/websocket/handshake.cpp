// Fields are compared, cut and hashed; nothing else.
#include "handshake.h"

#include <kirsch/options.h>
#include <openssl/evp.h>

#include <algorithm>

namespace websocket {
namespace {

constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // 1.3

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::vector<std::string_view> list_elements(std::string_view field) {
  std::vector<std::string_view> elements;
  while (!field.empty()) {
    const auto end = field.find(',');
    if (const auto element = trimmed(field.substr(0, end)); !element.empty()) elements.push_back(element);
    field = end == field.npos ? std::string_view() : field.substr(end + 1);
  }
  return elements;
}

bool has_element(std::string_view field, std::string_view element) {
  const auto elements = list_elements(field);
  return std::any_of(elements.begin(), elements.end(),
                     [&](std::string_view one) { return kirsch::same_field(one, element); });
}

// Of the last letter only two bits belong to the 16 bytes.
bool is_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  const auto letters = key.substr(0, 22);
  return letters.find_first_not_of(base64) == letters.npos && base64.find(letters.back()) % 16 == 0;
}

std::string accept_value(std::string_view key) {
  const auto text = std::string(key).append(suffix);
  unsigned char digest[21]{};  // the last one stays zero and fills up the last group
  if (EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("OpenSSL cannot hash with SHA-1");
  std::string value;
  for (std::size_t group = 0; group < sizeof digest; group += 3) {
    const auto bits = static_cast<unsigned>(digest[group] << 16 | digest[group + 1] << 8 | digest[group + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) value += base64[bits >> shift & 63];
  }
  value.back() = '=';
  return value;
}

std::optional<std::vector<std::string_view>> subprotocols(std::string_view field) {
  auto names = list_elements(field);
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (!kirsch::detail::is_token(*name) || std::find(names.begin(), name, *name) != name) return std::nullopt;
  }
  if (names.empty()) return std::nullopt;
  return names;
}

}  // namespace websocket
