// What stands before a function notes the call, and goes on to the server's own unless that one is to fail. Functions
// of an exchange are left alone: all modules share their table, and they fail for what the request or the module says,
// which other checks try.
#include "trial/failing_host.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>

#include "pipeline/contract_text.h"

namespace kirsch::trial {

using pipeline::view;

class Interception {
 public:
  static void amend(FailingHost::Shared& shared, const loader::Manifest& tried, kirsch_host& table) {
    shared_ = &shared;
    tried_ = &tried;
    own_ = table;
    table.feature = feature;
    table.service = service;
  }

 private:
  struct Nothing {
    template <typename Result>
    operator Result() const {  // NOLINT(google-explicit-constructor): stands for the 0 of any type
      return Result{};
    }
  };
  static constexpr auto nothing = [](auto...) { return Nothing(); };
  static constexpr auto no_file = [](auto...) { return -EACCES; };

  static bool fails(HostCall call) {
    shared_->called[static_cast<std::size_t>(call)] = true;
    return shared_->failing == static_cast<int>(call);
  }

  template <HostCall call, auto member, typename Table, typename Failure>
  static void put_before(Table& table, Failure) {
    static const auto own = table.*member;
    table.*member = [](auto... arguments) -> decltype(own(arguments...)) {
      if (fails(call)) return Failure()(arguments...);
      return own(arguments...);
    };
  }

  static void change(kirsch_log& table) {
    put_before<HostCall::open_log, &kirsch_log::open>(table, nothing);
    put_before<HostCall::append, &kirsch_log::append>(table, nothing);
  }
  static void change(kirsch_timer& table) {
    put_before<HostCall::start_timer, &kirsch_timer::start>(table, [](auto, auto, auto, auto, auto destroy, auto self) {
      if (destroy != nullptr) destroy(self);
      return Nothing();
    });
  }
  static void change(kirsch_submit& table) { put_before<HostCall::submit, &kirsch_submit::submit>(table, nothing); }
  static void change(kirsch_post& table) { put_before<HostCall::post, &kirsch_post::post>(table, nothing); }
  static void change(kirsch_storage& table) {
    put_before<HostCall::open_storage, &kirsch_storage::open>(table, nothing);
  }
  static void change(kirsch_blob_functions& table) {
    put_before<HostCall::create_blob, &kirsch_blob_functions::create>(table, nothing);
    put_before<HostCall::join_blobs, &kirsch_blob_functions::join>(table, nothing);
  }
  static void change(kirsch_file& table) {
    put_before<HostCall::open_beneath, &kirsch_file::open_beneath>(table, no_file);
    put_before<HostCall::open_directory, &kirsch_file::open_directory>(table, no_file);
    put_before<HostCall::open_directory_beneath, &kirsch_file::open_directory_beneath>(table, no_file);
  }
  static void change(kirsch_process& table) {
    put_before<HostCall::give, &kirsch_process::give>(table, [](auto, auto, auto, kirsch_error* error) {
      error->text[std::string_view("not now").copy(error->text, sizeof error->text - 1)] = 0;
      return -1;
    });
  }
  static void change(kirsch_field_functions& table) {
    put_before<HostCall::prepare_field, &kirsch_field_functions::prepare>(table, nothing);
    put_before<HostCall::set_field, &kirsch_field_functions::set>(table, nothing);
    put_before<HostCall::add_field, &kirsch_field_functions::add>(table, nothing);
    put_before<HostCall::default_field, &kirsch_field_functions::set_default>(table, nothing);
  }
  // A full queue takes the bytes all the same, and says when there is room.
  static void change(kirsch_stream_functions& table) {
    own_streams_ = table;
    put_before<HostCall::write, &kirsch_stream_functions::write>(
        table, [](kirsch_stream* stream, const kirsch_text* pieces, std::uint32_t count) {
          own_streams_.write(stream, pieces, count);
          own_streams_.notify(stream, UINT64_MAX);
          return Nothing();
        });
    put_before<HostCall::write_blob, &kirsch_stream_functions::write_blob>(
        table, [](kirsch_stream* stream, kirsch_blob* blob) {
          own_streams_.write_blob(stream, blob);
          own_streams_.notify(stream, UINT64_MAX);
          return Nothing();
        });
  }
  static void change(kirsch_counter& table) { put_before<HostCall::declare, &kirsch_counter::declare>(table, nothing); }

