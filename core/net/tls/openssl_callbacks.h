// What OpenSSL asks during a handshake.
#pragma once

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

namespace kirsch::net::tls {

class OpensslContext;

// All take the OpensslContext from the application data of their SSL_CTX. Any thread.
struct OpensslCallbacks {
  static OpensslContext& of(SSL* ssl) {
    return *static_cast<OpensslContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }

  static int choose_certificate(SSL* ssl, int* alert, void*);  // by the server name
  static int choose_application(SSL* ssl, const unsigned char** chosen, unsigned char* size,
                                const unsigned char* offered, unsigned offered_size, void*);
  static int ticket_key(SSL* ssl, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                        int encrypting);
  static int staple(SSL* ssl, void*);
  static void log_key(const SSL* ssl, const char* line);
};

}  // namespace kirsch::net::tls
