// One SSL object over a BIO that reads and writes the loop's own memory.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "net/tls/openssl_handles.h"
#include "net/tls/provider.h"

namespace kirsch::net::tls {

class OpensslContext;

class OpensslSession final : public Session {
 public:
  static std::unique_ptr<Session> make(std::shared_ptr<const OpensslContext> context);
  explicit OpensslSession(std::shared_ptr<const OpensslContext> context) : context_(std::move(context)) {}

  Result handshake(Wire& wire) noexcept override;
  Result read(Wire& wire, std::span<char> plain, std::size_t& size) noexcept override;
  bool write(Wire& wire, std::string_view plain) noexcept override;
  void close(Wire& wire) noexcept override;
  std::shared_ptr<const Facts> facts() const override;
  const char* failure() const noexcept override { return failure_; }

  // OpenSSL's callback for each record, of SSL objects that were made here.
  static void watch_records(int writing, int version, int type, const void* bytes, std::size_t size, SSL* ssl,
                            void* self);

 private:
  struct Bio;

  Result result_of(int code) noexcept;
  void count_handshake_record() noexcept;

  std::shared_ptr<const OpensslContext> context_;
  SslHandle ssl_;
  Wire* wire_ = nullptr;  // during a call
  const char* failure_ = "";
  bool complete_ = false;
  bool broken_ = false;
  std::uint16_t handshake_records_ = 0;  // after the handshake, since window_
  base::SteadyTime window_{};
};

}  // namespace kirsch::net::tls
