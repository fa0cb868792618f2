#pragma once

#include "config/snapshot.h"
#include "core/result.h"
#include "s3/diagnosis/finding.h"

#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::app {

struct DoctorOptions {
  std::optional<std::string> bucket;  // Only the one of this name.
  std::optional<std::string> key;     // An object that exists there, as clients name it.
};

// What was found of one bucket.
struct BucketDiagnosis {
  std::string name;   // In the configuration.
  std::string place;  // "inner at https://s3.example".
  std::vector<s3::diagnosis::Finding> findings;
};

// Asks the buckets of the configuration, a few at a time, what works and what does not; the answers
// are in the order of the file. kInvalidRequest when there is no bucket of the name that is asked
// for. Blocks the calling thread, which runs a loop of its own meanwhile, for no longer than the
// buckets' time-outs add up to; SIGPIPE must be ignored.
core::Result<std::vector<BucketDiagnosis>> diagnose(const config::Snapshot& snapshot,
                                                    const DoctorOptions& options);

}  // namespace yatagarasu::app
