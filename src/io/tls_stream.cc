#include "io/tls_stream.h"

#include "core/result.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_handle.h"
#include "io/tls_verdict.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace yatagarasu::io {
namespace {

// Several parts leave as one record; this is the largest.
constexpr std::size_t kRecord = 16 * 1024;

std::string describe_failure(int system_error) {
  const unsigned long code = ERR_peek_error();
  if (code == 0) {
    return system_error == 0 ? "the connection was closed"
                             : std::generic_category().message(system_error);
  }
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return "the connection was closed without close_notify";
  }
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "protocol error";
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<TcpStream> transport, SslHandle session)
    : transport_(std::move(transport)), session_(std::move(session)) {
  if (SSL_set_fd(session_.get(), transport_->plain_descriptor()) != 1) throw std::bad_alloc();
}

TlsStream::~TlsStream() {
  close();
}

Task<core::Result<void>> TlsStream::handshake(TimePoint deadline) {
  for (;;) {
    const IoStatus status = try_handshake();
    if (status == IoStatus::kOk) co_return core::Result<void>{};
    if (status == IoStatus::kEnd || status == IoStatus::kFailed) {
      co_return core::failure(core::ErrorCode::kOriginUnreachable, "tls: " + handshake_failure());
    }
    const Want want = status == IoStatus::kWantRead ? Want::kRead : Want::kWrite;
    const WaitStatus waited = co_await wait(want, deadline);
    if (waited == WaitStatus::kTimedOut) {
      co_return core::failure(core::ErrorCode::kOriginTimeout, "tls: the handshake timed out");
    }
  }
}

IoStatus TlsStream::try_handshake() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(session_.get());
  return finish(result, 0).status;
}

IoResult TlsStream::finish(int result, std::size_t bytes) {
  if (result == 1) return {IoStatus::kOk, bytes};
  const int system_error = errno;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ: transport_->exhausted(Want::kRead); return {IoStatus::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      transport_->exhausted(Want::kWrite);
      return {IoStatus::kWantWrite, 0};
    case SSL_ERROR_ZERO_RETURN: return {IoStatus::kEnd, 0};
    default: break;
  }
  failure_ = describe_failure(system_error);
  is_open_ = false;
  ERR_clear_error();
  return {IoStatus::kFailed, 0};
}

IoResult TlsStream::try_read(std::span<char> buffer) {
  if (!is_open_) return {IoStatus::kFailed, 0};
  ERR_clear_error();
  errno = 0;
  std::size_t bytes = 0;
  const int result = SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &bytes);
  const IoResult read = finish(result, bytes);
  may_hold_data_ = read.status == IoStatus::kOk;
  return read;
}

IoResult TlsStream::try_write(std::span<const iovec> parts, More /*more*/) {
  if (!is_open_) return {IoStatus::kFailed, 0};
  const auto is_empty = [](const iovec& part) { return part.iov_len == 0; };
  const auto first = std::ranges::find_if_not(parts, is_empty);
  if (first == parts.end()) return {IoStatus::kOk, 0};

  const void* bytes = first->iov_base;
  std::size_t size = first->iov_len;
  std::array<char, kRecord> record;  // NOLINT(*-member-init): 16 KiB that are written before read.
  if (size < kRecord && std::find_if_not(first + 1, parts.end(), is_empty) != parts.end()) {
    size = 0;
    for (auto part = first; part != parts.end() && size < kRecord; ++part) {
      const std::size_t taken = std::min(part->iov_len, kRecord - size);
      std::memcpy(record.data() + size, part->iov_base, taken);
      size += taken;
    }
    bytes = record.data();
  }
  ERR_clear_error();
  errno = 0;
  std::size_t written = 0;
  const int result = SSL_write_ex(session_.get(), bytes, size, &written);
  return finish(result, written);
}

Task<WaitStatus> TlsStream::wait(Want want, TimePoint deadline) {
  // Bytes that were received together with those handed out do not make the socket readable.
  if (want == Want::kRead && may_hold_data_ && SSL_has_pending(session_.get()) == 1) {
    co_return WaitStatus::kReady;
  }
  const WaitStatus status = co_await transport_->wait(want, deadline);
  if (status == WaitStatus::kFailed && is_open_) failure_ = transport_->last_error();
  co_return status;
}

void TlsStream::send_close_notify() {
  if (!is_open_ || SSL_is_init_finished(session_.get()) != 1) return;
  ERR_clear_error();
  SSL_shutdown(session_.get());  // One attempt: the peer's answer is not waited for.
  ERR_clear_error();
}

void TlsStream::shutdown_write() {
  send_close_notify();
  transport_->shutdown_write();
}

void TlsStream::close() {
  if (transport_->plain_descriptor() >= 0) send_close_notify();
  is_open_ = false;
  transport_->close();
}

void TlsStream::abort() {
  is_open_ = false;
  transport_->abort();
}

std::string TlsStream::handshake_failure() const {
  const long verdict = SSL_get_verify_result(session_.get());
  return verdict == X509_V_OK ? failure_ : describe_certificate_fault(verdict);
}

}  // namespace yatagarasu::io
