// Standard input, output and error of a daemon.
#pragma once

#include <string>

namespace daemonizer {

class StandardStreams {
 public:
  StandardStreams() = default;
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;
  ~StandardStreams();

  // Opens the files, those of output for appending. Throws kirsch::OptionError with the name of the option.
  void open(const std::string& in, const std::string& out, const std::string& error);
  // They take the places of what the terminal gave.
  void redirect_input_and_output();
  void redirect_error();  // once; later calls do nothing

 private:
  int files_[3] = {-1, -1, -1};
};

}  // namespace daemonizer
