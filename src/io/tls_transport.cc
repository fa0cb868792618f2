#include "io/tls_transport.h"

#include "io/stream.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/types.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <string_view>

namespace yatagarasu::io {
namespace {

TlsTransport& transport_of(BIO* bio) {
  return *static_cast<TlsTransport*>(BIO_get_data(bio));
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

int read(BIO* bio, char* bytes, int size) {
  return transport_of(bio).read(bio, bytes, size);
}

int write(BIO* bio, const char* bytes, int size) {
  return transport_of(bio).write(bio, bytes, size);
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;  // Nothing is kept back here.
    case BIO_CTRL_EOF: return transport_of(bio).has_ended() ? 1 : 0;
    default: return 0;
  }
}

const BIO_METHOD* method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_create(method, create);
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;  // For as long as the process runs.
  }();
  return made;
}

}  // namespace

void TlsTransport::attach(SSL* session) {
  BIO* const bio = BIO_new(method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  SSL_set_bio(session, bio, bio);
}

IoStatus TlsTransport::flush() {
  while (!held_.empty()) {
    const iovec part{.iov_base = held_.data(), .iov_len = held_.size()};
    const IoResult put = stream_->try_write(std::span(&part, 1), More::kNo);
    if (put.status != IoStatus::kOk) {
      has_failed_ = has_failed_ || put.status == IoStatus::kFailed;
      return put.status;
    }
    drop_held(put.bytes);
  }
  return IoStatus::kOk;
}

void TlsTransport::drop_held(std::size_t bytes) {
  held_.erase(0, bytes);
  if (held_.empty()) held_ = std::string();  // An idle connection owns no buffer.
}

int TlsTransport::read(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  if (is_emptied_ && !stream_->is_ready(Want::kRead)) {
    return came_to_nothing(bio, IoStatus::kWantRead);
  }
  const IoResult got = stream_->try_read(std::span(bytes, static_cast<std::size_t>(size)));
  is_emptied_ = got.bytes < static_cast<std::size_t>(size);
  return got.status == IoStatus::kOk ? static_cast<int>(got.bytes)
                                     : came_to_nothing(bio, got.status);
}

int TlsTransport::write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const std::string_view given(bytes, static_cast<std::size_t>(size));
  if (is_holding_) {
    held_ += given;
    return size;
  }
  const std::array<iovec, 2> parts = {
      iovec{.iov_base = held_.data(), .iov_len = held_.size()},
      iovec{.iov_base = const_cast<char*>(bytes), .iov_len = given.size()}};  // Only read.
  const IoResult put = stream_->try_write(std::span(parts).subspan(held_.empty() ? 1 : 0), more_);
  if (put.status != IoStatus::kOk) return came_to_nothing(bio, put.status);
  const std::size_t of_held = std::min(put.bytes, held_.size());
  if (of_held > 0) drop_held(of_held);
  if (put.bytes > of_held) return static_cast<int>(put.bytes - of_held);
  // Room for what was kept only: the next attempt finds out whether there is more.
  return came_to_nothing(bio, IoStatus::kWantWrite);
}

int TlsTransport::came_to_nothing(BIO* bio, IoStatus status) {
  switch (status) {
    case IoStatus::kWantRead: BIO_set_retry_read(bio); break;
    case IoStatus::kWantWrite: BIO_set_retry_write(bio); break;
    case IoStatus::kEnd: has_ended_ = true; return 0;
    case IoStatus::kFailed: has_failed_ = true; break;
    case IoStatus::kOk: break;
  }
  return -1;
}

}  // namespace yatagarasu::io
