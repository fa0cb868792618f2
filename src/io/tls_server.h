#pragma once

#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_server_context.h"

#include <cstdint>
#include <memory>

namespace yatagarasu::io {

// What a client begins with, as far as its first byte tells.
enum class Opening : std::uint8_t {
  kTls,   // Or what only a handshake can find out to be none.
  kHttp,  // A letter, as every HTTP request begins with.
  kNone,  // It said nothing in time, or left.
};

// Looks at the first byte without taking it.
Task<Opening> look_at_opening(TcpStream& transport, TimePoint deadline);

// Does the handshake with a client, each step in a turn of the loop of its own. Errors are those of
// TlsStream::handshake().
Task<core::Result<std::unique_ptr<Stream>>> tls_accept(
    Loop& loop, std::unique_ptr<TcpStream> transport,
    std::shared_ptr<const TlsServerContext> context, TimePoint deadline);

}  // namespace yatagarasu::io
