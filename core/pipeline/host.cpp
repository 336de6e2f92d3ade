// Features are static tables; the kirsch_host that comes with each call leads to the process's Host.
#include "pipeline/host.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <set>

#include "pipeline/blob.h"
#include "pipeline/contract_text.h"
#include "pipeline/dispatcher.h"
#include "pipeline/file_access.h"
#include "pipeline/module_calls.h"
#include "pipeline/module_channels.h"
#include "pipeline/stream.h"
#include "pipeline/tls_facts.h"

namespace kirsch::pipeline {

struct ModuleHost : kirsch_host {
  ModuleHost(Host& owner, const std::string& name, const std::string& version)
      : host(&owner), module(name), calls(name + ' ' + version, owner.loop_count_) {}

  Host* const host;
  const std::string module;
  mutable ModuleCalls calls;
  mutable std::mutex mutex;
  mutable std::set<std::uint64_t> subscriptions;

  static const ModuleHost& of(const kirsch_host* table) { return *static_cast<const ModuleHost*>(table); }

  static base::Level level(std::uint32_t number) {
    return static_cast<base::Level>(std::min<std::uint32_t>(number, KIRSCH_LEVEL_ERROR));
  }
  static void write_log(const kirsch_host* table, std::uint32_t number, kirsch_text line) {
    if (log_enabled(table, number) == 0) return;
    of(table).host->logs_.error().write(level(number), of(table).module + ": " + std::string(line.data, line.size));
  }
  static std::uint8_t log_enabled(const kirsch_host* table, std::uint32_t number) {
    return of(table).host->logs_.error().enabled(level(number)) ? 1 : 0;
  }
  static kirsch_named_log* open_log(const kirsch_host* table, kirsch_text name) {
    return reinterpret_cast<kirsch_named_log*>(of(table).host->logs_.find({name.data, name.size}));
  }
  static std::uint8_t append_to_log(kirsch_named_log* log, kirsch_text line) {
    return reinterpret_cast<base::Logs::Named*>(log)->append({line.data, line.size}) ? 1 : 0;
  }

  static net::Loop* loop(const kirsch_host* table, std::uint32_t lane) {
    const auto* threads = of(table).host->connected_.load(std::memory_order_acquire);
    return threads != nullptr && lane < threads->loops.size() ? threads->loops[lane] : nullptr;
  }
  static std::uint64_t start_timer(const kirsch_host* table, std::uint32_t lane, std::uint64_t milliseconds,
                                   void (*fire)(void*), void (*destroy)(void*), void* self) {
    if (net::Loop* on = loop(table, lane)) return of(table).calls.start_timer(*on, milliseconds, fire, destroy, self);
    if (destroy != nullptr) destroy(self);
    return 0;
  }
  static void cancel_timer(const kirsch_host* table, std::uint32_t lane, std::uint64_t timer) {
    if (net::Loop* on = loop(table, lane)) on->cancel_timer(timer);
  }
  static std::uint8_t post(const kirsch_host* table, std::uint32_t lane, kirsch_task task) {
    net::Loop* on = loop(table, lane);
    return on != nullptr && of(table).calls.post(*on, task) ? 1 : 0;
  }
  static std::uint8_t submit(const kirsch_host* table, kirsch_task task) {
    const auto* threads = of(table).host->connected_.load(std::memory_order_acquire);
    return threads != nullptr && of(table).calls.submit(*threads->workers, task) ? 1 : 0;
  }

  // The lane of an exchange stands in the upper half of its handle's slot.
  static Dispatcher* dispatcher(const kirsch_host* table, kirsch_handle handle) {
    const auto* threads = of(table).host->connected_.load(std::memory_order_acquire);
    const auto lane = handle.slot >> 32;
    const bool known = threads != nullptr && handle.generation != 0 && lane < threads->dispatchers.size();
    return known ? threads->dispatchers[lane] : nullptr;
  }
  static void resume(const kirsch_host* table, kirsch_handle handle) {
    if (Dispatcher* to = dispatcher(table, handle)) to->resume(handle);
  }
  static void wake(const kirsch_host* table, kirsch_handle handle) {
    if (Dispatcher* to = dispatcher(table, handle)) to->wake(handle);
  }

  static void* open_storage(const kirsch_host* table, kirsch_text name, std::uint32_t version, std::size_t size) {
    const std::string key = of(table).module + '\0' + std::string(name.data, name.size) + '\0' +
                            std::to_string(version) + '\0' + std::to_string(size);
    auto& memory = of(table).host->storages_[key];
    if (memory == nullptr) memory.reset(new (std::nothrow) std::byte[size]());
    return memory.get();
  }

  static std::uint8_t service(const kirsch_host* table, kirsch_text id, kirsch_service* out) {
    const auto* services = of(table).host->services_;
    if (services == nullptr) return 0;
    const auto found = services->find(std::string_view(id.data, id.size));
    if (found == services->end()) return 0;
    *out = found->second;
    return 1;
  }

