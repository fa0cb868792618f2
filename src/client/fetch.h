#pragma once

#include "core/result.h"
#include "io/byte_source.h"
#include "io/task.h"

#include <cstddef>
#include <string>

namespace yatagarasu::client {

// Reads a body from its begin, at most `limit` bytes of it. Whatever can be had: a body that is
// cut or larger gives what came before. For bodies that only explain (errors).
io::Task<std::string> read_up_to(io::ByteSource& body, std::size_t limit);

// Reads a body that is used only as a whole, from its begin. The body's own error when it is cut,
// kOriginMalformed when it is larger than `limit`; no more than that is ever held.
io::Task<core::Result<std::string>> read_whole(io::ByteSource& body, std::size_t limit);

}  // namespace yatagarasu::client
