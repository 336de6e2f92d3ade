// Sameness is that of bytes: a version or a build id can be equal where the code is not.
#include "server/module_store.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace kirsch::server {

LoadedModule::LoadedModule(ModuleStore& store, const loader::ModuleFile& file,
                           std::vector<pipeline::SharedInstance> providers, loader::Probe& probe)
    : store_(store),
      providers_(std::move(providers)),
      host_(store.host_.table_for(file.manifest->name, file.manifest->version)),
      module_(loader::Module::load(file, store.copies(), *host_,
                                   {.keep_mapped = store.keep_mapped_, .probe = &probe, .take_back = [this] {
                                      end_calls(std::chrono::seconds(10));
                                      store_.host_.release_leftovers(*host_);
                                    }})) {}

LoadedModule::~LoadedModule() {
  const ModuleStore::Pinned who{module_->manifest().name, module_->manifest().version, module_->build_id()};
  const auto copy = module_->copy();
  if (const auto left = store_.host_.release_leftovers(*host_))
    store_.log_.write(base::Level::warning, "modules: " + who.name + ' ' + who.version + " has left " +
                                                std::to_string(left) + " listeners on channels of the bus");
  module_.reset();
  store_.unloaded(who, copy);
}

bool LoadedModule::end_calls(std::chrono::milliseconds patience) const {
  ended_ = true;
  return store_.host_.end_calls(*host_, patience);
}

ModuleStore::ModuleStore(pipeline::Host& host, base::Log& log, std::filesystem::path state)
    : host_(host),
      log_(log),
      state_(std::move(state)),
      // Sanitizers and debuggers name frames only of what is still mapped.
      keep_mapped_(std::getenv("KIRSCH_NO_DLCLOSE") != nullptr) {}

std::shared_ptr<const LoadedModule> ModuleStore::load(const loader::ModuleFile& file,
                                                      const std::vector<pipeline::SharedInstance>& providers,
                                                      loader::Probe& probe) {
  std::erase_if(loaded_, [](const auto& one) { return one.expired(); });
  for (const auto& one : loaded_) {
    auto loaded = one.lock();
    if (loaded->ended()) continue;  // a generation that had to stay loaded has it
    const auto& module = loaded->module();
    if (module.manifest().name == file.manifest->name && module.build_id() == file.note.build_id &&
        loaded->providers() == providers && loader::PrivateCopies::holds(module.copy(), file))
      return loaded;
  }
  auto loaded = std::make_shared<const LoadedModule>(*this, file, providers, probe);
  loaded_.push_back(loaded);
  return loaded;
}

// What is loaded after privileges were dropped has its copies where the run user may write.
loader::PrivateCopies& ModuleStore::copies() {
  const uid_t user = ::geteuid();
  if (copies_.empty() || copies_.back().first != user)
    copies_.emplace_back(std::piecewise_construct, std::forward_as_tuple(user), std::forward_as_tuple(state_));
  return copies_.back().second;
}

void ModuleStore::unloaded(const Pinned& module, const std::filesystem::path& copy) noexcept {
  if (!loader::is_mapped(copy)) return loader::PrivateCopies::remove(copy);
  {
    const std::lock_guard lock(mutex_);
    pinned_.push_back(module);
  }
  if (keep_mapped_) return;
  log_.write(base::Level::warning, "modules: " + module.name + ' ' + module.version +
                                       " is not in use any more, but stays mapped until the process ends");
}

std::vector<ModuleStore::Pinned> ModuleStore::pinned() const {
  const std::lock_guard lock(mutex_);
  return pinned_;
}

}  // namespace kirsch::server
