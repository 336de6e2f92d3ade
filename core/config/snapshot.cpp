// Files are read deep in the reader, so which snapshot counts is a matter of the thread, as long as somebody says so.
#include "config/snapshot.h"

#include <charconv>
#include <stdexcept>
#include <utility>

#include "base/diagnostic.h"
#include "config/code.h"

namespace kirsch::config {
namespace {

thread_local Snapshot* recorded = nullptr;
thread_local const Snapshot* replayed = nullptr;

// "SIZE BYTES", one behind the other.
void put(std::string& to, std::string_view text) { to.append(std::to_string(text.size())).append(" ").append(text); }

std::string take(std::string_view& from) {
  std::size_t size = 0;
  const auto end = std::from_chars(from.data(), from.data() + from.size(), size);
  const auto digits = static_cast<std::size_t>(end.ptr - from.data());
  if (end.ec != std::errc{} || digits >= from.size() || size > from.size() - digits - 1)
    throw std::runtime_error("a configuration that was handed over is damaged");
  std::string text(from.substr(digits + 1, size));
  from.remove_prefix(digits + 1 + size);
  return text;
}

std::size_t take_count(std::string_view& from) { return std::stoul(take(from)); }

}  // namespace

Snapshot::Recording::Recording(Snapshot& into) noexcept { recorded = &into; }
Snapshot::Recording::~Recording() { recorded = nullptr; }
Snapshot::Replay::Replay(const Snapshot& from) noexcept { replayed = &from; }
Snapshot::Replay::~Replay() { replayed = nullptr; }

FileText Snapshot::text(const std::string& name, const std::function<FileText()>& read) {
  if (replayed != nullptr) {
    const auto known = replayed->texts_.find(name);
    if (known != replayed->texts_.end()) return known->second;
    base::Diagnostic diagnostic;
    diagnostic.code = code::unreadable;
    diagnostic.message = "the file was not handed over by the keeper";
    diagnostic.position = base::Position{name, 0, 0, 1};
    throw base::Refusal(std::move(diagnostic));
  }
  auto result = read();
  if (recorded != nullptr) recorded->texts_[name] = result;
  return result;
}

Parsed<SecretFile> Snapshot::secret(const std::string& path, const std::function<Parsed<SecretFile>()>& read) {
  if (replayed != nullptr) {
    const auto known = replayed->secrets_.find(path);
    if (known != replayed->secrets_.end()) return known->second;
    return Misfit{"'" + path + "' was not handed over by the keeper", {}};
  }
  auto result = read();
  if (const auto* secret = std::get_if<SecretFile>(&result); secret != nullptr && recorded != nullptr)
    recorded->secrets_[path] = *secret;
  return result;
}

std::vector<std::string> Snapshot::names(const std::string& pattern,
                                         const std::function<std::vector<std::string>()>& read) {
  if (replayed != nullptr) {
    const auto known = replayed->names_.find(pattern);
    return known != replayed->names_.end() ? known->second : std::vector<std::string>();
  }
  auto result = read();
  if (recorded != nullptr) recorded->names_[pattern] = result;
  return result;
}

std::string Snapshot::packed() const {
  std::string bytes;
  put(bytes, std::to_string(texts_.size()));
  for (const auto& [name, text] : texts_) {
    put(bytes, name);
    put(bytes, text.text);
    put(bytes, text.exposed ? "1" : "0");
  }
  put(bytes, std::to_string(secrets_.size()));
  for (const auto& [path, secret] : secrets_) {
    put(bytes, path);
    put(bytes, secret.contents);
    put(bytes, secret.readers);
  }
  put(bytes, std::to_string(names_.size()));
  for (const auto& [pattern, names] : names_) {
    put(bytes, pattern);
    put(bytes, std::to_string(names.size()));
    for (const auto& name : names) put(bytes, name);
  }
  return bytes;
}

Snapshot Snapshot::unpacked(std::string_view bytes) {
  Snapshot snapshot;
  for (auto count = take_count(bytes); count > 0; --count) {
    auto name = take(bytes);
    auto text = take(bytes);
    snapshot.texts_[std::move(name)] = {std::move(text), take(bytes) == "1"};
  }
  for (auto count = take_count(bytes); count > 0; --count) {
    auto path = take(bytes);
    auto contents = take(bytes);
    snapshot.secrets_[std::move(path)] = {std::move(contents), take(bytes)};
  }
  for (auto count = take_count(bytes); count > 0; --count) {
    auto& names = snapshot.names_[take(bytes)];
    for (auto left = take_count(bytes); left > 0; --left) names.push_back(take(bytes));
  }
  return snapshot;
}

}  // namespace kirsch::config
