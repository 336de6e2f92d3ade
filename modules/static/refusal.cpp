// A shortage is told, because nobody but the operator can do something about it.
#include "refusal.h"

#include <kirsch/log.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "request_path.h"
#include "resource.h"

namespace static_files {
namespace {

// Without the slash, relative links of the page would point beside the directory.
[[noreturn]] void redirect_to_directory(const kirsch::Request& request) {
  auto location = encoded(request.path()) + "/";
  if (const auto query = request.query_string(); !query.empty()) location.append("?").append(query);
  throw kirsch::Redirect(std::move(location), 308);
}

bool passes(int error) { return error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

void refuse(kirsch::Exchange& exchange, int error) {
  const auto request = exchange.request();
  if (error == EISDIR) redirect_to_directory(request);
  if (is_missing(error)) throw kirsch::HttpError(404);
  if (error == EACCES || error == EPERM) throw kirsch::HttpError(403);
  const auto sentence = "cannot open " + std::string(request.path()) + ": " + std::strerror(error);
  if (!passes(error)) throw std::runtime_error(sentence);
  kirsch::log(kirsch::Level::warning, sentence);
  refuse_for_now(exchange);
}

void refuse_for_now(kirsch::Exchange& exchange) {
  exchange.response().headers().set("Retry-After", "1");
  throw kirsch::HttpError(503);
}

}  // namespace static_files
