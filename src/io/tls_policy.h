#pragma once

#include <openssl/types.h>

namespace yatagarasu::io {

// What holds for every TLS connection, to clients and to origins alike: 1.2 or newer, key exchange
// by elliptic curves, authenticated encryption, no renegotiation, no compression, and no buffers
// for a connection that is idle.
void apply_tls_policy(SSL_CTX* context);

}  // namespace yatagarasu::io
