#include "io/tls_stream.h"

#include "core/result.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_handle.h"
#include "io/tls_verdict.h"
#include "io/tls_x509.h"
#include "io/turn_queue.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::io {
namespace {

// The most that one record holds (RFC 8446 §5.1).
constexpr std::size_t kRecord = 16 * 1024;

// A name longer than this is cut: it is for the log, and the peer chose it.
constexpr std::size_t kMaxSubject = 1024;

// RFC 4514, in UTF-8: "CN=reader,O=Example".
std::string subject_of(const X509* certificate) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  if (!out) throw std::bad_alloc();
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return std::string(contents_of(out.get()).substr(0, kMaxSubject));
}

// What one record may take of the parts, from `offset` on. One part is sent in place; several are
// put together in `room`.
std::span<const char> next_record(std::span<const iovec> parts, std::size_t offset,
                                  std::span<char, kRecord> room) {
  const auto bytes_of = [](const iovec& part, std::size_t from) {
    return std::span(static_cast<const char*>(part.iov_base) + from, part.iov_len - from);
  };
  auto part = parts.begin();
  for (; offset >= part->iov_len; ++part) offset -= part->iov_len;
  const std::span<const char> first = bytes_of(*part, offset);
  if (first.size() >= kRecord || part + 1 == parts.end()) {
    return first.first(std::min(first.size(), kRecord));
  }
  std::size_t filled = 0;
  for (; part != parts.end() && filled < kRecord; ++part, offset = 0) {
    const std::span<const char> bytes = bytes_of(*part, offset);
    const std::size_t taken = std::min(bytes.size(), kRecord - filled);
    std::ranges::copy(bytes.first(taken), room.subspan(filled).begin());
    filled += taken;
  }
  return room.first(filled);
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<TcpStream> transport, SslHandle session,
                     std::shared_ptr<const void> context)
    : context_(std::move(context)), transport_(std::move(transport)), session_(std::move(session)) {
  transport_.attach(session_.get());
}

TlsStream::~TlsStream() {
  close();
}

Task<core::Result<void>> TlsStream::handshake(TimePoint deadline, TurnQueue* turns) {
  for (;;) {
    WaitStatus waited = WaitStatus::kReady;
    if (turns != nullptr) waited = co_await turns->take(deadline);
    const IoStatus status = waited == WaitStatus::kReady ? try_handshake() : IoStatus::kFailed;
    if (status == IoStatus::kOk) co_return core::Result<void>{};
    // For the socket itself: what OpenSSL has of a record that is not whole is no news.
    if (status == IoStatus::kWantRead) {
      waited = co_await transport_.stream().wait(Want::kRead, deadline);
    } else if (status == IoStatus::kWantWrite) {
      waited = co_await transport_.stream().wait(Want::kWrite, deadline);
    } else if (waited != WaitStatus::kTimedOut) {
      co_return core::failure(core::ErrorCode::kOriginUnreachable, "tls: " + handshake_failure());
    }
    if (waited == WaitStatus::kTimedOut) {
      co_return core::failure(core::ErrorCode::kOriginTimeout, "tls: the handshake timed out");
    }
  }
}

IoStatus TlsStream::try_handshake() {
  ERR_clear_error();
  transport_.hold();
  const int result = SSL_do_handshake(session_.get());
  transport_.release();
  const IoStatus status = finish(result, 0).status;
  if (status != IoStatus::kOk) {
    // An alert, too.
    const IoStatus flushed = transport_.flush();
    return status == IoStatus::kFailed || flushed == IoStatus::kOk ? status : flushed;
  }
  // The last messages leave with what is said first, or with the first wait.
  if (SSL_is_server(session_.get()) == 0) return status;
  if (const X509* const peer = SSL_get0_peer_certificate(session_.get())) {
    peer_subject_ = subject_of(peer);
  }
  return status;
}

