#pragma once

#include "config/key.h"

// The blocks that the root is made of, each bound to the options of its part.
namespace yatagarasu::config {

const Block& server_block();
const Block& server_rate_limit_block();
const Block& bucket_rate_limit_block();  // server::Options
const Block& listener_tls_block();       // server::TlsOptions
const Block& admin_block();              // admin::Options
const Block& logging_block();            // observability::LogOptions
const Block& cache_block();              // proxy::CacheOptions
const Block& bucket_cache_block();       // proxy::CacheOverrides
const Block& bucket_block();             // proxy::BucketOptions
const Block& s3_block();                 // s3::Options
const Block& jwt_block();                // auth::jwt::Options
const Block& auth_block();               // proxy::AuthOptions

}  // namespace yatagarasu::config
