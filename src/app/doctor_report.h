#pragma once

#include "app/doctor.h"

#include <string>
#include <vector>

namespace yatagarasu::app {

// For people: a heading for each bucket, a line for each check, what to do on the line after it,
// and a summary. One line stays one line, whatever the other side said.
std::string render_report(const std::vector<BucketDiagnosis>& diagnoses);

// No bucket has a failure.
bool is_healthy(const std::vector<BucketDiagnosis>& diagnoses);

}  // namespace yatagarasu::app
