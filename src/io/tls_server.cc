#include "io/tls_server.h"

#include "core/ascii.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_handle.h"
#include "io/tls_server_context.h"
#include "io/tls_stream.h"

#include <cerrno>
#include <expected>
#include <memory>
#include <sys/socket.h>
#include <utility>

namespace yatagarasu::io {

Task<Opening> look_at_opening(TcpStream& transport, TimePoint deadline) {
  for (;;) {
    char first = 0;
    const ssize_t got = ::recv(transport.plain_descriptor(), &first, 1, MSG_PEEK);
    if (got == 1) co_return core::is_alpha(first) ? Opening::kHttp : Opening::kTls;
    if (got == 0 || errno != EAGAIN) co_return Opening::kNone;
    transport.exhausted(Want::kRead);
    const WaitStatus waited = co_await transport.wait(Want::kRead, deadline);
    if (waited != WaitStatus::kReady) co_return Opening::kNone;
  }
}

Task<core::Result<std::unique_ptr<Stream>>> tls_accept(
    Loop& loop, std::unique_ptr<TcpStream> transport,
    std::shared_ptr<const TlsServerContext> context, TimePoint deadline) {
  SslHandle session = context->prepare();
  auto stream =
      std::make_unique<TlsStream>(std::move(transport), std::move(session), std::move(context));
  const core::Result<void> done = co_await stream->handshake(deadline, &loop.turns());
  if (!done) co_return std::unexpected(done.error());
  co_return std::move(stream);
}

}  // namespace yatagarasu::io
