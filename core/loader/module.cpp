// Boost.DLL opens the private copy; everything else here is order and undoing.
#include "loader/module.h"

// Boost.DLL 1.74 misses these includes of its own.
#include <fstream>
#include <string>
#include <vector>

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <link.h>

#include <boost/dll/shared_library.hpp>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include "loader/entry.h"
#include "loader/link_refusal.h"
#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

constexpr const char* symbol = "kirsch_module";

// Boost wraps dlerror's sentence: "… failed (dlerror system message: SENTENCE): Bad file descriptor".
std::string linker_text(const std::string& what) {
  constexpr std::string_view before = "dlerror system message: ";
  const auto from = what.find(before);
  const auto to = what.rfind("): ");
  if (from == std::string::npos || to == std::string::npos || to < from + before.size()) return what;
  return what.substr(from + before.size(), to - from - before.size());
}

std::string text_of(const kirsch_error& error) {
  const std::string text(error.text, ::strnlen(error.text, sizeof(error.text)));
  return text.empty() ? "it gave no reason" : text;
}

// What a function of a module answered. No exception may cross the contract; one that does is an answer too, because
// this is where the module can still be refused.
struct Answer {
  bool refused = false;
  bool threw = false;
  kirsch_error error{};
};

template <typename Call>
Answer ask(Call call) {
  Answer answer;
  const auto escaped = [&](const char* what) {
    answer.refused = answer.threw = true;
    std::snprintf(answer.error.text, sizeof(answer.error.text), "%s%s", escape, what);
  };
  try {
    answer.refused = call(answer.error) != 0;
  } catch (const std::exception& error) {
    escaped(error.what());
  } catch (...) {
    escaped("something that is no std::exception");
  }
  return answer;
}

std::string origin_of(const ModuleFile& file) {
  return provenance(file.path, file.manifest->version, file.manifest->compiler, file.note.build_id);
}

}  // namespace

class Module::Library {
 public:
  Library(const ModuleFile& file, const std::filesystem::path& copy, bool keep_mapped) {
    try {
      library_.load(copy, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    } catch (const boost::dll::fs::system_error& error) {
      throw base::Refusal(refuse_link(file, linker_text(error.what()), copy.string()));
    }
    if (!library_.has(symbol))
      throw base::Refusal(
          refused(code::unlike_its_note,
                  "module '" + file.manifest->name + "' has a manifest, but does not export '" + symbol + "'",
                  origin_of(file) + "; build it with the SDK and its version script"));
    // A second handle with this flag makes dlclose a no-op for good.
    if (keep_mapped) {
      void* handle = ::dlopen(copy.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE);
      if (handle != nullptr) ::dlclose(handle);
    }
  }

  const kirsch_module_entry& entry() const { return library_.get<const kirsch_module_entry>(symbol); }

 private:
  boost::dll::shared_library library_;
};

std::shared_ptr<const Module> Module::load(const ModuleFile& file, PrivateCopies& copies, const kirsch_host& host,
                                           const LoadSettings& settings) {
  const std::filesystem::path copy = copies.copy(file);
  try {
    if (settings.probe != nullptr)
      if (auto refusal = settings.probe->refusal(file, copy)) throw base::Refusal(std::move(*refusal));
    const std::shared_ptr<Module> module(new Module(file, copy, settings.keep_mapped));
    try {
      module->init(host);
    } catch (...) {
      if (settings.take_back) settings.take_back();
      throw;
    }
    return module;
  } catch (...) {
    if (!settings.keep_mapped) PrivateCopies::remove(copy);
    throw;
  }
}

Module::Module(const ModuleFile& file, const std::filesystem::path& copy, bool keep_mapped)
    : manifest_(file.manifest),
      path_(file.path),
      copy_(copy),
      build_id_(file.note.build_id),
      library_(std::make_unique<Library>(file, copy, keep_mapped)),
      entry_(&library_->entry()) {
  const std::string unlike = difference(*entry_, file);
  if (!unlike.empty())
    throw base::Refusal(refused(code::unlike_its_note, "module '" + manifest_->name + "' " + unlike,
                                origin_of(file) + "; rebuild it, its parts do not belong together"));
  provided_ = provided_by(*entry_);
}

void Module::init(const kirsch_host& host) {
  const Answer answer = ask([&](kirsch_error& error) { return entry_->init(&host, &error); });
  if (answer.refused)
    throw base::Refusal(refused(code::failed_init,
                                "module '" + manifest_->name + "' refused to start: " + text_of(answer.error),
                                provenance(path_, manifest_->version, manifest_->compiler, build_id_) +
                                    "; mend what it says, or name nothing of it in the configuration"));
  initialised_ = true;
}

Module::~Module() {
  if (initialised_) entry_->deinit();
}

bool is_mapped(const std::filesystem::path& copy) {
  struct Search {
    const std::string path;
    bool found = false;
  } search{copy.string()};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        auto& wanted = *static_cast<Search*>(data);
        wanted.found = wanted.found || wanted.path == info->dlpi_name;
        return wanted.found ? 1 : 0;
      },
      &search);
  return search.found;
}

Instance::Instance(std::shared_ptr<const Module> module, std::size_t index, const kirsch_value& options,
                   const Origin& origin)
    : index_(index) {
  const Offer& wanted = module->manifest().provides[index];
  const Answer answer =
      ask([&](kirsch_error& error) { return module->provided(index).create(&options, &self_, &error); });
  if (answer.refused) {
    const auto& room = answer.error.option;
    const std::string option(room, answer.threw ? 0 : ::strnlen(room, sizeof(room)));
    base::Diagnostic diagnostic = refused(
        code::failed_create, std::string(word(wanted.kind)) + " '" + wanted.name + "' of " + module->path().string() +
                                 (option.empty() ? " could not be made" : " refused its option '" + option + "'") +
                                 ": " + text_of(answer.error));
    if (origin) diagnostic.position = origin(option);
    if (option.empty())
      diagnostic.help = "mend what it says, or take it out of the configuration";
    else
      diagnostic.exit_code = base::ExitCode::configuration;
    throw base::Refusal(std::move(diagnostic));
  }
  module_ = std::move(module);
}

Instance::Instance(Instance&& other) noexcept
    : module_(std::move(other.module_)), index_(other.index_), self_(std::exchange(other.self_, nullptr)) {}

Instance& Instance::operator=(Instance&& other) noexcept {
  if (this != &other) {
    destroy();
    module_ = std::move(other.module_);
    index_ = other.index_;
    self_ = std::exchange(other.self_, nullptr);
  }
  return *this;
}

Instance::~Instance() { destroy(); }

void Instance::destroy() noexcept {
  if (module_ == nullptr) return;
  functions().destroy(self_);
  module_.reset();
}

}  // namespace kirsch::loader
