#include "observability/metrics_page.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::observability {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;

prometheus::ClientMetric labelled(MetricsPage::Labels labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) {
    metric.label.push_back({std::string(name), std::string(value)});
  }
  return metric;
}

}  // namespace

struct MetricsPage::Family {
  prometheus::MetricFamily family;
};

MetricsPage::MetricsPage() : family_(std::make_unique<Family>()) {}
MetricsPage::~MetricsPage() = default;

void MetricsPage::begin(std::string_view name, std::string_view help) {
  finish_family();
  family_->family.name = name;
  family_->family.help = help;
}

void MetricsPage::counter(std::string_view name, std::string_view help) {
  begin(name, help);
  family_->family.type = prometheus::MetricType::Counter;
}

void MetricsPage::gauge(std::string_view name, std::string_view help) {
  begin(name, help);
  family_->family.type = prometheus::MetricType::Gauge;
}

void MetricsPage::histogram(std::string_view name, std::string_view help) {
  begin(name, help);
  family_->family.type = prometheus::MetricType::Histogram;
}

void MetricsPage::value(Labels labels, double value) {
  prometheus::ClientMetric metric = labelled(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
  family_->family.metric.push_back(std::move(metric));
}

void MetricsPage::distribution(Labels labels, std::span<const std::uint64_t> bounds,
                               std::span<const std::uint64_t> counts, std::uint64_t microseconds) {
  prometheus::ClientMetric metric = labelled(labels);
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    so_far += counts[i];
    const double bound = i < bounds.size() ? static_cast<double>(bounds[i]) / kMicrosecondsPerSecond
                                           : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({.cumulative_count = so_far, .upper_bound = bound});
  }
  metric.histogram.sample_count = so_far;
  metric.histogram.sample_sum = static_cast<double>(microseconds) / kMicrosecondsPerSecond;
  family_->family.metric.push_back(std::move(metric));
}

void MetricsPage::finish_family() {
  if (!family_->family.metric.empty()) {
    page_ += prometheus::TextSerializer().Serialize({std::move(family_->family)});
  }
  family_->family = {};
}

std::string MetricsPage::take() && {
  finish_family();
  return std::move(page_);
}

}  // namespace yatagarasu::observability