  static const Engine& engine(const kirsch_host* table) { return of(table).host->engine_; }
  static std::uint64_t subscribe(const kirsch_host* table, kirsch_text channel, std::int32_t priority,
                                 kirsch_listen listen, void* self) {
    const auto& own = of(table);
    const auto number = engine(table).subscribe(own.module, {channel.data, channel.size}, priority, listen, self);
    const std::lock_guard lock(own.mutex);
    own.subscriptions.insert(number);
    return number;
  }
  static void unsubscribe(const kirsch_host* table, std::uint64_t subscription) {
    engine(table).unsubscribe(subscription);
    const std::lock_guard lock(of(table).mutex);
    of(table).subscriptions.erase(subscription);
  }
  static void request(const kirsch_host* table, kirsch_text channel, kirsch_text reason) {
    switch (access_to(view(channel))) {
      case Access::none:
        return refuse_channel(table, view(channel));
      case Access::end:
        return engine(table).exit(view(reason));
      default:
        return engine(table).request(view(channel), view(reason));
    }
  }
  static void publish(const kirsch_host* table, kirsch_text channel, kirsch_text message) {
    if (access_to(view(channel)) != Access::free) return request(table, channel, message);
    engine(table).publish(view(channel), view(message));
  }
  static void refuse_channel(const kirsch_host* table, std::string_view channel) {
    of(table).host->logs_.error().write(base::Level::error,
                                        of(table).module + ": the channel '" + std::string(channel) +
                                            "' belongs to the engine; a module may only listen on it");
  }
  static std::int32_t give(const kirsch_host* table, std::uint32_t user, std::uint32_t group, kirsch_error* error) {
    try {
      engine(table).give(user, group);
      return 0;
    } catch (const std::exception& failure) {
      error->text[std::string_view(failure.what()).copy(error->text, sizeof error->text - 1)] = 0;
      return -1;
    }
  }

  static Metrics& metrics(const kirsch_host* table) { return of(table).host->metrics_; }

