// Serves the files below a directory, which no path of a client can leave.
#include <kirsch/body.h>
#include <kirsch/module.h>
#include <kirsch/tasks.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "answer.h"
#include "loop_caches.h"
#include "refusal.h"
#include "request_path.h"

namespace {

using static_files::Finder;
using static_files::Resource;

// A look at the file system, made by a worker for an exchange that waits.
struct Look {
  std::shared_ptr<const Finder> finder;
  std::string relative;
  std::string request_path;
  Finder::Wishes wishes;
  std::shared_ptr<const Resource> resource;  // before: what is known
  bool second = false;                       // the first found no descriptor left
  static_files::FileCache::Time begin = std::chrono::steady_clock::now();

  void run() noexcept {
    try {
      // EAGAIN: names on the way have just changed.
      constexpr int tries = 8;
      const auto known = resource;
      for (int attempt = 0; attempt == 0 || (attempt < tries && resource->error == EAGAIN); ++attempt) {
        resource = std::make_shared<const Resource>(finder->find(relative, request_path, wishes, known));
      }
    } catch (...) {  // no memory is left: nothing to tell it with
      resource = nullptr;
    }
  }
};

struct StaticFiles {
  kirsch::Path root;
  std::vector<std::string> index;
  std::vector<std::pair<std::string, std::string>> types;
  std::string strip;
  std::vector<std::string> precompressed;
  bool listing = false;
  std::string fallback;
  std::string cache_control;
  std::vector<std::string> immutable;
  std::uint32_t cache_files = 0;
  kirsch::Size cache_memory;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&StaticFiles::root>("root", kirsch::required, "the directory whose files are served"),
      kirsch::opt<&StaticFiles::index>("index", "[index.html]", "tried in turn for a path that ends with a slash"),
      kirsch::opt<&StaticFiles::types>("types", "{}", "extension: media type, over the built-in table"),
      kirsch::opt<&StaticFiles::strip>("strip", "\"\"", "the front of the path that names no directory below root"),
      kirsch::opt<&StaticFiles::precompressed>("precompressed", "[]", "of br, zstd, gzip: siblings to send instead"),
      kirsch::opt<&StaticFiles::listing>("listing", "false", "show the names of a directory without an index"),
      kirsch::opt<&StaticFiles::fallback>("fallback", "\"\"", "the page below root for paths that name nothing"),
      kirsch::opt<&StaticFiles::cache_control>("cache_control", "\"\"", "value of Cache-Control; empty: none"),
      kirsch::opt<&StaticFiles::immutable>("immutable", "[]", "patterns of names that never change, as app.*.js"),
      kirsch::opt<&StaticFiles::cache_files>("cache_files", "512", "files that each loop remembers").range(0, 10'000),
      kirsch::opt<&StaticFiles::cache_memory>("cache_memory", "16MiB", "for small files, per loop"));

  void prepare() {
    auto finder = std::make_shared<Finder>();
    try {
      finder->root = kirsch::Root(root.text);
    } catch (const std::runtime_error& error) {
      throw kirsch::OptionError("root", error.what());
    }
    for (const auto& name : index) {
      if (name.empty() || name.find('/') != std::string::npos || name.front() == '.') {
        throw kirsch::OptionError("index", "'" + name + "' is not the plain name of a file");
      }
    }
    if (!strip.empty() && strip.front() != '/') {
      throw kirsch::OptionError("strip", "a prefix of paths begins with a slash: write \"/" + strip + "\"");
    }
    while (strip.ends_with('/')) strip.pop_back();
    if (!strip.empty() &&
        (has_odd_segment(std::string_view(strip).substr(1)) || strip.find('%') != std::string::npos)) {
      throw kirsch::OptionError("strip",
                                "no path has this prefix: write it decoded, without empty segments, '.' and '..'");
    }
    if (!fallback.empty()) check_fallback(finder->root);
    check_cache_control();
    check_immutable();
    for (const auto& name : precompressed) finder->codings.push_back(coding(name));
    finder->media_types = static_files::MediaTypes(types);
    finder->immutable = immutable;
    finder->index = index;
    finder->fallback = fallback;
    finder->listing = listing;
    finder->in_memory = std::min(cache_memory.bytes, largest_in_memory);
    finder_ = std::move(finder);
    ranges_.emplace("Accept-Ranges", "bytes");
    caches_.limit(cache_files, cache_memory.bytes);
  }

  kirsch::Flow handle(kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    if (request.method() != kirsch::Method::get && request.method() != kirsch::Method::head) {
      exchange.response().headers().set("Allow", "GET, HEAD");
      throw kirsch::HttpError(405);
    }
    const auto relative = static_files::path_below(request.path(), strip);
    if (!relative) throw kirsch::HttpError(404);
    auto known = caches_.find(exchange.lane(), *relative);
    if (known.fresh) {
      answer(exchange, known.resource);
      return kirsch::Flow::next;
    }
    return look(exchange, *relative, std::move(known.resource), false);
  }

