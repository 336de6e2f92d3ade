// From validators to 200, 206, 304, 406, 412 or 416, in the order of RFC 9110 13.2.2.
#include "answer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "byte_ranges.h"
#include "conditions.h"
#include "http_date.h"

namespace static_files {
namespace {

// What a request may say that matters here; the values of all lines of a field as one (RFC 9110 5.3).
struct Fields {
  std::optional<std::string> accept_encoding, range, if_range;
  Conditions conditions;
};

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char one, char other) { return (one | 0x20) == (other | 0x20); });
}

Fields fields_of(const kirsch::Request& request) {
  Fields fields;
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {
      {"accept-encoding", &fields.accept_encoding},
      {"range", &fields.range},
      {"if-range", &fields.if_range},
      {"if-match", &fields.conditions.if_match},
      {"if-none-match", &fields.conditions.if_none_match},
      {"if-modified-since", &fields.conditions.if_modified_since},
      {"if-unmodified-since", &fields.conditions.if_unmodified_since}};
  for (const auto& field : request.headers()) {
    for (const auto& [name, value] : wanted) {
      if (!same_name(kirsch::name(field), name)) continue;
      *value = *value ? **value + ", " + std::string(kirsch::value(field)) : std::string(kirsch::value(field));
      break;
    }
  }
  return fields;
}

const Form& choose_form(const std::optional<std::string>& accept_encoding, const Resource& resource) {
  std::vector<Coding> offered;
  for (const auto& form : resource.forms) offered.push_back(form.coding);
  const auto chosen = choose_coding(accept_encoding, offered);
  if (!chosen) throw kirsch::HttpError(406);
  return resource.forms[*chosen];
}

RangeChoice wanted_ranges(const Fields& fields, const Validators& validators, std::uint64_t size) {
  if (!fields.range) return {};
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (fields.if_range && !range_allowed(*fields.if_range, validators, now)) return {};
  return choose_ranges(*fields.range, size);
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.first + range.size - 1) + '/' +
         std::to_string(size);
}

// Unlike anything in the file, as far as chance can see to it.
std::string new_boundary() {
  std::random_device device;
  std::string boundary = "kirsch-";
  for (int i = 0; i < 4; ++i) boundary += std::to_string(device());
  return boundary;
}

// Until the exchange ends: the fields of its answer are those of the resource, which the cache may drop before.
void hold(kirsch::Exchange& exchange, const std::shared_ptr<const Resource>& resource) {
  using Held = std::shared_ptr<const Resource>;
  kirsch_exchange* const raw = exchange.raw();
  auto* const held = new (raw->functions->allocate(raw, sizeof(Held))) Held(resource);
  raw->functions->attach(raw, kirsch::text("static/resource"), held,
                         [](void* self) { static_cast<Held*>(self)->~Held(); });
}

// multipart/byteranges (RFC 9110 14.6).
void send_parts(kirsch::Exchange& exchange, const std::shared_ptr<const FileVersion>& version,
                const std::vector<ByteRange>& ranges, std::string_view type) {
  struct Parts {
    std::shared_ptr<const FileVersion> version;
    std::vector<std::string> heads;
    std::string end;
  };
  const auto boundary = new_boundary();
  auto parts = std::make_shared<Parts>();
  parts->version = version;
  parts->heads.reserve(ranges.size());
  parts->end = "\r\n--" + boundary + "--\r\n";
  std::vector<kirsch::Piece> pieces;
  for (const auto& range : ranges) {
    parts->heads.push_back("\r\n--" + boundary + "\r\nContent-Type: " + std::string(type) +
                           "\r\nContent-Range: " + content_range(range, version->size) + "\r\n\r\n");
    pieces.push_back(kirsch::piece(parts->heads.back()));
    pieces.push_back(version->piece(range.first, range.size));
  }
  pieces.push_back(kirsch::piece(parts->end));
  exchange.response().headers().set("Content-Type", "multipart/byteranges; boundary=", boundary);
  kirsch::send_pieces(exchange, pieces, std::move(parts));
}

void send_part(kirsch::Exchange& exchange, const std::shared_ptr<const FileVersion>& version, const ByteRange& range) {
  const std::array piece{version->piece(range.first, range.size)};
  kirsch::send_pieces(exchange, piece, version);
}

}  // namespace

void send_file(kirsch::Exchange& exchange, const std::shared_ptr<const Resource>& resource, bool negotiated,
               const kirsch::PreparedField& ranges) {
  const auto fields = fields_of(exchange.request());
  auto response = exchange.response();
  auto headers = response.headers();
  if (negotiated) headers.add("Vary", "Accept-Encoding");
  const Form& form = negotiated ? choose_form(fields.accept_encoding, *resource) : resource->forms.back();
  const FileVersion& version = *form.version;
  const Validators validators{version.etag, version.modified};
  const auto verdict = evaluate(fields.conditions, validators);
  if (verdict == Verdict::failed) throw kirsch::HttpError(412);
  hold(exchange, resource);
  headers.set(*version.etag_field);
  if (verdict == Verdict::not_modified) return response.set_status(304);  // RFC 9110 15.4.5: no more than needed
  headers.set(*resource->type_field);
  if (form.coding.name != identity.name) headers.set("Content-Encoding", form.coding.name);
  headers.set(*version.modified_field);
  headers.set(ranges);
  const bool is_get = exchange.request().method() == kirsch::Method::get;  // others have no ranges (RFC 9110 14.2)
  const auto choice = is_get ? wanted_ranges(fields, validators, version.size) : RangeChoice{};
  if (choice.unsatisfiable) {
    headers.set("Content-Range", "bytes */", version.size);
    throw kirsch::HttpError(416);
  }
  if (choice.ranges.empty() && version.content.raw() != nullptr) return kirsch::send_blob(exchange, version.content);
  if (choice.ranges.empty()) return send_part(exchange, form.version, {0, version.size});
  response.set_status(206);
  if (choice.ranges.size() > 1) return send_parts(exchange, form.version, choice.ranges, resource->type);
  headers.set("Content-Range", std::string_view(content_range(choice.ranges.front(), version.size)));
  send_part(exchange, form.version, choice.ranges.front());
}

}  // namespace static_files
