// Adds protective headers to every answer of a path, also to error pages. The defaults follow the OWASP Secure Headers
// Project; all values are made and checked at load, a request only copies them.
#include <kirsch/module.h>

#include "content_security_policy.h"
#include "header_values.h"
#include "permissions_policy.h"

namespace {

using namespace secureheaders;

struct Hsts {
  std::chrono::seconds max_age{};
  bool subdomains = false;
  bool preload = false;
  static constexpr auto options = kirsch::options(
      kirsch::opt<&Hsts::max_age>("max_age", "730d", "how long a browser insists on TLS; 0s makes it forget"),
      kirsch::opt<&Hsts::subdomains>("subdomains", "false", "includeSubDomains"),
      kirsch::opt<&Hsts::preload>("preload", "false", "asks for the list that browsers are delivered with"));

  std::string text() const {
    if (preload && (!subdomains || max_age < std::chrono::hours(24 * 365))) {
      throw kirsch::OptionError("hsts.preload", "preload needs subdomains: true and a max_age of at least 365d");
    }
    return "max-age=" + std::to_string(max_age.count()) + (subdomains ? "; includeSubDomains" : "") +
           (preload ? "; preload" : "");
  }
};

struct SecureHeaders {
  using Self = SecureHeaders;
  Profile profile{};
  std::optional<PolicyOption> csp;
  bool csp_report_only = false;
  std::optional<Hsts> hsts;
  std::optional<Sniffing> content_type_options;
  std::optional<Framing> frame_options;
  std::optional<Referrer> referrer_policy;
  std::optional<Opener> opener_policy;
  std::optional<Resource> resource_policy;
  std::optional<Embedder> embedder_policy;
  std::optional<Permissions> permissions_policy;
  std::optional<CrossDomain> cross_domain_policies;
  bool force = false;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Self::profile>("profile", "standard", "strict adds what breaks pages with foreign media"),
      kirsch::opt<&Self::csp>("csp", "{}", "Content-Security-Policy: a map over the default one, a text or a list"),
      kirsch::opt<&Self::csp_report_only>("csp_report_only", "false", "browsers report breaches, but allow them"),
      kirsch::opt<&Self::hsts>("hsts", "{}", "Strict-Transport-Security, on secure requests only"),
      kirsch::opt<&Self::content_type_options>("x_content_type_options", "nosniff", "X-Content-Type-Options"),
      kirsch::opt<&Self::frame_options>("frame_options", "DENY", "X-Frame-Options"),
      kirsch::opt<&Self::referrer_policy>("referrer_policy", "no-referrer", "Referrer-Policy"),
      kirsch::opt<&Self::opener_policy>("cross_origin_opener_policy", "same-origin", "Cross-Origin-Opener-Policy"),
      kirsch::opt<&Self::resource_policy>("cross_origin_resource_policy", "same-origin",
                                          "Cross-Origin-Resource-Policy"),
      kirsch::opt<&Self::embedder_policy>(
          "cross_origin_embedder_policy", "by-profile",
          "Cross-Origin-Embedder-Policy; by-profile: require-corp if strict, else none"),
      kirsch::opt<&Self::permissions_policy>("permissions_policy", "{}",
                                             "Permissions-Policy: a map over the built-in list of denied features"),
      kirsch::opt<&Self::cross_domain_policies>("x_permitted_cross_domain_policies", "none",
                                                "X-Permitted-Cross-Domain-Policies"),
      kirsch::opt<&Self::force>("force", "false", "replaces values that a handler or another tool has set"));

  void prepare() {
    if (csp) {
      const auto policy = compile(*csp);
      const auto* name = csp_report_only ? "Content-Security-Policy-Report-Only" : "Content-Security-Policy";
      if (!policy.plain.empty()) plain_.emplace_back(name, policy.plain);
      if (!policy.secure.empty()) secure_.emplace_back(name, policy.secure);
    }
    if (hsts) secure_.emplace_back("Strict-Transport-Security", hsts->text());  // RFC 6797 7.2: never over plain HTTP
    add("X-Content-Type-Options", content_type_options);
    add("X-Frame-Options", frame_options);
    add("Referrer-Policy", referrer_policy);
    add("Cross-Origin-Opener-Policy", opener_policy);
    add("Cross-Origin-Resource-Policy", resource_policy);
    const bool strict = profile == Profile::strict;
    const bool by_profile = embedder_policy == Embedder::by_profile;
    if (!by_profile) add("Cross-Origin-Embedder-Policy", embedder_policy);
    if (by_profile && strict) add("Cross-Origin-Embedder-Policy", std::string("require-corp"));
    if (strict) add("X-DNS-Prefetch-Control", std::string("off"));
    if (permissions_policy) add("Permissions-Policy", compile(*permissions_policy));
    add("X-Permitted-Cross-Domain-Policies", cross_domain_policies);
  }

  void before_finalize(kirsch::Exchange& exchange) const {
    auto response = exchange.response();
    if (response.status() == 101) return;
    auto headers = response.headers();
    for (const auto& field : exchange.request().secure() ? secure_ : plain_) {
      if (force) {
        headers.set(field);
      } else {
        headers.set_default(field);
      }
    }
  }

 private:
  void add(std::string_view name, const std::string& value) {
    if (value.empty()) return;
    plain_.emplace_back(name, value);
    secure_.emplace_back(name, value);
  }
  template <kirsch::NamedEnumeration Enumeration>
  void add(std::string_view name, const std::optional<Enumeration>& value) {
    if (value) add(name, name_of(*value));
  }

  std::vector<kirsch::PreparedField> plain_;  // for requests without TLS
  std::vector<kirsch::PreparedField> secure_;
};

}  // namespace

KIRSCH_MODULE("secureheaders", "1.0.0", kirsch::summary("Protective headers on every answer"),
              kirsch::requires_feature(KIRSCH_FEATURE_FIELD),
              kirsch::tool<SecureHeaders>("secureheaders")
                  .priority(kirsch::Hook::before_finalize, 60)
                  .failsafe(kirsch::Hook::before_finalize));
