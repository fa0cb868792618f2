#pragma once

#include "io/loop.h"
#include "io/task.h"

namespace yatagarasu::io {

// Ends at `until`, or by the task's cancellation.
Task<void> sleep_until(Loop& loop, TimePoint until);

}  // namespace yatagarasu::io
