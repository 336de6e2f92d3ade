// Random ids and their hashes.
#include "session_id.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace sessions {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t token_size = 43;

std::string random_token() {
  std::array<unsigned char, 33> bytes{};  // the last one stays zero and fills up the last group
  for (;;) {
    const auto got = ::getrandom(bytes.data(), 32, 0);
    if (got == 32) break;
    if (got < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  std::string token;
  for (std::size_t group = 0; group < bytes.size(); group += 3) {
    const auto bits = static_cast<unsigned>(bytes[group] << 16 | bytes[group + 1] << 8 | bytes[group + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) token += alphabet[bits >> shift & 63];
  }
  token.resize(token_size);
  return token;
}

bool is_token(std::string_view text) {
  static constexpr auto known = [] {
    std::array<bool, 256> table{};
    for (const char letter : alphabet) table[static_cast<unsigned char>(letter)] = true;
    return table;
  }();
  if (text.size() != token_size) return false;
  bool all = true;  // nearly always, so there is no early end
  for (const char letter : text) all &= known[static_cast<unsigned char>(letter)];
  return all;
}

Hash::Hash() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  if (algorithm_ == nullptr || context_ == nullptr) throw std::runtime_error("OpenSSL has no SHA-256");
}

Hash::~Hash() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(algorithm_);
}

kirsch::SessionKey Hash::key(std::string_view cookie, std::string_view id) {
  kirsch::SessionKey key{};
  if (EVP_DigestInit_ex2(context_, algorithm_, nullptr) != 1 ||
      EVP_DigestUpdate(context_, cookie.data(), cookie.size()) != 1 || EVP_DigestUpdate(context_, "=", 1) != 1 ||
      EVP_DigestUpdate(context_, id.data(), id.size()) != 1 || EVP_DigestFinal_ex(context_, key.bytes, nullptr) != 1)
    throw std::runtime_error("OpenSSL cannot hash");
  return key;
}

}  // namespace sessions
