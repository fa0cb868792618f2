#pragma once

#include "admin/measured.h"
#include "admin/view.h"
#include "proxy/services.h"

#include <string>

namespace yatagarasu::admin {

// The body of /admin/status.
std::string report_status(const Measured& measured, const View& view,
                          const proxy::Services& services);

// By bucket; for RequestRates.
RequestRates::Totals count_requests(const proxy::Services& services);

}  // namespace yatagarasu::admin
