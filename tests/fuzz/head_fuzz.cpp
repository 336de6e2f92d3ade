// The head parser never reads too far, and sees the same however the message is split.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/kept_head.h"
#include "http/parser.h"

namespace {

struct Outcome {
  kirsch::http::ParseResult result;
  std::uint16_t status;
  std::size_t size;
  bool operator==(const Outcome&) const = default;
};

std::unique_ptr<char[]> exact(const std::uint8_t* data, std::size_t size) {
  auto bytes = std::make_unique<char[]>(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(data[i]);
  return bytes;
}

Outcome outcome(kirsch::http::ParseResult result, kirsch::http::HeadParser& parser) {
  using kirsch::http::ParseResult;
  return {result, result == ParseResult::malformed ? parser.fault().status : std::uint16_t{0},
          result == ParseResult::complete ? parser.size() : 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kirsch::http;
  if (size < 2) return 0;
  const std::size_t cut = 1 + data[0] * (size - 1) / 256;
  ++data;
  --size;
  const Limits limits;
  HeadParser whole(limits);
  const auto all = exact(data, size);
  const Outcome expected = outcome(whole.parse(all.get(), size), whole);

  // The same again, behind a head whose fields it repeats: its first bytes, if they are one, or else itself.
  KeptHead before;
  HeadParser other(limits);
  std::string beginning = std::string(reinterpret_cast<const char*>(data), cut) + "\r\n\r\n";
  if (other.parse(beginning.data(), beginning.size()) == ParseResult::complete) {
    before.keep(other.head(), 1);
  } else if (expected.result == ParseResult::complete) {
    before.keep(whole.head(), 1);
  }
  whole.reset(before.known());
  const auto again = exact(data, size);
  if (outcome(whole.parse(again.get(), size), whole) != expected) std::abort();

  HeadParser split(limits);
  split.reset(before.known());
  auto first = exact(data, cut);
  ParseResult result = split.parse(first.get(), cut);
  auto second = exact(data, size);
  if (result == ParseResult::need_more) {
    result = split.parse(second.get(), size);
    first.reset();
  }
  if (outcome(result, split) != expected) std::abort();

  std::size_t sum = 0;
  for (const kirsch_field& field : split.head().fields) sum += name(field).size() + value(field).size();
  if (sum > size) std::abort();
  if (result == ParseResult::complete && split.head().path.empty()) std::abort();
  return 0;
}
