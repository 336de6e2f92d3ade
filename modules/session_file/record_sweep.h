// Finds expired records, what is no whole one, and what kills have left behind, a few files at a time.
#pragma once

#include <dirent.h>

#include <memory>
#include <vector>

#include "record_folder.h"

namespace session_file {

class RecordSweep {
 public:
  explicit RecordSweep(RecordFolder& folder) : folder_(folder) {}

  // Looks at some files and adds the keys of those for RecordFolder::tidy; one call at a time, on a worker. False:
  // those were the last ones of this round.
  bool step(std::vector<kirsch::SessionKey>& untidy);

 private:
  bool is_untidy(const char* name) const;

  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  RecordFolder& folder_;
  std::unique_ptr<DIR, Close> round_;
};

}  // namespace session_file
