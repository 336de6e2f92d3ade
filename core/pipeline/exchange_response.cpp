// The answer: redirects and error pages of the server itself, its head, and its body on the way out.
#include <algorithm>
#include <array>

#include "http/reason_phrase.h"
#include "http/response_head.h"
#include "pipeline/contract_text.h"
#include "pipeline/dispatcher.h"
#include "pipeline/error_page.h"
#include "pipeline/exchange.h"
#include "pipeline/file_access.h"
#include "pipeline/stream.h"

namespace kirsch::pipeline {
namespace {

// From the normalised path, not the raw one: "/\\host/../x" would lead a browser elsewhere. The only escape in it is
// %2F.
std::string encoded_path(std::string_view path) {
  constexpr std::string_view plain = "-._~!$&'()*+,;=:@/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t index = 0; index < path.size(); ++index) {
    const char byte = path[index];
    const char lower = static_cast<char>(byte | 0x20);
    const bool kept = (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
                      plain.find(byte) != plain.npos || path.substr(index, 3) == "%2F";
    if (kept) {
      out += byte;
    } else {
      const auto value = static_cast<unsigned char>(byte);
      (out += '%').append({digits[value >> 4], digits[value & 15]});
    }
  }
  return out;
}

}  // namespace

std::string Exchange::query_part() const {
  return request_.query.size == 0 ? std::string() : '?' + std::string(view(request_.query));
}

// Before any tool has looked at the request: none shall ask for a password on this connection.
bool Exchange::redirect_to_https(const Generation& generation) {
  const auto& doors = generation.listeners[writer_->listener()].secure;
  for (const SecureDoor& door : doors) {
    const Site* site = request_.host.size == 0 ? nullptr : generation.find(door.listener, view(request_.host));
    if (site == nullptr) continue;
    std::string location = "https://" + std::string(view(request_.host));
    if (door.port != 443) location += ':' + std::to_string(door.port);
    location += view(request_.path) == "*" ? "/" : encoded_path(view(request_.path));
    location += query_part();
    enter(*site->root, generation);
    if (!redirect(308, location)) make_page(400, {});
    return true;
  }
  if (doors.empty()) return false;
  enter(*generation.fallback(writer_->listener()).root, generation);
  make_page(421, {});  // RFC 9110 15.5.20
  return true;
}

void Exchange::answer_without_handler() {
  if (route_.instead == 308) {
    const std::string location = encoded_path(view(request_.path)) + '/' + query_part();
    if (redirect(308, location)) return course_.settle(Outcome::answer);
    make_page(400, {});
  } else if (route_.instead == 204) {
    status_ = 204;
    fields_.set("Allow", method_list(route_.allowed));
    return course_.settle(Outcome::answer);
  } else {
    make_page(route_.instead != 0 ? route_.instead : std::uint16_t{404}, {});
    if (route_.instead == 405) fields_.set("Allow", method_list(route_.allowed));
  }
  course_.settle(Outcome::http_error);
}

bool Exchange::set_status(std::uint16_t status) {
  if (committed_ || status < 200 || status > 599) return false;
  status_ = status;
  return true;
}

bool Exchange::set_body(ResponseBody body) {
  if (committed_) return false;
  body_ = std::move(body);
  own_page_ = false;
  return true;
}

bool Exchange::redirect(std::uint16_t status, std::string_view location) {
  if (committed_ || status < 300 || status > 399 || status == 304 || location.empty() ||
      !fields_.set("Location", location))
    return false;
  status_ = status;
  drop_description();
  fields_.set("Content-Type", "text/plain; charset=utf-8");
  return set_body(arena_.copy("See " + std::string(location) + "\n"));
}

// Of a content that is not sent (RFC 9110 8.4 to 8.8, 10.2.2); other fields and cookies stay.
void Exchange::drop_description() {
  for (const auto* name : {"Accept-Ranges", "Age", "Content-Disposition", "Content-Encoding", "Content-Language",
                           "Content-Location", "ETag", "Last-Modified"})
    fields_.remove(name);
  if (status_ != 416) fields_.remove("Content-Range");  // there it says how much there is (15.5.17)
}

// What was said of the answer that is not given must not keep the page of an error in caches; no-store is never wrong.
void Exchange::forbid_caching() {
  fields_.remove("Expires");
  if (fields_.get(http::FieldName::cache_control)) fields_.set("Cache-Control", "no-store");
}

void Exchange::make_page(std::uint16_t status, std::string_view detail) {
  status_ = status;
  drop_description();
  fields_.remove("Location");
  forbid_caching();
  auto page = error_page(status, http::reason_phrase(status), detail, joined(http::FieldName::accept, ','), id());
  fields_.set("Content-Type", page.type);
  fields_.add("Vary", "Accept");
  body_ = arena_.copy(page.body);
  own_page_ = true;
}

// For a failure in before_finalize: nothing more may go wrong, and the headers set so far stay.
void Exchange::make_bare_page() {
  status_ = bare_status_;
  drop_description();
  forbid_caching();
  fields_.set("Content-Type", "text/plain; charset=utf-8");
  body_ = arena_.copy(std::to_string(status_) + ' ' + std::string(http::reason_phrase(status_)) + "\nRequest " + id() +
                      '\n');
}

bool Exchange::upgrade(const kirsch_stream_handler* handler, void* self) {
  if (!may_upgrade_ || committed_ || stream_handler_ != nullptr || course_.stage() != Stage::handler) return false;
  stream_handler_ = handler;
  stream_self_ = self;
  status_ = 101;
  return true;
}

// True: the whole answer is sent, because all of it is there and nothing is to be done in between.
bool Exchange::send_head() {
  if (bare_status_ != 0) make_bare_page();
  committed_ = true;
  const auto length = size(body_);
  http::ResponseHead head;
  head.status = status_;
  head.fields = &fields_;
  head.body = length == UINT64_MAX ? http::BodyLength::unknown : http::BodyLength::known;
  head.length = length == UINT64_MAX ? 0 : length;
  head.close = rejected_;
  course_.advance();
  const auto* bytes = std::get_if<std::string_view>(&body_);
  if (bytes == nullptr || stream_handler_ != nullptr || course_.stage() != Stage::leave) {
    writer_->send_head(head);
    return false;
  }
  writer_->answer(head, *bytes);
  where_ = Where::waiting;
  return true;
}

void Exchange::send_body() {
  if (stream_handler_ != nullptr && status_ == 101) {
    writer_->upgrade(std::make_unique<kirsch_stream>(*std::exchange(stream_handler_, nullptr), stream_self_,
                                                     StreamUse{dispatcher_, *generation_, *route_.plan}));
    return;
  }
  if (std::holds_alternative<ProducedBody>(body_) || std::holds_alternative<PieceBody>(body_)) {
    const bool bodiless = request_.method == KIRSCH_METHOD_HEAD || http::bodiless(status_);
    if (!bodiless) {
      production_ = Production::pushing;
      return pump();
    }
  } else if (auto* bytes = std::get_if<std::string_view>(&body_)) {
    if (!bytes->empty()) writer_->write(*bytes, http::Bytes::borrowed);
  } else if (auto* blob = std::get_if<BlobReference>(&body_)) {
    const auto whole = blob->bytes();
    writer_->write_shared(
        whole, [](void* owner) { pipeline::release(static_cast<kirsch_blob*>(owner)); }, blob->take());
  }
  writer_->finish();
}

void Exchange::pump() {
  if (auto* pieces = std::get_if<PieceBody>(&body_)) return pump_pieces(*pieces);
  std::array<char, 16 * 1024> buffer;
  auto& produced = std::get<ProducedBody>(body_);
  while (production_ == Production::pushing) {
    std::uint8_t done = 0;
    const auto count = produced.produce(buffer.data(), buffer.size(), &done);
    if (count < 0 || static_cast<std::size_t>(count) > buffer.size()) {
      production_ = Production::none;
      writer_->abort();
      return;
    }
    produced_ += static_cast<std::uint64_t>(count);
    if (produced_ >= produced.size()) done = 1;  // what exceeds the announced length would be dropped
    const bool room =
        count == 0 || writer_->write({buffer.data(), static_cast<std::size_t>(count)}, http::Bytes::copied);
    if (done != 0) {
      production_ = Production::none;
      writer_->finish();
    } else if (count == 0) {
      production_ = Production::waiting;
    } else if (!room) {
      return;
    }
  }
}

// A portion of a file leaves when the one before it has, and a worker reads what the kernel would have to wait for the
// disk for: the loop never does.
void Exchange::pump_pieces(PieceBody& body) {
  constexpr std::uint64_t portion = 1024 * 1024;
  while (const auto* piece = body.next()) {
    bool room = true;
    const bool in_memory = piece->bytes.size != 0;
    if (piece->descriptor < 0 || (in_memory && writer_->secure())) {
      room = writer_->write_shared({piece->bytes.data, piece->bytes.size}, PieceOwner::drop, body.share());
      body.advance(piece->bytes.size);
    } else {
      const auto size = std::min(piece->size, portion);
      if (!in_memory && !std::exchange(warm_, false) && !resident(piece->descriptor, piece->offset, size)) {
        production_ = Production::waiting;
        if (!dispatcher_.warm(*piece, size, body.share(), handle())) dispatcher_.wake_later(handle());
        return;
      }
      room = writer_->write_file({piece->descriptor, piece->offset, size}, PieceOwner::drop, body.share());
      body.advance(size);
    }
    if (!room) return;
  }
  body.let_go();
  production_ = Production::none;
  writer_->finish();
}

void Exchange::on_warm() {
  warm_ = true;
  wake();
}

void Exchange::on_writable() {
  if (production_ == Production::pushing) pump();
}

void Exchange::wake() {
  if (production_ != Production::waiting) return;
  production_ = Production::pushing;
  pump();
}

}  // namespace kirsch::pipeline
