// Gives pages of the operator in place of the server's own for errors.
#include <kirsch/module.h>

#include <algorithm>
#include <map>

#include "page_file.h"
#include "page_template.h"

namespace {

using namespace error_pages;

struct Files {
  std::optional<kirsch::Path> html;
  std::optional<kirsch::Path> json;
  std::optional<kirsch::Path> text;
  static constexpr auto options =
      kirsch::options(kirsch::opt<&Files::html>("html", "off", "the file for clients that want HTML"),
                      kirsch::opt<&Files::json>("json", "off", "the file for clients that want JSON"),
                      kirsch::opt<&Files::text>("text", "off", "the file for clients that want plain text"));
};

// `off` takes back what an outer level says.
using Page = std::optional<std::variant<kirsch::Path, Files>>;

[[noreturn]] void refuse(const std::string& sentence) { throw kirsch::OptionError("pages", sentence); }

struct ErrorPages {
  std::vector<std::pair<std::string, Page>> pages;

  static constexpr auto options = kirsch::options(kirsch::opt<&ErrorPages::pages>(
      "pages", "{}", "a status, 4xx or 5xx: a file, or one for each of html, json and text"));

  void prepare() {
    for (const auto& [written, page] : pages) {
      const auto key = key_of(written);
      if (page) read(templates_[key], *page);
    }
  }

  void before_finalize(kirsch::Exchange& exchange) const {
    auto response = exchange.response();
    if (!response.error_page()) return;
    const auto* const page = chosen(exchange.request(), response.status());
    if (page == nullptr) return;
    auto headers = response.headers();
    headers.set("Content-Type", media_type(page->format()).header);
    headers.set_default("Cache-Control", std::string_view("no-store"));
    if (page->is_fixed()) return response.body_view(page->text());
    response.body(page->page({.status = std::to_string(response.status()),
                              .reason = response.reason(),
                              .request_id = exchange.outcome().id,
                              .path = exchange.request().path()}));
  }

 private:
  using Templates = std::array<std::optional<PageTemplate>, formats.size()>;  // by format

  // A status, or its first digit for a class.
  static unsigned key_of(const std::string& written) {
    const bool sized = written.size() == 3 && (written[0] == '4' || written[0] == '5');
    if (sized && written.substr(1) == "xx") return static_cast<unsigned>(written[0] - '0');
    if (!sized || written.find_first_not_of("0123456789") != std::string::npos) {
      refuse("'" + written + "' is neither a status from 400 to 599 nor 4xx or 5xx");
    }
    return static_cast<unsigned>(std::stoul(written));
  }

  static void read(Templates& templates, const Page::value_type& page) {
    if (const auto* path = std::get_if<kirsch::Path>(&page)) {
      const auto format = format_of(path->text);
      if (!format) {
        refuse(path->text + " says by its name neither .html, .json nor .txt: write { html: " + path->text + " }");
      }
      return read(templates, *format, path);
    }
    const auto& files = std::get<Files>(page);
    read(templates, Format::html, files.html ? &*files.html : nullptr);
    read(templates, Format::json, files.json ? &*files.json : nullptr);
    read(templates, Format::text, files.text ? &*files.text : nullptr);
  }

  static void read(Templates& templates, Format format, const kirsch::Path* path) {
    if (path == nullptr) return;
    try {
      templates[static_cast<std::size_t>(format)].emplace(page_file(path->text), format);
    } catch (const std::invalid_argument& fault) {
      refuse(path->text + " " + fault.what());
    }
  }

  const PageTemplate* find(unsigned key, Format format) const {
    const auto templates = templates_.find(key);
    if (templates == templates_.end()) return nullptr;
    const auto& page = templates->second[static_cast<std::size_t>(format)];
    return page ? &*page : nullptr;
  }

  // Null where the client would rather have a form that only the server's page has.
  const PageTemplate* chosen(const kirsch::Request& request, unsigned status) const {
    const PageTemplate* best = nullptr;
    unsigned wanted = 0;
    unsigned wanted_elsewhere = 0;
    for (const auto format : formats) {
      const auto* const exact = find(status, format);
      const auto* const page = exact != nullptr ? exact : find(status / 100, format);
      const auto quality = request.quality(media_type(format).name);
      if (page == nullptr) {
        wanted_elsewhere = std::max(wanted_elsewhere, quality);
      } else if (best == nullptr || quality > wanted) {
        best = page;
        wanted = quality;
      }
    }
    return wanted < wanted_elsewhere ? nullptr : best;
  }

  std::map<unsigned, Templates> templates_;
};

}  // namespace

KIRSCH_MODULE("error_pages", "1.0.0", kirsch::summary("Pages of one's own for errors"),
              kirsch::tool<ErrorPages>("error_pages").priority(kirsch::Hook::before_finalize, 10));
