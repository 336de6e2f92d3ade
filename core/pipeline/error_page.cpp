// The choice among three types, and their rendering.
#include "pipeline/error_page.h"

#include <array>
#include <cstdio>

#include "base/text.h"
#include "pipeline/accept.h"

namespace kirsch::pipeline {
namespace {

constexpr std::array<std::string_view, 3> types = {"text/plain", "text/html", "application/json"};

std::string_view chosen(std::string_view accept) {
  std::string_view best = types[0];
  unsigned most = quality(accept, best);
  for (const auto type : {types[1], types[2]}) {
    if (const unsigned wanted = quality(accept, type); wanted > most) {
      best = type;
      most = wanted;
    }
  }
  return best;
}

std::string escaped(std::string_view text, bool html) {
  std::string out;
  for (const char byte : text) {
    if (html && (byte == '<' || byte == '>' || byte == '&' || byte == '"')) {
      out += byte == '<' ? "&lt;" : byte == '>' ? "&gt;" : byte == '&' ? "&amp;" : "&quot;";
    } else if (!html && (byte == '"' || byte == '\\')) {
      out += '\\';
      out += byte;
    } else if (static_cast<unsigned char>(byte) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(byte));
      out += html ? " " : code;
    } else {
      out += byte;
    }
  }
  return out;
}

std::string html(const std::string& title, std::string_view detail, std::string_view request) {
  std::string out = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>" + title +
                    "</title>\n<h1>" + title + "</h1>\n";
  if (!detail.empty()) out += "<p>" + escaped(detail, true) + "</p>\n";
  if (!request.empty()) out += "<p>Request " + escaped(request, true) + "</p>\n";
  return out + "</html>\n";
}

std::string json(std::uint16_t status, std::string_view reason, std::string_view detail, std::string_view request) {
  std::string out = "{\"status\":" + std::to_string(status) + ",\"title\":\"" + escaped(reason, false) + '"';
  if (!detail.empty()) out += ",\"detail\":\"" + escaped(detail, false) + '"';
  if (!request.empty()) out += ",\"request\":\"" + escaped(request, false) + '"';
  return out + "}\n";
}

std::string plain(const std::string& title, std::string_view detail, std::string_view request) {
  std::string out = title + '\n';
  if (!detail.empty()) out += std::string(detail) + '\n';
  if (!request.empty()) out += "Request " + std::string(request) + '\n';
  return out;
}

}  // namespace

ErrorPage error_page(std::uint16_t status, std::string_view reason, std::string_view detail, std::string_view accept,
                     std::string_view request) {
  const std::string title = std::to_string(status) + ' ' + std::string(reason);
  const std::string said = base::as_utf8(detail);  // all forms say that they are UTF-8, and JSON is nothing else
  const auto named = status >= 500 ? request : std::string_view();
  const auto type = chosen(accept);
  if (type == types[1]) return {"text/html; charset=utf-8", html(title, said, named)};
  if (type == types[2]) return {"application/json", json(status, reason, said, named)};
  return {"text/plain; charset=utf-8", plain(title, said, named)};
}

}  // namespace kirsch::pipeline
