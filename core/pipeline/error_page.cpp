// Negotiation after RFC 9110 12.5.1 among three types, and their rendering.
#include "pipeline/error_page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace kirsch::pipeline {
namespace {

constexpr std::array<std::string_view, 3> types = {"text/plain", "text/html", "application/json"};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view next_part(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto part = trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

double quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = next_part(parameters, ';');
    if (parameter.size() < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') continue;
    double value = 0;
    std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), value);
    return value;
  }
  return 1;
}

// How well a media range names `type`: 0 not at all, 1 by */*, 2 by type/*, 3 exactly.
int precision(std::string_view range, std::string_view type) {
  if (range == "*/*") return 1;
  if (range == type) return 3;
  const auto slash = type.find('/') + 1;
  return range.size() == slash + 1 && range.back() == '*' && range.substr(0, slash) == type.substr(0, slash) ? 2 : 0;
}

double liking(std::string_view accept, std::string_view type) {
  int best = 0;
  double liked = 0;
  while (!accept.empty()) {
    auto part = next_part(accept, ',');
    const auto range = next_part(part, ';');
    const int match = precision(range, type);
    if (match > best) {
      best = match;
      liked = quality(part);
    }
  }
  return liked;
}

std::string_view chosen(std::string_view accept) {
  std::string_view best = types[0];
  double most = liking(accept, best);
  for (const auto type : {types[1], types[2]}) {
    if (const double liked = liking(accept, type); liked > most) {
      best = type;
      most = liked;
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
  const auto named = status >= 500 ? request : std::string_view();
  const auto type = chosen(accept);
  if (type == types[1]) return {"text/html; charset=utf-8", html(title, detail, named)};
  if (type == types[2]) return {"application/json", json(status, reason, detail, named)};
  return {"text/plain; charset=utf-8", plain(title, detail, named)};
}

}  // namespace kirsch::pipeline