 private:
  static constexpr std::uint64_t largest_in_memory = 64 * 1024;

  static static_files::Coding coding(const std::string& name) {
    for (const auto& known : static_files::known_codings) {
      if (known.name == name) return known;
    }
    throw kirsch::OptionError("precompressed", "'" + name + "' is none of br, zstd and gzip");
  }

  void check_fallback(const kirsch::Root& opened) const {
    if (fallback.ends_with('/') || has_odd_segment(fallback)) {
      throw kirsch::OptionError("fallback", "write the path of a file below root, as index.html");
    }
    const int directory = opened.open_directory(fallback);
    if (directory < 0) return;
    ::close(directory);
    throw kirsch::OptionError("fallback", "'" + fallback + "' is a directory: write the path of a file below root");
  }

  void check_cache_control() const {
    if (cache_control.empty()) return;
    const auto fault = kirsch::field_fault("Cache-Control", cache_control);
    if (!fault.empty()) throw kirsch::OptionError("cache_control", fault);
  }

  void check_immutable() const {
    for (const auto& pattern : immutable) {
      if (pattern.empty()) throw kirsch::OptionError("immutable", "an empty pattern names no file");
      if (pattern.starts_with('/'))
        throw kirsch::OptionError("immutable",
                                  "names begin below root: write '" +
                                      pattern.substr(std::min(pattern.find_first_not_of('/'), pattern.size())) + "'");
    }
  }

  // Empty segments, '.' and '..': no path of a request has them.
  static bool has_odd_segment(std::string_view path) {
    while (!path.empty()) {
      const auto end = std::min(path.find('/'), path.size());
      const auto segment = path.substr(0, end);
      if (segment.empty() || segment == "." || segment == "..") return true;
      path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
  }

  kirsch::Flow look(kirsch::Exchange& exchange, std::string_view relative, std::shared_ptr<const Resource> known,
                    bool second) const {
    const auto request = exchange.request();
    const auto html = request.quality("text/html");
    auto work = std::make_shared<Look>(Look{finder_,
                                            std::string(relative),
                                            std::string(request.path()),
                                            {html > 0, request.quality("application/json") > html},
                                            std::move(known),
                                            second});
    const auto resume = exchange.suspend([this, work](kirsch::Exchange& resumed) { return finish(resumed, *work); });
    const bool taken = kirsch::submit([work, resume] {
      work->run();
      resume();
    });
    if (!taken) {
      work->resource = nullptr;
      resume();
    }
    return kirsch::Flow::suspend;
  }

  kirsch::Flow finish(kirsch::Exchange& exchange, const Look& look) const {
    if (look.resource == nullptr)
      static_files::refuse_for_now(exchange);  // all workers are busy, and as many wait as may
    const int error = look.resource->error;
    if ((error == EMFILE || error == ENFILE) && !look.second) {
      caches_.clear(exchange.lane());
      return this->look(exchange, look.relative, nullptr, true);
    }
    if (look.resource->error == 0 && !look.resource->forms.empty() && !look.resource->fallback) {
      caches_.put(exchange.lane(), look.relative, look.resource, look.begin);
    }
    answer(exchange, look.resource);
    return kirsch::Flow::next;
  }

  void answer(kirsch::Exchange& exchange, const std::shared_ptr<const Resource>& resource) const {
    if (resource->error != 0) static_files::refuse(exchange, resource->error);
    if (resource->forms.empty()) {
      exchange.response().headers().add("Vary", "Accept");
      if (resource->listing_json) return exchange.response().json(resource->listing);
      return exchange.response().html(resource->listing);
    }
    if (resource->fallback) exchange.response().headers().add("Vary", "Accept");
    if (resource->immutable) {
      exchange.response().headers().set("Cache-Control", "public, max-age=31536000, immutable");  // RFC 8246
    } else if (!cache_control.empty()) {
      exchange.response().headers().set("Cache-Control", std::string_view(cache_control));
    }
    static_files::send_file(exchange, resource, !precompressed.empty(), *ranges_);
  }

  std::shared_ptr<const Finder> finder_;
  static_files::LoopCaches caches_;
  std::optional<kirsch::PreparedField> ranges_;
};

}  // namespace

KIRSCH_MODULE("static", "1.0.0", kirsch::summary("Files of a directory"), kirsch::requires_feature(KIRSCH_FEATURE_FILE),
              kirsch::requires_feature(KIRSCH_FEATURE_FIELD), kirsch::requires_feature(KIRSCH_FEATURE_BLOB),
              kirsch::handler<StaticFiles>("static").async());