std::string_view TlsStream::application_protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsStream::describe_failure() const {
  const unsigned long code = ERR_peek_error();
  if (code == 0) {
    const std::string failure = transport_.failure();
    return failure.empty() ? "the connection was closed" : failure;
  }
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return "the connection was closed without close_notify";
  }
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "protocol error";
}

IoResult TlsStream::finish(int result, std::size_t bytes) {
  if (result == 1) return {IoStatus::kOk, bytes};
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {IoStatus::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE: return {IoStatus::kWantWrite, 0};
    case SSL_ERROR_ZERO_RETURN: return {IoStatus::kEnd, 0};
    default: break;
  }
  failure_ = describe_failure();
  is_open_ = false;
  ERR_clear_error();
  return {IoStatus::kFailed, 0};
}

IoResult TlsStream::try_read(std::span<char> buffer) {
  if (!is_open_) return {IoStatus::kFailed, 0};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &bytes);
  const IoResult read = finish(result, bytes);
  may_hold_data_ = read.status == IoStatus::kOk;
  return read;
}

IoResult TlsStream::try_write(std::span<const iovec> parts, More more) {
  if (!is_open_) return {IoStatus::kFailed, 0};
  std::size_t total = 0;
  for (const iovec& part : parts) total += part.iov_len;

  std::array<char, kRecord> room;  // NOLINT(*-member-init): 16 KiB that are written before read.
  std::size_t sent = 0;
  while (sent < total) {
    const std::span<const char> record = next_record(parts, sent, room);
    // Records of one write leave in full segments.
    const bool is_last = sent + record.size() == total;
    transport_.set_more(is_last ? more : More::kYes);
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(session_.get(), record.data(), record.size(), &written);
    const IoResult put = finish(result, written);
    // What has left is told first; the next attempt finds the rest as it is.
    if (put.status != IoStatus::kOk) return sent == 0 ? put : IoResult{IoStatus::kOk, sent};
    sent += put.bytes;
  }
  return {IoStatus::kOk, sent};
}

Task<WaitStatus> TlsStream::wait(Want want, TimePoint deadline) {
  // Bytes that were received together with those handed out do not make the socket readable.
  if (want == Want::kRead && may_hold_data_ && SSL_has_pending(session_.get()) == 1) {
    co_return WaitStatus::kReady;
  }
  for (;;) {
    const IoStatus flushed = transport_.flush();
    if (flushed == IoStatus::kOk || want == Want::kWrite) break;
    if (flushed == IoStatus::kFailed) {
      // The next attempt tells, and must not find that there is just nothing to read yet.
      failure_ = transport_.failure();
      is_open_ = false;
      co_return WaitStatus::kReady;
    }
    const WaitStatus waited = co_await transport_.stream().wait(Want::kWrite, deadline);
    if (waited != WaitStatus::kReady) co_return waited;
  }
  const WaitStatus status = co_await transport_.stream().wait(want, deadline);
  if (status == WaitStatus::kFailed && is_open_) failure_ = transport_.stream().last_error();
  co_return status;
}

void TlsStream::send_close_notify() {
  if (!is_open_ || SSL_is_init_finished(session_.get()) != 1) return;
  ERR_clear_error();
  transport_.set_more(More::kYes);  // The end of the connection follows, and pushes it.
  SSL_shutdown(session_.get());     // One attempt: the peer's answer is not waited for.
  ERR_clear_error();
}

void TlsStream::shutdown_write() {
  send_close_notify();
  transport_.stream().shutdown_write();
}

void TlsStream::close() {
  if (transport_.stream().plain_descriptor() >= 0) send_close_notify();
  is_open_ = false;
  transport_.stream().close();
}

void TlsStream::abort() {
  is_open_ = false;
  transport_.stream().abort();
}

std::string TlsStream::handshake_failure() const {
  const long verdict = SSL_get_verify_result(session_.get());
  return verdict == X509_V_OK ? failure_ : describe_certificate_fault(verdict);
}

}  // namespace yatagarasu::io
