// The body decoder sees the same body whole and byte by byte, and never gives more than it took.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/body_decoder.h"

namespace {

struct Decoded {
  std::string body;
  std::uint16_t status = 0;
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view text, std::size_t step, std::uint64_t limit) {
  using kirsch::http::BodyDecoder;
  const kirsch::http::Limits limits;
  BodyDecoder decoder(limits);
  decoder.begin_chunked();
  decoder.set_limit(limit);
  Decoded decoded;
  while (true) {
    const std::string_view piece = text.substr(decoded.consumed, step);
    const BodyDecoder::Result result = decoder.decode(piece);
    decoded.consumed += decoder.consumed();
    if (result == BodyDecoder::Result::data) decoded.body += decoder.data();
    if (result == BodyDecoder::Result::malformed) decoded.status = decoder.fault().status;
    if (result == BodyDecoder::Result::malformed || result == BodyDecoder::Result::complete) return decoded;
    if (decoded.consumed == text.size()) return decoded;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint64_t limit = data[0];
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Decoded whole = decode(text, text.size() + 1, limit);
  if (decode(text, 1, limit) != whole || decode(text, 3, limit) != whole) std::abort();
  if (whole.body.size() > limit || whole.body.size() > text.size()) std::abort();
  return 0;
}
