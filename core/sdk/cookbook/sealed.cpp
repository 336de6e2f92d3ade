// A storage of sessions that encrypts what another one keeps: whoever reads its files, or its Redis, learns nothing.
#include <kirsch/module.h>
#include <kirsch/session_storage.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace {

using kirsch::SessionDone, kirsch::SessionKey, kirsch::SessionResult, kirsch::SessionStatus, kirsch::SessionStorage;

using Bytes = unsigned char;
constexpr std::size_t nonce_size = 12, tag_size = 16;  // around the record

struct Sealed {
  kirsch::Secret key;
  kirsch::Provider<SessionStorage> storage;
  Bytes secret[32];

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Sealed::key>("key", kirsch::required, "64 hexadecimal digits: openssl rand -hex 32"),
                      kirsch::opt<&Sealed::storage>("storage", kirsch::required, "where the sealed records are kept"));

  void prepare() {
    std::size_t size = 0;
    if (OPENSSL_hexstr2buf_ex(secret, sizeof secret, &size, key.text.c_str(), '\0') != 1 || size != sizeof secret)
      throw kirsch::OptionError("key", "write 64 hexadecimal digits");
  }

  // AES-256-GCM. The record's key is sealed with it, so nobody can lay one record in the place of another.
  bool run(bool seal, const SessionKey& name, const char* in, std::size_t size, char* out, char* nonce,
           char* tag) const {
    const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    const auto bytes = [](auto* text) { return reinterpret_cast<const Bytes*>(text); };
    auto* const to = reinterpret_cast<Bytes*>(out);
    int done = 0;
    return context != nullptr && (!seal || RAND_bytes(reinterpret_cast<Bytes*>(nonce), nonce_size) == 1) &&
           EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, secret, bytes(nonce), seal ? 1 : 0) == 1 &&
           (seal || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag) == 1) &&
           EVP_CipherUpdate(context.get(), nullptr, &done, name.bytes, sizeof name.bytes) == 1 &&
           EVP_CipherUpdate(context.get(), to, &done, bytes(in), static_cast<int>(size)) == 1 &&
           EVP_CipherFinal_ex(context.get(), to + size, &done) == 1 &&
           (!seal || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag) == 1);
  }

  // An answer on its way back through here.
  struct Opening {
    const Sealed& sealed;
    SessionKey name;
    SessionDone done;

    static void call(void* self, const SessionResult* from) noexcept {
      const std::unique_ptr<Opening> opening(static_cast<Opening*>(self));
      const auto& [sealed, name, done] = *opening;
      SessionResult result = *from;
      std::string open;
      if (result.status == static_cast<std::uint32_t>(SessionStatus::done) && !sealed.open(name, *from, open)) {
        sealed.storage.table->remove(sealed.storage.self, &name, from->lock, {});  // the contract: it is put aside
        result = {.size = sizeof result,
                  .status = static_cast<std::uint32_t>(SessionStatus::corrupt),
                  .data = {},
                  .revision = 0,
                  .lock = 0,
                  .age = 0,
                  .left = 0};
      } else {
        result.data = kirsch::text(open);
      }
      done.call(done.context, &result);
    }
    // `under_way` goes down once the storage below has seen `call` return: then no code of ours runs.
    SessionDone as_done() && { return {call, new Opening(*this), done.under_way}; }
  };

  bool open(const SessionKey& name, const SessionResult& from, std::string& out) const {
    if (from.data.size < nonce_size + tag_size) return false;
    std::string record(from.data.data, from.data.size);
    out.resize(record.size() - nonce_size - tag_size);
    return run(false, name, record.data() + nonce_size, out.size(), out.data(), record.data(),
               record.data() + record.size() - tag_size);
  }

  // What these take, and on which thread, stands at SessionStorage. No exception may cross: without memory all ends.
  static Sealed& at(void* self) { return *static_cast<Sealed*>(self); }
  static SessionDone opened(void* self, const SessionKey* name, SessionDone done) {
    return done.call == nullptr ? done : Opening{at(self), *name, done}.as_done();
  }
  static void load(void* self, const SessionKey* name, SessionDone done) noexcept {
    at(self).storage.table->load(at(self).storage.self, name, opened(self, name, done));
  }
  static std::uint64_t lock(void* self, const SessionKey* name, std::uint64_t lease, SessionDone done) noexcept {
    return at(self).storage.table->lock(at(self).storage.self, name, lease, opened(self, name, done));
  }
  static void store(void* self, const SessionKey* name, const kirsch::SessionWrite* write, SessionDone done) noexcept {
    auto sealed = *write;
    std::string record(nonce_size + write->data.size + tag_size, '\0');
    if (!at(self).run(true, *name, write->data.data, write->data.size, record.data() + nonce_size, record.data(),
                      record.data() + record.size() - tag_size))
      return kirsch::SessionAnswer(done)(SessionStatus::unavailable);
    sealed.data = kirsch::text(record);
    at(self).storage.table->store(at(self).storage.self, name, &sealed, done);
  }
  template <auto function, class Result, class... Arguments>
  static Result pass_on(void* self, Arguments... arguments) {
    return (at(self).storage.table->*function)(at(self).storage.self, arguments...);
  }
  static std::uint32_t sweep(void* self) {
    const auto& [table, below] = at(self).storage;
    return table->sweep != nullptr ? table->sweep(below) : 0;
  }

  static constexpr SessionStorage service_table{sizeof(SessionStorage),
                                                load,
                                                lock,
                                                pass_on<&SessionStorage::cancel>,
                                                store,
                                                pass_on<&SessionStorage::touch>,
                                                pass_on<&SessionStorage::remove>,
                                                pass_on<&SessionStorage::unlock>,
                                                sweep,
                                                pass_on<&SessionStorage::counters>};
};

}  // namespace

KIRSCH_MODULE("sealed", "1.0.0", kirsch::service<Sealed, SessionStorage>("sealed"));