  template <typename Table>
  static const void* changed(const void* own) {
    static const Table table = [own] {
      Table copy = *static_cast<const Table*>(own);
      change(copy);
      return copy;
    }();
    return &table;
  }

  static const void* feature(const kirsch_host* host, kirsch_text id) {
    const void* own = own_.feature(host, id);
    const auto name = view(id);
    if (name == KIRSCH_FEATURE_LOG) return changed<kirsch_log>(own);
    if (name == KIRSCH_FEATURE_TIMER) return changed<kirsch_timer>(own);
    if (name == KIRSCH_FEATURE_SUBMIT) return changed<kirsch_submit>(own);
    if (name == KIRSCH_FEATURE_POST) return changed<kirsch_post>(own);
    if (name == KIRSCH_FEATURE_STORAGE) return changed<kirsch_storage>(own);
    if (name == KIRSCH_FEATURE_BLOB) return changed<kirsch_blob_functions>(own);
    if (name == KIRSCH_FEATURE_FILE) return changed<kirsch_file>(own);
    if (name == KIRSCH_FEATURE_PROCESS) return changed<kirsch_process>(own);
    if (name == KIRSCH_FEATURE_COUNTER) return changed<kirsch_counter>(own);
    if (name == KIRSCH_FEATURE_FIELD) return changed<kirsch_field_functions>(own);
    if (name == KIRSCH_FEATURE_STREAM) return changed<kirsch_stream_functions>(own);
    return own;
  }

  // One that the manifest requires is there, or the module is not loaded.
  static std::uint8_t service(const kirsch_host* host, kirsch_text id, kirsch_service* out) {
    const bool promised = std::ranges::find(tried_->services, view(id)) != tried_->services.end();
    return !promised && fails(HostCall::find_service) ? std::uint8_t{0} : own_.service(host, id, out);
  }

  static inline FailingHost::Shared* shared_ = nullptr;
  static inline const loader::Manifest* tried_ = nullptr;
  static inline kirsch_host own_{};
  static inline kirsch_stream_functions own_streams_{};
};

FailingHost::FailingHost(const loader::Manifest& tried) : tried_(tried) {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "no memory");
  shared_ = new (memory) Shared;
}

FailingHost::~FailingHost() { ::munmap(shared_, sizeof(Shared)); }

pipeline::AmendHost FailingHost::amendment() const {
  return [this](const std::string& module, kirsch_host& table) {
    if (module == tried_.name) Interception::amend(*shared_, tried_, table);
  };
}

std::set<HostCall> FailingHost::take_called() {
  std::set<HostCall> called;
  for (std::size_t number = 0; number < calls; ++number)
    if (shared_->called[number].exchange(false)) called.insert(static_cast<HostCall>(number));
  return called;
}

const char* FailingHost::sentence(HostCall call) {
  static constexpr std::array<const char*, calls> sentences{"kirsch_host.service gives 0",
                                                            "kirsch_log.open gives null",
                                                            "kirsch_log.append gives 0",
                                                            "kirsch_timer.start gives 0",
                                                            "kirsch_submit.submit gives 0",
                                                            "kirsch_post.post gives 0",
                                                            "kirsch_storage.open gives null",
                                                            "kirsch_blob_functions.create gives null",
                                                            "kirsch_blob_functions.join gives null",
                                                            "kirsch_file.open_beneath gives -EACCES",
                                                            "kirsch_file.open_directory gives -EACCES",
                                                            "kirsch_file.open_directory_beneath gives -EACCES",
                                                            "kirsch_process.give gives -1",
                                                            "kirsch_counter.declare gives 0",
                                                            "kirsch_field_functions.prepare gives 0",
                                                            "kirsch_field_functions.set gives 0",
                                                            "kirsch_field_functions.add gives 0",
                                                            "kirsch_field_functions.set_default gives 0",
                                                            "kirsch_stream_functions.write gives 0",
                                                            "kirsch_stream_functions.write_blob gives 0"};
  return sentences[static_cast<std::size_t>(call)];
}

}  // namespace kirsch::trial
