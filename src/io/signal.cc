#include "io/signal.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <utility>

namespace yatagarasu::io {

void Signal::begin(std::move_only_function<void()> resume, asio::cancellation_slot slot) {
  resume_ = std::move(resume);
  if (std::exchange(is_notified_, false)) {
    resume_later();
  } else if (slot.is_connected()) {
    slot.assign([this](asio::cancellation_type /*how*/) {
      if (resume_) resume_later();
    });
  }
}

void Signal::notify() {
  if (resume_) {
    resume_later();
  } else {
    is_notified_ = true;
  }
}

void Signal::resume_later() {
  asio::post(loop_.executor(), std::exchange(resume_, nullptr));
}

}  // namespace yatagarasu::io
