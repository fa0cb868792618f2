#pragma once

#include "core/cell.h"
#include "observability/histogram.h"
#include "observability/keyed_cells.h"
#include "s3/attempt.h"
#include "s3/request.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace yatagarasu::s3 {

inline constexpr std::size_t kOperations = 4;
std::string_view name_of(Operation operation);  // "GetObject"

// What is counted of one bucket's requests to S3. Outlives the configurations that name the bucket.
//
// Threading: each loop counts in a part of its own; anybody reads.
class UpstreamMetrics {
 public:
  // The codes that are told apart; S3's others, of which an origin may invent any number, are
  // counted as kOtherCode.
  static constexpr std::string_view kOtherCode = "other";
  static const std::vector<std::string_view>& codes();

  class OfLoop final : public AttemptObserver {
   public:
    void attempted(const Attempt& attempt) override;
    void retrying() override { retries.add(); }

    // By operation and status: operation * kStatuses + status.
    static constexpr std::uint32_t kStatuses = 1'000;
    observability::KeyedCells<48> requests;
    observability::KeyedCells<24> errors;  // By the index of the code.
    core::Cell retries;
    std::array<observability::Histogram<observability::kRequestBounds>, kOperations> durations;
  };

  // `loops`: with the control loop, which is the last.
  explicit UpstreamMetrics(std::size_t loops);

  OfLoop& of(std::size_t loop) { return *loops_[loop]; }
  const std::vector<std::unique_ptr<OfLoop>>& loops() const { return loops_; }

 private:
  std::vector<std::unique_ptr<OfLoop>> loops_;
};

}  // namespace yatagarasu::s3
