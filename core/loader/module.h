// A module that is loaded, and the instances of what it provides. The only user of Boost.DLL.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "kirsch/abi.h"
#include "loader/catalogue.h"
#include "loader/private_copy.h"
#include "loader/probe.h"

namespace kirsch::loader {

struct LoadSettings {
  // Never unmap: sanitizers name the frames of leaks and races only while the code is there.
  bool keep_mapped = false;
  Probe* probe = nullptr;  // null: it is loaded untried
  // Where `init` fails, before the module is unmapped: takes back what it has given to the host.
  std::function<void()> take_back = {};
};

// Loaded and initialised. Made and destroyed on the thread that loads modules.
class Module {
 public:
  // Copy, probe, map, compare with the note, init; a failure undoes what was done. `host` must outlive the module: it
  // is what the module keeps. Throws base::Refusal (M209 … M213).
  static std::shared_ptr<const Module> load(const ModuleFile& file, PrivateCopies& copies, const kirsch_host& host,
                                            const LoadSettings& settings = {});
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  // deinit, unmap. Every Instance holds its module, so none is left.
  ~Module();

  const Manifest& manifest() const { return *manifest_; }
  const std::string& build_id() const { return build_id_; }
  // The operator's file, for messages.
  const std::filesystem::path& path() const { return path_; }
  // What is mapped: the private copy.
  const std::filesystem::path& copy() const { return copy_; }
  const kirsch_provided& provided(std::size_t index) const { return provided_[index]; }

 private:
  class Library;
  Module(const ModuleFile& file, const std::filesystem::path& copy, bool keep_mapped);
  void init(const kirsch_host& host);

  std::shared_ptr<const Manifest> manifest_;
  std::filesystem::path path_;
  std::filesystem::path copy_;
  std::string build_id_;
  std::unique_ptr<Library> library_;
  const kirsch_module_entry* entry_ = nullptr;
  std::vector<kirsch_provided> provided_;
  bool initialised_ = false;
};

// Whether code from that file is mapped, for a module that was unloaded: no file may be unmapped before its time, and
// some never are (symbols of STB_GNU_UNIQUE, thread-local objects with destructors).
bool is_mapped(const std::filesystem::path& copy);

// One instance of one provided thing; keeps its module. Moving leaves an empty one.
class Instance {
 public:
  Instance() = default;
  // Where the configuration says something about an option of that name, or with "" asks for the instance.
  using Origin = std::function<std::optional<base::Position>(std::string_view option)>;

  // Calls create. `options` (STRUCT) need to live during the call only. Throws base::Refusal (M214), exit code
  // configuration where the module names the option at fault, else module_refused.
  Instance(std::shared_ptr<const Module> module, std::size_t index, const kirsch_value& options,
           const Origin& origin = {});
  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&& other) noexcept;
  ~Instance();  // destroy

  explicit operator bool() const { return module_ != nullptr; }
  void* self() const { return self_; }
  const kirsch_provided& functions() const { return module_->provided(index_); }
  const Offer& offer() const { return module_->manifest().provides[index_]; }
  const Module& module() const { return *module_; }

 private:
  void destroy() noexcept;

  std::shared_ptr<const Module> module_;
  std::size_t index_ = 0;
  void* self_ = nullptr;
};

}  // namespace kirsch::loader
