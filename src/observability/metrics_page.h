#pragma once

#include "observability/histogram.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::observability {

// Writes a page of metrics in Prometheus' text format 0.0.4:
//
//   page.counter("yatagarasu_http_requests_total", "Requests answered.");
//   page.value({{"bucket", "a"}}, 3);
//
// Families come one after the other, each with its values behind it; one without values is left
// out. Threading: one thread.
class MetricsPage {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  MetricsPage();
  MetricsPage(const MetricsPage&) = delete;
  MetricsPage& operator=(const MetricsPage&) = delete;
  ~MetricsPage();

  void counter(std::string_view name, std::string_view help);
  void gauge(std::string_view name, std::string_view help);
  void histogram(std::string_view name, std::string_view help);  // In seconds.

  // Of the family that was begun last.
  void value(Labels labels, double value);
  void value(Labels labels, std::uint64_t value) {
    this->value(labels, static_cast<double>(value));
  }
  template <std::size_t N>
  void value(Labels labels, const Bounds<N>& bounds, const HistogramCounts<N>& counts) {
    distribution(labels, bounds, counts.counts, counts.microseconds);
  }

  // The whole page; the end of this object.
  std::string take() &&;

 private:
  struct Family;

  void begin(std::string_view name, std::string_view help);
  void finish_family();
  void distribution(Labels labels, std::span<const std::uint64_t> bounds,
                    std::span<const std::uint64_t> counts, std::uint64_t microseconds);

  std::unique_ptr<Family> family_;
  std::string page_;
};

}  // namespace yatagarasu::observability
