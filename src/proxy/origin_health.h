#pragma once

#include "core/result.h"
#include "http/message.h"
#include "s3/health.h"
#include "s3/request.h"

namespace yatagarasu::proxy {

// What an answer to real traffic says about its bucket as a whole.
void note_health(s3::BucketHealth& health, const core::Result<s3::ObjectAnswer>& answer,
                 const s3::Trace& trace);

// The error with what the bucket's probe knows: a 403 to a HEAD has no body to tell a denied
// object from broken credentials.
core::Error refine(core::Error error, const s3::BucketHealth& health, http::Method method);

}  // namespace yatagarasu::proxy
