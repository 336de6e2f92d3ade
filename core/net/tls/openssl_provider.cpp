// Loads, looks, builds.
#include "net/tls/openssl_provider.h"

#include "net/tls/openssl_context.h"
#include "net/tls/openssl_material.h"

namespace kirsch::net::tls {
namespace {

class OpensslProvider final : public Provider {
 public:
  std::shared_ptr<const Context> context(const Settings& settings, std::vector<Problem>& problems) const override {
    std::vector<LoadedMaterial> loaded;
    for (std::size_t index = 0; index < settings.certificates.size(); ++index) {
      auto one = load_material(settings.certificates[index], index, problems);
      if (one) loaded.push_back(std::move(*one));
    }
    if (refused(problems)) return nullptr;
    auto made = std::make_shared<OpensslContext>(settings, std::move(loaded), problems);
    return refused(problems) ? nullptr : std::move(made);
  }

  bool encrypted(const std::string& private_key) const override { return key_is_encrypted(private_key); }
  bool opens(const std::string& private_key, const std::string& password) const override {
    return password_opens(private_key, password);
  }
};

}  // namespace

const Provider& openssl_provider() {
  static const OpensslProvider provider;
  return provider;
}

}  // namespace kirsch::net::tls
