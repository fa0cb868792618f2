#include "admin/request_rates.h"

#include <chrono>
#include <string>
#include <utility>

namespace yatagarasu::admin {

bool RequestRates::is_due(Clock::time_point now) const {
  return samples_.empty() || now - samples_.back().taken >= kInterval;
}

void RequestRates::sample(Clock::time_point now, Totals totals) {
  samples_.push_back({.taken = now, .totals = std::move(totals)});
  while (now - samples_.front().taken > kWindow) samples_.pop_front();
}

double RequestRates::per_second(const std::string& bucket) const {
  if (samples_.size() < 2) return 0;
  const Sample& first = samples_.front();
  const Sample& last = samples_.back();
  const auto before = first.totals.find(bucket);
  const auto after = last.totals.find(bucket);
  // A bucket that went and came again counts from the beginning.
  if (before == first.totals.end() || after == last.totals.end()) return 0;
  if (after->second < before->second) return 0;
  const std::chrono::duration<double> passed = last.taken - first.taken;
  return static_cast<double>(after->second - before->second) / passed.count();
}

}  // namespace yatagarasu::admin
