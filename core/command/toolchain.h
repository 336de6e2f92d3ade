// What a module is built with: a compiler, the SDK beside this binary, and the flags of KirschModule.cmake.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "command/precompiled_header.h"

namespace kirsch::command {

enum class Part { module, test };  // what a source belongs to
// Optimized for servers; as it is written, for its author; the same with AddressSanitizer.
enum class Purpose { release, development, sanitizer };

class Toolchain {
 public:
  // CXX of the environment, else g++, else clang++. Throws base::Refusal.
  static Toolchain find(Purpose purpose);

  // Makes what later compilations of that part include in a fraction of the time, unless it is there: in the user's
  // cache, else in `otherwise`. Where that fails they go without.
  void precompile(Part part, const std::filesystem::path& otherwise);
  // Throws base::Refusal where something is missing that tests are built with.
  void need_tests() const;

  // What it was made of is written beside the object, with .d behind its name.
  Words compile(Part part, const std::filesystem::path& source, const std::filesystem::path& object) const;
  // The same for an editor: without what is only for speed and for terminals.
  Words described(Part part, const std::filesystem::path& source, const std::filesystem::path& object) const;
  Words link_module(const Words& objects, const std::filesystem::path& file) const;
  Words link_tests(const Words& objects, const std::filesystem::path& file) const;

  // The same command, with colours where standard error is a terminal that wants them.
  Words coloured(Words command) const;

  // Of the environment of a server that is to load what was built.
  Words environment() const;

 private:
  Words common(Part part) const;
  Words included() const;
  bool has_library(const std::string& name) const;

  Words compiler_;
  std::string version_;  // the compiler's own words
  bool clang_ = false;
  Purpose purpose_ = Purpose::release;
  bool colours_ = false;
  std::filesystem::path include_, exports_;
  std::map<Part, Words> precompiled_;  // options that use it
};

// Words of a text that blanks part.
Words words_of(const std::string& text);

}  // namespace kirsch::command
