#include "app/doctor.h"

#include "config/snapshot.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/task_group.h"
#include "proxy/object_key.h"
#include "proxy/options.h"
#include "s3/addressing.h"
#include "s3/diagnosis/examiner.h"
#include "s3/diagnosis/subject.h"

#include <fmt/core.h>

#include <cstddef>
#include <exception>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::app {
namespace {

using s3::diagnosis::Examiner;
using s3::diagnosis::Subject;

// A store has many buckets, and is to be asked, not stormed.
constexpr std::size_t kAtATime = 8;

core::Result<Subject> subject_of(const proxy::BucketOptions& bucket, const DoctorOptions& options) {
  auto address = s3::resolve_address(bucket.s3);
  if (!address) return std::unexpected(std::move(address.error()));
  return Subject{.options = bucket.s3,
                 .address = *std::move(address),
                 .index_key = proxy::object_key(bucket, ""),
                 .key = options.key};
}

std::string place_of(const Subject& subject) {
  return fmt::format("{} at {}://{}", subject.options.bucket,
                     subject.address.uses_tls ? "https" : "http", subject.address.host);
}

// Takes one bucket after the other, beside others who do the same.
class Round {
 public:
  Round(std::vector<std::unique_ptr<Examiner>> examiners, std::vector<BucketDiagnosis>& diagnoses)
      : examiners_(std::move(examiners)), diagnoses_(diagnoses) {}

  io::Task<void> examine_next() {
    while (next_ < examiners_.size()) {
      const std::size_t place = next_++;
      diagnoses_[place].findings = co_await examiners_[place]->examine();
    }
  }

 private:
  std::vector<std::unique_ptr<Examiner>> examiners_;
  std::vector<BucketDiagnosis>& diagnoses_;
  std::size_t next_ = 0;
};

}  // namespace

core::Result<std::vector<BucketDiagnosis>> diagnose(const config::Snapshot& snapshot,
                                                    const DoctorOptions& options) {
  io::Loop loop(0);
  io::Resolver resolver(loop);
  std::vector<std::unique_ptr<Examiner>> examiners;
  std::vector<BucketDiagnosis> diagnoses;
  for (const proxy::BucketOptions& bucket : snapshot.buckets) {
    if (options.bucket && *options.bucket != bucket.name) continue;
    core::Result<Subject> subject = subject_of(bucket, options);
    if (!subject) return std::unexpected(std::move(subject.error()));
    diagnoses.push_back({.name = bucket.name, .place = place_of(*subject), .findings = {}});
    examiners.push_back(std::make_unique<Examiner>(loop, resolver, *std::move(subject)));
  }
  if (options.bucket && diagnoses.empty()) {
    return core::failure(core::ErrorCode::kInvalidRequest,
                         "no bucket of the configuration is called " + *options.bucket);
  }

  Round round(std::move(examiners), diagnoses);
  std::exception_ptr failed;
  io::TaskGroup tasks(loop.executor(), [&](const std::exception_ptr& error) { failed = error; });
  for (std::size_t i = 0; i < kAtATime; ++i) tasks.spawn(round.examine_next());
  while (!tasks.empty()) loop.context().run_one();
  // Out of memory, at most: there is no answer then.
  if (failed) std::rethrow_exception(failed);
  return diagnoses;
}

}  // namespace yatagarasu::app
