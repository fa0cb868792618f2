#include "io/tls_ticket_keys.h"

#include "io/task.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>

namespace yatagarasu::io {
namespace {

bool fill(std::span<std::uint8_t> bytes) {
  return RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

bool renew(TlsTicketKeys::Key& key) {
  return fill(key.name) && fill(key.cipher) && fill(key.mac);
}

}  // namespace

TlsTicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

TlsTicketKeys::TlsTicketKeys(TimePoint now) : made_(now) {
  if (!renew(current_)) throw std::runtime_error("tls: no random bytes for a ticket key");
}

TlsTicketKeys::Key TlsTicketKeys::current(TimePoint now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return current_;
}

std::optional<TlsTicketKeys::Found> TlsTicketKeys::find(
    std::span<const std::uint8_t, kNameBytes> name, TimePoint now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  if (std::ranges::equal(name, current_.name)) return Found{current_, true};
  if (previous_ && std::ranges::equal(name, previous_->name)) return Found{*previous_, false};
  return std::nullopt;
}

void TlsTicketKeys::rotate(TimePoint now) {
  if (now - made_ < kPeriod) return;
  Key next;
  if (!renew(next)) return;  // The next one to ask tries again.
  if (now - made_ < 2 * kPeriod) {
    previous_ = current_;
  } else {
    previous_.reset();  // Nobody has asked for a whole period: the tickets have had theirs.
  }
  current_ = next;
  made_ = now;
}

}  // namespace yatagarasu::io
