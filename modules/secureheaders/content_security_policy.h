// Content-Security-Policy (W3C CSP Level 3): its directives as options, checked once at load and written out as text.
#pragma once

#include <kirsch/options.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace secureheaders {

// "'self' https://cdn.example.org" or ["'self'", "https://cdn.example.org"]; `off` leaves the directive out.
using Directive = std::optional<std::variant<std::string, std::vector<std::string>>>;

struct Directives {
  Directive default_src, script_src, script_src_elem, script_src_attr, style_src, style_src_elem, style_src_attr;
  Directive img_src, font_src, connect_src, media_src, object_src, frame_src, child_src, worker_src, manifest_src;
  Directive base_uri, form_action, frame_ancestors, sandbox;
  Directive require_trusted_types_for, trusted_types, report_uri, report_to;
  bool upgrade_insecure_requests = false;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Directives::default_src>("default-src", "\"'self'\"", "whatever no other directive names"),
      kirsch::opt<&Directives::script_src>("script-src", "off", "scripts"),
      kirsch::opt<&Directives::script_src_elem>("script-src-elem", "off", "script elements"),
      kirsch::opt<&Directives::script_src_attr>("script-src-attr", "off", "event handlers in attributes"),
      kirsch::opt<&Directives::style_src>("style-src", "off", "styles"),
      kirsch::opt<&Directives::style_src_elem>("style-src-elem", "off", "style elements and sheets"),
      kirsch::opt<&Directives::style_src_attr>("style-src-attr", "off", "styles in attributes"),
      kirsch::opt<&Directives::img_src>("img-src", "off", "images"),
      kirsch::opt<&Directives::font_src>("font-src", "off", "fonts"),
      kirsch::opt<&Directives::connect_src>("connect-src", "off", "fetch, XMLHttpRequest, WebSocket, EventSource"),
      kirsch::opt<&Directives::media_src>("media-src", "off", "audio and video"),
      kirsch::opt<&Directives::object_src>("object-src", "\"'none'\"", "object and embed"),
      kirsch::opt<&Directives::frame_src>("frame-src", "off", "frames inside the page"),
      kirsch::opt<&Directives::child_src>("child-src", "off", "frames and workers"),
      kirsch::opt<&Directives::worker_src>("worker-src", "off", "workers"),
      kirsch::opt<&Directives::manifest_src>("manifest-src", "off", "application manifests"),
      kirsch::opt<&Directives::base_uri>("base-uri", "\"'self'\"", "what a base element may name"),
      kirsch::opt<&Directives::form_action>("form-action", "\"'self'\"", "where forms may be sent"),
      kirsch::opt<&Directives::frame_ancestors>("frame-ancestors", "\"'none'\"", "pages that may frame this one"),
      kirsch::opt<&Directives::sandbox>("sandbox", "off", "allow-… tokens; [] allows nothing"),
      kirsch::opt<&Directives::require_trusted_types_for>("require-trusted-types-for", "off", "\"'script'\""),
      kirsch::opt<&Directives::trusted_types>("trusted-types", "off", "names of policies"),
      kirsch::opt<&Directives::report_uri>("report-uri", "off", "addresses that reports are sent to"),
      kirsch::opt<&Directives::report_to>("report-to", "off", "an endpoint of Reporting-Endpoints"),
      kirsch::opt<&Directives::upgrade_insecure_requests>("upgrade-insecure-requests", "true",
                                                          "sent on secure requests only"));
};

// A whole policy as text, a list of directives, or a map over the default policy.
using PolicyOption = std::variant<std::string, std::vector<std::string>, Directives>;

// Either may be empty: then no header is sent.
struct ContentSecurityPolicy {
  std::string plain;
  std::string secure;  // the same with upgrade-insecure-requests, if the policy has it
};

// Throws kirsch::OptionError("csp", …) with the right spelling where a browser would ignore what was written.
ContentSecurityPolicy compile(const PolicyOption& option);

}  // namespace secureheaders
