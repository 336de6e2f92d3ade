// The address is made of what the strict parser has understood; anything else gets the sentence without one.
#include "http/plain_clients.h"

#include <string_view>

#include "http/authority.h"
#include "http/parser.h"

namespace kirsch::http {
namespace {

std::string address_of(const RequestHead& head, const kirsch_address& local) {
  const auto authority = parse_authority(head.authority);
  if (!authority || head.method == KIRSCH_METHOD_CONNECT || !head.path.starts_with('/')) return {};
  const auto port = authority->port.value_or(local.port);
  std::string text = "https://" + std::string(authority->host);
  if (port != 443) text += ':' + std::to_string(port);
  text += head.path;
  if (!head.query.empty()) text.append("?").append(head.query);
  return text;
}

}  // namespace

std::string PlainClients::answer(std::span<char> received, const kirsch_address& local) {
  const std::string_view text(received.data(), received.size());
  if (text.find("\r\n\r\n") == text.npos && text.find("\n\n") == text.npos && text.size() < limits_.target) return {};
  HeadParser parser(limits_);
  std::string body = "This port speaks TLS, and the request came without it.\n";
  if (parser.parse(received.data(), received.size()) == ParseResult::complete) {
    const std::string address = address_of(parser.head(), local);
    if (!address.empty()) body += "The address is " + address + "\n";
  }
  return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace kirsch::http
