#pragma once

#include "core/result.h"

#include <string>
#include <string_view>

namespace yatagarasu::routing {

// A request's path as the bytes that routing, authorisation, cache key and signature all use:
// percent-decoded exactly once, runs of slashes collapsed to one, without a "." or ".." segment
// and without NUL. It begins with a slash; a slash at its end is part of the key and stays. An
// escaped slash or dot counts as the byte it stands for.
//
// `raw` is a request target's path, without query and fragment. The result views `raw` or, where
// something had to be decoded or collapsed, `scratch`. Fails with kInvalidRequest.
core::Result<std::string_view> normalize_request_path(std::string_view raw, std::string& scratch);

}  // namespace yatagarasu::routing
