#pragma once

#include "admin/measured.h"
#include "proxy/services.h"

#include <string>

namespace yatagarasu::admin {

// The page of /metrics, in Prometheus' text format.
std::string report_metrics(const Measured& measured, const proxy::Services& services);

}  // namespace yatagarasu::admin
