// Gives each request an id that its answer, the logs and error pages show.
#include <kirsch/module.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace {

// Of each byte.
constexpr auto hexadecimal = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> all{};
  for (std::size_t byte = 0; byte < all.size(); ++byte) all[byte] = {digits[byte >> 4], digits[byte & 15]};
  return all;
}();

// 128 random bits as 32 hexadecimal digits, from bytes that the kernel gives for sixteen ids at once.
class RandomIds {
 public:
  // A view until the next call. Throws std::system_error if the kernel has no random numbers.
  std::string_view next() {
    if (used_ == bytes_.size()) refill();
    const auto* const from = bytes_.data() + used_;
    [&]<std::size_t... byte>(std::index_sequence<byte...>) {
      (std::memcpy(&digits_[2 * byte], hexadecimal[from[byte]].data(), 2), ...);
    }
    (std::make_index_sequence<id_bytes>());
    used_ += id_bytes;
    return {digits_.data(), digits_.size()};
  }

 private:
  void refill() {
    if (::getentropy(bytes_.data(), bytes_.size()) != 0) throw std::system_error(errno, std::generic_category());
    used_ = 0;
  }

  static constexpr std::size_t id_bytes = 16;
  std::array<unsigned char, 16 * id_bytes> bytes_{};
  std::array<char, 2 * id_bytes> digits_{};
  std::size_t used_ = bytes_.size();
};

struct RequestId {
  std::string header;
  std::vector<kirsch::Cidr> trust;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&RequestId::header>("header", "X-Request-Id", "the header field with the id"),
      kirsch::opt<&RequestId::trust>("trust", "[]", "networks whose clients may bring an id of theirs"));

  void prepare() const {
    if (auto fault = kirsch::field_fault(header); !fault.empty()) throw kirsch::OptionError("header", fault);
  }

  void on_start_resource(kirsch::Exchange& exchange) const { give(exchange); }
  // Of messages that were rejected, which have no earlier hook.
  void before_error_response(kirsch::Exchange& exchange) const { give(exchange); }

 private:
  void give(kirsch::Exchange& exchange) const {
    auto id = brought_id(exchange.request());
    if (!id || !exchange.set_id(*id)) {
      id = ids_[exchange.lane()].next();
      if (!exchange.set_id(*id)) return;  // it is named already
    }
    exchange.response().headers().set(header, *id);
  }

  // What a trusted client has sent. Two lines are nobody's: a proxy may have added its own to a stranger's.
  std::optional<std::string_view> brought_id(const kirsch::Request& request) const {
    const bool trusted = std::any_of(trust.begin(), trust.end(),
                                     [&](const kirsch::Cidr& network) { return network.contains(request.peer()); });
    std::optional<std::string_view> id;
    if (!trusted) return id;
    for (const auto& field : request.headers()) {
      if (!kirsch::same_field(kirsch::name(field), header)) continue;
      if (id) return std::nullopt;
      id = kirsch::value(field);
    }
    return id;
  }

  kirsch::PerLane<RandomIds> ids_;
};

}  // namespace

KIRSCH_MODULE("request_id", "1.0.0", kirsch::summary("An id for each request, in its answer and in the logs"),
              kirsch::tool<RequestId>("request_id")
                  .priority(kirsch::Hook::on_start_resource, 5)
                  .priority(kirsch::Hook::before_error_response, 5)
                  .failsafe(kirsch::Hook::on_start_resource)
                  .failsafe(kirsch::Hook::before_error_response));
