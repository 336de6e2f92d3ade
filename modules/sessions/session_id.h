// The secret that a client has, and the key that storages know in its place.
#pragma once

#include <kirsch/session_storage.h>

#include <memory>
#include <string>

struct evp_md_ctx_st;
struct evp_md_st;

namespace sessions {

// 256 bits of the system's generator as 43 characters of base64url (RFC 4648 5). Throws std::system_error if it has
// none.
std::string random_token();

// True: it may have been made by random_token.
bool is_token(std::string_view text);

// SHA-256 for one lane.
class Hash {
 public:
  Hash();
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;
  ~Hash();
  // The key of an id. Cookies of different names share none, so what one application has handed out opens no other.
  kirsch::SessionKey key(std::string_view cookie, std::string_view id);

 private:
  evp_md_st* algorithm_;
  evp_md_ctx_st* context_;
};

}  // namespace sessions
