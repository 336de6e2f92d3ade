// Text types name UTF-8, the one encoding that the web still writes; other encodings can be given by the option.
#include "media_types.h"

#include <kirsch/options.h>

#include <algorithm>
#include <array>

namespace static_files {
namespace {

constexpr std::string_view unknown_type = "application/octet-stream";
constexpr std::size_t longest_extension = 16;

constexpr std::pair<std::string_view, std::string_view> built_in[] = {
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"xhtml", "application/xhtml+xml"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"jsonld", "application/ld+json"},
    {"geojson", "application/geo+json"},
    {"webmanifest", "application/manifest+json"},
    {"xml", "application/xml"},
    {"xsl", "application/xslt+xml"},
    {"rss", "application/rss+xml"},
    {"atom", "application/atom+xml"},
    {"txt", "text/plain; charset=utf-8"},
    {"log", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"ics", "text/calendar; charset=utf-8"},
    {"vcf", "text/vcard; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"apng", "image/apng"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"jxl", "image/jxl"},
    {"bmp", "image/bmp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"ico", "image/vnd.microsoft.icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp3", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"aac", "audio/aac"},
    {"flac", "audio/flac"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"webm", "video/webm"},
    {"ogv", "video/ogg"},
    {"mov", "video/quicktime"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"wasm", "application/wasm"},
    {"pdf", "application/pdf"},
    {"epub", "application/epub+zip"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"zst", "application/zstd"},
    {"7z", "application/x-7z-compressed"},
    {"tar", "application/x-tar"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
};

[[noreturn]] void refuse(const std::string& sentence) { throw kirsch::OptionError("types", sentence); }

void check_extension(const std::string& extension) {
  const bool plain = std::all_of(extension.begin(), extension.end(), [](char byte) {
    return byte > ' ' && byte <= '~' && byte != '.' && byte != '/' && !(byte >= 'A' && byte <= 'Z');
  });
  if (extension.empty() || extension.size() > longest_extension || !plain) {
    refuse("'" + extension + "' cannot be an extension: write it in lower case and without its dot, such as md");
  }
}

// RFC 9110 8.3.1 in what matters here: type "/" subtype, then perhaps parameters; nothing that could end the field.
void check_type(const std::string& type) {
  const auto slash = type.find('/');
  const auto end = std::min(type.find(';'), type.size());
  const bool printable = std::all_of(type.begin(), type.end(), [](char byte) { return byte >= ' ' && byte <= '~'; });
  const bool shaped = slash != std::string::npos && slash > 0 && slash + 1 < end && type.find('/', slash + 1) >= end &&
                      type.find(' ') >= end;
  if (!printable || !shaped || type.back() == ' ')
    refuse("'" + type + "' is not a media type such as text/plain; charset=utf-8");
}

}  // namespace

MediaTypes::MediaTypes(const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& [extension, type] : built_in) types_.emplace(extension, type);
  for (const auto& [extension, type] : changes) {
    check_extension(extension);
    check_type(type);
    types_[extension] = type;
  }
}

std::string_view MediaTypes::of(std::string_view path) const {
  const auto dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/') return unknown_type;
  const auto extension = path.substr(dot + 1);
  if (extension.empty() || extension.size() > longest_extension) return unknown_type;
  std::array<char, longest_extension> lowered{};
  std::transform(extension.begin(), extension.end(), lowered.begin(),
                 [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; });
  const auto found = types_.find(std::string_view(lowered.data(), extension.size()));
  return found == types_.end() ? unknown_type : std::string_view(found->second);
}

}  // namespace static_files
