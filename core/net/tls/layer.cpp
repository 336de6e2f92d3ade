// Accepting, taking turns, giving back memory.
#include "net/tls/layer.h"

#include <new>
#include <utility>

namespace kirsch::net::tls {
namespace {

// Each costs some 200 µs, of which the loop's other connections see no more than so many in a row.
constexpr unsigned handshakes_per_turn = 5;
constexpr std::size_t most_free_blocks = 64;
constexpr std::chrono::milliseconds farewell{1000};

}  // namespace

void Contexts::set(std::shared_ptr<const Context> context) noexcept {
  const std::lock_guard lock(mutex_);
  context_.swap(context);
}

std::shared_ptr<const Context> Contexts::get() const noexcept {
  const std::lock_guard lock(mutex_);
  return context_;
}

class Layer::Entrance final : public Acceptor {
 public:
  Entrance(Layer& layer, const Contexts& contexts, Acceptor& next, PlainClients& plain, const Settings& rules)
      : acceptor(next), plain_clients(plain), settings(rules), layer_(layer), contexts_(contexts) {}

  void on_accept(Transport& transport) override { layer_.accept(transport, *this); }
  std::unique_ptr<Session> session() const {
    const auto context = contexts_.get();
    return context == nullptr ? nullptr : context->accept();
  }

  Acceptor& acceptor;
  PlainClients& plain_clients;
  const Settings settings;

 private:
  Layer& layer_;
  const Contexts& contexts_;
};

Layer::Layer(Loop& loop) : loop_(loop) { blocks_.reserve(most_free_blocks); }

Layer::~Layer() {
  while (Young* young = young_.pop()) {
    --handshakes_;
    static_cast<TlsTransport*>(young)->abort();
  }
  while (Young* gone = retired_.pop()) delete static_cast<TlsTransport*>(gone);
}

Acceptor& Layer::entrance(const Contexts& contexts, Acceptor& acceptor, PlainClients& plain_clients,
                          const Settings& settings) {
  return *entrances_.emplace_back(std::make_unique<Entrance>(*this, contexts, acceptor, plain_clients, settings));
}

void Layer::close(const Acceptor& entrance) noexcept {
  std::erase_if(entrances_, [&](const auto& one) { return one.get() == &entrance; });
}

bool Layer::leads_to(const Acceptor& acceptor) noexcept {
  bool found = false;
  List<Young> seen;
  while (Young* young = young_.pop()) {
    found = found || &static_cast<TlsTransport*>(young)->acceptor() == &acceptor;
    seen.append(*young);
  }
  young_.take(seen);
  return found;
}

void Layer::accept(Transport& transport, const Entrance& entrance) noexcept try {
  make(transport, entrance);
} catch (const std::bad_alloc&) {
  transport.abort();
}

void Layer::make(Transport& transport, const Entrance& entrance) {
  auto session = entrance.session();
  if (session == nullptr) return transport.abort();
  if (handshakes_ >= entrance.settings.handshakes) {
    if (Young* oldest = young_.pop()) {
      --handshakes_;
      static_cast<TlsTransport*>(oldest)->abort();
    }
  }
  auto* made = new TlsTransport(*this, transport, std::move(session), entrance.acceptor, entrance.plain_clients);
  young_.append(static_cast<Young&>(*made));
  ++handshakes_;
  made->end_handshake_within(draining_ ? farewell : entrance.settings.handshake_time);
}

void Layer::drain() noexcept {
  draining_ = true;
  List<Young> all;
  all.take(young_);
  while (Young* young = all.pop()) {
    young_.append(*young);
    static_cast<TlsTransport*>(young)->end_handshake_within(farewell);
  }
}

void Layer::handshake_over(TlsTransport& transport) noexcept {
  Young& young = transport;
  if (!young.linked()) return;
  young.unlink();
  --handshakes_;
}

void Layer::retire(TlsTransport& transport) noexcept {
  handshake_over(transport);
  static_cast<Waiting&>(transport).unlink();
  retired_.append(static_cast<Young&>(transport));
  loop_.at_end_of_turn(*this);
}

bool Layer::begin_handshake_step() noexcept {
  if (turn_ != loop_.now()) {
    turn_ = loop_.now();
    steps_ = 0;
  }
  return steps_ < handshakes_per_turn;
}

void Layer::wait(TlsTransport& transport) noexcept {
  Waiting& waiting = transport;
  if (!waiting.linked()) waiting_.prepend(waiting);
  loop_.at_end_of_turn(*this);
}

void Layer::run_deferred() {
  while (Young* gone = retired_.pop()) delete static_cast<TlsTransport*>(gone);
  while (begin_handshake_step()) {
    Waiting* next = waiting_.pop();
    if (next == nullptr) break;
    static_cast<TlsTransport*>(next)->continue_handshake();
  }
  if (!waiting_.empty()) loop_.at_end_of_turn(*this);
}

std::vector<char> Layer::take_block() {
  std::vector<char> block;
  if (blocks_.empty()) {
    block.reserve(portion + 4096);
  } else {
    block = std::move(blocks_.back());
    blocks_.pop_back();
  }
  return block;
}

void Layer::give_block(std::vector<char>&& block) noexcept {
  if (block.capacity() < portion || blocks_.size() >= most_free_blocks) {
    std::vector<char>().swap(block);
    return;
  }
  block.clear();
  blocks_.push_back(std::move(block));
}

}  // namespace kirsch::net::tls
