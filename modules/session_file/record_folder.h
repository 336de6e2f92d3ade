// The files of the records: each is replaced as a whole, so that whoever reads finds the old one or the new one, also
// after a kill.
#pragma once

#include <kirsch/session_storage.h>

#include <atomic>

#include "descriptor.h"
#include "record_format.h"

namespace session_file {

enum class Sync {
  always,  // what was answered for survives a loss of power
  data,    // after one there is the old record or the new one
  never,   // after one there may be none
};
constexpr auto kirsch_names(Sync) { return std::array<std::string_view, 3>{"always", "data", "never"}; }

Milliseconds now();
// Random, never 0.
std::uint64_t fresh_number();

// Where a record is: its file, and those beside it.
std::string file_name(const kirsch::SessionKey& key);
std::optional<kirsch::SessionKey> key_of(std::string_view file_name);
inline constexpr std::string_view unfinished = ".new";
inline constexpr std::string_view put_aside = ".corrupt";

// Functions that wait for the disk; on workers. All but `read` only by who has Part::change of that key.
class RecordFolder {
 public:
  // Makes the folder if it is not there. Throws kirsch::OptionError.
  RecordFolder(const std::string& path, Sync sync);

  // Done, absent (also if it has expired), corrupt, unavailable.
  kirsch::SessionStatus read(const kirsch::SessionKey& key, Record& record);
  kirsch::SessionStatus write(const kirsch::SessionKey& key, const Record& record);  // done, full, unavailable
  kirsch::SessionStatus remove(const kirsch::SessionKey& key);                       // done, unavailable
  void put_corrupt_aside(const kirsch::SessionKey& key);
  // Takes away what a kill has left unfinished, what was put aside a week ago, and the record if it has expired
  // (absent). Else what `read` says, or done where there is none.
  kirsch::SessionStatus tidy(const kirsch::SessionKey& key);

  // A file below the folder, for SharedLocks. Throws kirsch::OptionError.
  Descriptor lock_file() const;
  int descriptor() const { return folder_.get(); }
  const std::string& path() const { return path_; }
  // For failures at other places, too: the log says once that it does not work, and once that it does again.
  kirsch::SessionStatus failed(int error, std::string_view deed);

 private:
  void worked();
  int write_unfinished(const std::string& name, const Record& record) const;  // errno, or 0

  std::string path_;
  Sync sync_;
  Descriptor folder_;
  std::atomic<int> error_{0};  // of the last failure, if nothing has been written since
};

}  // namespace session_file
