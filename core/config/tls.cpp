// One certificate stands beside the rules; further ones, for other names or kinds of keys, in a list.
#include "config/tls.h"

#include <utility>

#include "config/code.h"
#include "config/fields.h"

namespace kirsch::config {
namespace {

using namespace std::chrono_literals;
using base::Value;

std::string text_or_nothing(const Value& value) {
  const auto* text = std::get_if<std::string>(&value.data);
  return text == nullptr ? std::string() : *text;
}

struct WrittenPassword {
  std::string file, environment;
  std::vector<std::string> command;
};

const Fields<WrittenPassword>& password_fields() {
  using Password = WrittenPassword;
  static const Fields<Password> fields = {
      {{"file", "its first line", "off", or_off(path())},
       [](Password& to, const Value& value) { to.file = text_or_nothing(value); }},
      {{"environment", "a variable", "off", or_off(text(256))},
       [](Password& to, const Value& value) { to.environment = text_or_nothing(value); }},
      {{"command", "a program with its arguments, which prints it", "[]", list_of(text(4096))},
       [](Password& to, const Value& value) {
         to.command.clear();
         for (const Value& one : std::get<Value::List>(value.data)) to.command.push_back(as_text(one));
       }},
  };
  return fields;
}

void set_password(CertificateSettings& to, const Value& value) {
  using From = PasswordSettings::From;
  to.password = {};
  const auto* choice = std::get_if<base::Choice>(&value.data);
  if (choice == nullptr) return;
  if (choice->index == 0) {
    to.password.from = From::prompt;
    return;
  }
  WrittenPassword written;
  password_fields().assign(written, choice->value.front());
  if (!written.file.empty()) to.password = {From::file, written.file, {}, {}};
  if (!written.environment.empty()) to.password = {From::environment, written.environment, {}, {}};
  if (!written.command.empty()) to.password = {From::command, {}, written.command, {}};
}

const Fields<CertificateSettings>& certificate_fields() {
  using Certificate = CertificateSettings;
  static const Fields<Certificate> fields = {
      {{"certificate", "PEM: the server's own first, others of its chain behind it", "off", or_off(path())},
       [](Certificate& to, const Value& value) { to.certificate = text_or_nothing(value); }},
      {{"private_key", "PEM; off: it stands in the file of the certificate", "off", or_off(path())},
       [](Certificate& to, const Value& value) { to.private_key = text_or_nothing(value); }},
      {{"certificate_chain", "PEM: who issued it, and so on", "off", or_off(path())},
       [](Certificate& to, const Value& value) { to.chain = text_or_nothing(value); }},
      {{"password", "of an encrypted key: prompt, or one of file, environment, command", "off",
        or_off(one_of({enumeration({"prompt"}), structure(password_fields().options())}))},
       set_password},
      {{"ocsp", "a response to staple, DER", "off", or_off(path())},
       [](Certificate& to, const Value& value) { to.ocsp = text_or_nothing(value); }},
  };
  return fields;
}

// As it is written; not yet known whether that is enough.
struct Written {
  CertificateSettings certificate;
  TlsSettings tls;
  std::vector<CertificateSettings> further;
};

// Those of a certificate, which stand in the same mapping, and the rules.
const Fields<Written>& tls_fields() {
  static const Fields<Written> fields = {
      {{"provider", "the library that speaks TLS", "openssl", enumeration({"openssl"})},
       [](Written& to, const Value&) { to.tls.provider = "openssl"; }},
      {{"profile", "Mozilla's: intermediate is TLS 1.2 and 1.3, modern 1.3 alone", "intermediate",
        enumeration({"intermediate", "modern"})},
       [](Written& to, const Value& value) { to.tls.profile = static_cast<TlsSettings::Profile>(as_integer(value)); }},
      {{"certificates", "further ones, for other names or kinds of keys", "[]",
        list_of(structure(certificate_fields().options()))},
       [](Written& to, const Value& value) {
         to.further.clear();
         for (const Value& one : std::get<Value::List>(value.data))
           certificate_fields().assign(to.further.emplace_back(), one);
       }},
      {{"client_certificates", "whether clients show one", "off", or_off(enumeration({"optional", "required"}))},
       [](Written& to, const Value& value) {
         const auto* index = std::get_if<std::int64_t>(&value.data);
         to.tls.client_certificates = static_cast<TlsSettings::ClientCertificates>(index == nullptr ? 0 : *index + 1);
       }},
      {{"client_authorities", "PEM: who may issue certificates of clients", "off", or_off(path())},
       [](Written& to, const Value& value) { to.tls.client_authorities = text_or_nothing(value); }},
      {{"tickets", "how often the key of session tickets changes", "12h", or_off(duration(1min, 12h))},
       [](Written& to, const Value& value) {
         to.tls.tickets.reset();
         if (std::holds_alternative<std::int64_t>(value.data)) to.tls.tickets = as_milliseconds(value);
       }},
      {{"key_log", "DANGER: writes the secrets of sessions to this file, for debugging", "off", or_off(path())},
       [](Written& to, const Value& value) { to.tls.key_log = text_or_nothing(value); }},
  };
  return fields;
}

Place place_of(const Node* node, const Node& otherwise) {
  const Node& at = node != nullptr ? *node : otherwise;
  return {at.position(), std::string(at.source_line())};
}

void check_password(Reader& reader, const Node& password, const std::string& owner) {
  if (!password.is_mapping()) return;
  std::size_t ways = 0;
  for (const Entry& entry : password.entries) ways += entry.value.is_off() ? 0 : 1;
  if (ways == 1) return;
  reader.findings().error(password, code::out_of_range, "'password' of " + owner + " wants exactly one way to come",
                          {.note = {}, .help = "{ file: PATH }, { environment: NAME } or { command: [PROGRAM, …] }"});
}

bool complete(Reader& reader, const Node& node, const Node& at, const std::string& owner, CertificateSettings& one) {
  if (one.certificate.empty()) {
    reader.findings().error(at, code::missing, owner + " needs the option 'certificate'",
                            {.note = {}, .help = "kirsch certificate self-signed makes one for development"});
    return false;
  }
  one.certificate_place = place_of(node.value("certificate"), at);
  one.private_key_place = place_of(node.value("private_key"), *node.value("certificate"));
  one.chain_place = place_of(node.value("certificate_chain"), at);
  one.ocsp_place = place_of(node.value("ocsp"), at);
  one.password.place = place_of(node.value("password"), at);
  if (one.private_key.empty()) one.private_key = one.certificate;
  if (const Node* password = node.value("password")) check_password(reader, *password, owner);
  return true;
}

void check_clients(Reader& reader, const Node& tls, const std::string& owner, const TlsSettings& settings) {
  const bool asked = settings.client_certificates != TlsSettings::ClientCertificates::off;
  if (asked && settings.client_authorities.empty())
    reader.findings().error(*tls.value("client_certificates"), code::missing,
                            owner + " needs the option 'client_authorities' to verify them");
  if (!asked && !settings.client_authorities.empty())
    reader.findings().error(*tls.value("client_authorities"), code::missing,
                            owner + " asks for no certificates of clients",
                            {.note = {}, .help = "client_certificates: optional or required"});
}

// The values of tls_options, each table's own.
Written split(const Value& value) {
  const auto& values = std::get<base::Structure>(value.data).values;
  const auto rules = values.begin() + static_cast<std::ptrdiff_t>(certificate_fields().options().size());
  Written written;
  certificate_fields().assign(written.certificate, Value{base::Structure{{values.begin(), rules}}, value.origin});
  tls_fields().assign(written, Value{base::Structure{{rules, values.end()}}, value.origin});
  return written;
}

}  // namespace

const std::vector<base::Option>& tls_options() {
  static const std::vector<base::Option> all = [] {
    std::vector<base::Option> options = certificate_fields().options();
    for (const base::Option& option : tls_fields().options()) options.push_back(option);
    return options;
  }();
  return all;
}

std::optional<TlsSettings> read_tls(Reader& reader, const Node& tls, const Node& at, const std::string& owner) {
  if (!tls.is_mapping()) {
    reader.findings().error(tls, code::wrong_type, owner + " wants a mapping, not " + description(tls),
                            {.note = {}, .help = "tls: { certificate: cert.pem, private_key: key.pem }"});
    return std::nullopt;
  }
  const auto value = reader.structure(tls, tls_options(), at, owner);
  if (!value) return std::nullopt;
  Written written = split(*value);
  TlsSettings settings = std::move(written.tls);
  if (!written.certificate.certificate.empty() || written.further.empty()) {
    if (!complete(reader, tls, at, owner, written.certificate)) return std::nullopt;
    settings.certificates.push_back(std::move(written.certificate));
  }
  for (std::size_t index = 0; index < written.further.size(); ++index) {
    const Node& node = tls.value("certificates")->items[index];
    if (!complete(reader, node, node, "an entry of 'certificates'", written.further[index])) return std::nullopt;
    settings.certificates.push_back(std::move(written.further[index]));
  }
  settings.client_authorities_place = place_of(tls.value("client_authorities"), at);
  settings.key_log_place = place_of(tls.value("key_log"), at);
  check_clients(reader, tls, owner, settings);
  return settings;
}

}  // namespace kirsch::config