  static const void* feature(const kirsch_host*, kirsch_text id);
};

namespace {

// What stands in for an answer that there is no memory for: no exception crosses to a module.
template <typename Call>
auto contained(Call call) noexcept -> decltype(call()) {
  try {
    return call();
  } catch (...) {
    return decltype(call())();
  }
}

int open_file(const kirsch_host*, int root, kirsch_text relative, std::uint64_t* bytes, std::int64_t* modified_ns) {
  FileFacts facts;
  const int descriptor = open_beneath(root, view(relative), facts);
  *bytes = facts.size;
  *modified_ns = facts.modified_ns;
  return descriptor;
}

const kirsch_log log_table{.size = sizeof(kirsch_log),
                           .write = ModuleHost::write_log,
                           .enabled = ModuleHost::log_enabled,
                           .open = ModuleHost::open_log,
                           .append = ModuleHost::append_to_log};
const kirsch_timer timer_table{sizeof(kirsch_timer), ModuleHost::start_timer, ModuleHost::cancel_timer};
const kirsch_submit submit_table{sizeof(kirsch_submit), ModuleHost::submit};
const kirsch_post post_table{sizeof(kirsch_post), ModuleHost::post};
const kirsch_resume resume_table{sizeof(kirsch_resume), ModuleHost::resume, ModuleHost::wake};
const kirsch_storage storage_table{sizeof(kirsch_storage), ModuleHost::open_storage};
const kirsch_blob_functions blob_table{.size = sizeof(kirsch_blob_functions),
                                       .create =
                                           [](const kirsch_host*, kirsch_text bytes) {
                                             return contained([&] { return new kirsch_blob({&bytes, 1}); });
                                           },
                                       .retain = [](kirsch_blob* blob) { retain(blob); },
                                       .release = [](kirsch_blob* blob) { release(blob); },
                                       .bytes =
                                           [](const kirsch_blob* blob) {
                                             return kirsch_text{blob->text.data(), blob->text.size()};
                                           },
                                       .join =
                                           [](const kirsch_host*, const kirsch_text* pieces, std::uint32_t count) {
                                             return contained([&] { return new kirsch_blob({pieces, count}); });
                                           }};
const kirsch_file file_table{
    .size = sizeof(kirsch_file),
    .open_beneath = open_file,
    .open_directory = [](const kirsch_host*, kirsch_text path) { return open_directory(view(path)); },
    .close = [](int descriptor) { ::close(descriptor); },
    .open_directory_beneath = [](const kirsch_host*, int root,
                                 kirsch_text relative) { return open_directory_beneath(root, view(relative)); }};
const kirsch_bus bus_table{
    .size = sizeof(kirsch_bus),
    .exit = [](const kirsch_host* table, kirsch_text reason) { ModuleHost::engine(table).exit(view(reason)); },
    .force = [](const kirsch_host* table, kirsch_text reason) { ModuleHost::engine(table).force(view(reason)); },
    .graceful = [](const kirsch_host* table,
                   kirsch_text reason) { ModuleHost::engine(table).request("graceful", view(reason)); },
    .stopping = [](const kirsch_host* table) -> std::uint8_t { return ModuleHost::engine(table).stopping() ? 1 : 0; },
    .request = ModuleHost::request,
    .publish = ModuleHost::publish,
    .subscribe = ModuleHost::subscribe,
    .unsubscribe = ModuleHost::unsubscribe};
const kirsch_process process_table{
    .size = sizeof(kirsch_process),
    .predecessor = [](const kirsch_host* table) { return ModuleHost::engine(table).predecessor(); },
    .give = ModuleHost::give,
    .main_pid = [](const kirsch_host* table) { return ModuleHost::engine(table).main_pid(); }};
const kirsch_counter counter_table{
    .size = sizeof(kirsch_counter),
    .declare =
        [](const kirsch_host* table, const kirsch_metric* metric) {
          return contained([&] { return ModuleHost::metrics(table).declare(table, *metric); });
        },
    .withdraw = [](const kirsch_host* table, std::uint64_t metric) { ModuleHost::metrics(table).withdraw(metric); },
    .text =
        [](const kirsch_host* table, void (*take)(void*, kirsch_text), void* context) {
          contained([&] {
            const auto text = ModuleHost::metrics(table).text();
            take(context, {text.data(), text.size()});
          });
        }};

struct Feature {
  std::string_view id;
  const void* table;
};
const std::array<Feature, 14> all_features{{{KIRSCH_FEATURE_LOG, &log_table},
                                            {KIRSCH_FEATURE_TIMER, &timer_table},
                                            {KIRSCH_FEATURE_SUBMIT, &submit_table},
                                            {KIRSCH_FEATURE_POST, &post_table},
                                            {KIRSCH_FEATURE_RESUME, &resume_table},
                                            {KIRSCH_FEATURE_STORAGE, &storage_table},
                                            {KIRSCH_FEATURE_BLOB, &blob_table},
                                            {KIRSCH_FEATURE_FILE, &file_table},
                                            {KIRSCH_FEATURE_STREAM, &stream_functions},
                                            {KIRSCH_FEATURE_FIELD, &field_functions},
                                            {KIRSCH_FEATURE_TLS, &tls_functions},
                                            {KIRSCH_FEATURE_BUS, &bus_table},
                                            {KIRSCH_FEATURE_PROCESS, &process_table},
                                            {KIRSCH_FEATURE_COUNTER, &counter_table}}};

}  // namespace

const void* ModuleHost::feature(const kirsch_host*, kirsch_text id) {
  for (const auto& feature : all_features) {
    if (feature.id == view(id)) return feature.table;
  }
  return nullptr;
}

Host::Host(base::Logs& logs, std::uint32_t loops, std::uint32_t workers, Engine engine, AmendHost amend)
    : logs_(logs), loop_count_(loops), lanes_(loops + workers), engine_(std::move(engine)), amend_(std::move(amend)) {}

// What modules have hung on their storage is never taken down. It stays where a search for leaks finds it.
Host::~Host() {
  static auto& kept = *new std::vector<Storages>;
  kept.push_back(std::move(storages_));
}

void Host::connect(std::vector<net::Loop*> loops, std::vector<Dispatcher*> dispatchers, WorkerPool* workers) {
  threads_ = std::make_unique<const Threads>(Threads{std::move(loops), std::move(dispatchers), workers});
  connected_.store(threads_.get(), std::memory_order_release);
}

std::vector<std::string> Host::features() {
  std::vector<std::string> ids;
  for (const auto& feature : all_features) ids.emplace_back(feature.id);
  return ids;
}

std::shared_ptr<const kirsch_host> Host::table_for(const std::string& module, const std::string& version) {
  auto table = std::make_shared<ModuleHost>(*this, module, version);
  static_cast<kirsch_host&>(*table) = {.size = sizeof(kirsch_host),
                                       .abi_major = KIRSCH_ABI_MAJOR,
                                       .abi_minor = KIRSCH_ABI_MINOR,
                                       .lanes = lanes_,
                                       .loops = loop_count_,
                                       .feature = ModuleHost::feature,
                                       .service = ModuleHost::service};
  if (amend_) amend_(module, *table);
  return table;
}

bool Host::end_calls(const kirsch_host& table, std::chrono::milliseconds patience) {
  const auto* threads = connected_.load(std::memory_order_acquire);
  return ModuleHost::of(&table).calls.end(threads == nullptr ? std::span<net::Loop* const>() : threads->loops,
                                          patience);
}

std::size_t Host::release_leftovers(const kirsch_host& table) {
  const auto& own = ModuleHost::of(&table);
  metrics_.withdraw_all_of(&table);
  std::set<std::uint64_t> left;
  {
    const std::lock_guard lock(own.mutex);
    left.swap(own.subscriptions);
  }
  for (const auto subscription : left) engine_.unsubscribe(subscription);
  return left.size();
}

}  // namespace kirsch::pipeline
