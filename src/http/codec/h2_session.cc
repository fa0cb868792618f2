#include "http/codec/h2_session.h"

#include "core/free_by.h"
#include "http/codec/h2_abuse.h"
#include "http/codec/h2_frame_walker.h"
#include "http/codec/h2_head_packer.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_request.h"
#include "http/codec/h2_stream_ids.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace yatagarasu::http {
namespace {

// Streams whose slots are not released yet, those that have closed included: what is done for a
// stream that the client reset takes a moment to end.
constexpr std::size_t kMaxSlots = 2 * H2Session::kMaxStreams;

// Frames of a header block beyond those that its largest size takes: some may be smaller.
constexpr std::size_t kSpareContinuations = 8;

// A block this many times larger than the limit is no accident. Up to there it is decoded, since
// the connection could not go on otherwise, and refused.
constexpr std::uint64_t kBomb = 16;
// Bytes of a block that are decoded at a time: each may stand for a field of 4 KiB, and only
// between two pieces can it be stopped.
constexpr std::size_t kBlockPiece = 256;

// Entries of one SETTINGS frame: there are ten settings.
constexpr std::size_t kMaxSettings = 32;
// Acknowledgements of PING and SETTINGS that wait to be sent.
constexpr std::size_t kMaxAcks = 1'000;

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

using OptionHandle = std::unique_ptr<nghttp2_option, core::FreeBy<nghttp2_option_del>>;
using CallbacksHandle =
    std::unique_ptr<nghttp2_session_callbacks, core::FreeBy<nghttp2_session_callbacks_del>>;

// What nghttp2 takes for every head of an answer: pack_head() puts the answer's own in its place.
const nghttp2_nv* placeholder() {
  static std::array<std::uint8_t, 7> name{':', 's', 't', 'a', 't', 'u', 's'};
  static std::array<std::uint8_t, 3> value{'2', '0', '0'};
  static const nghttp2_nv field{
      .name = name.data(),
      .value = value.data(),
      .namelen = name.size(),
      .valuelen = value.size(),
      .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
  return &field;
}

OptionHandle make_options() {
  nghttp2_option* raw = nullptr;
  if (nghttp2_option_new(&raw) != 0) throw std::bad_alloc();
  OptionHandle options(raw);
  nghttp2_option_set_max_settings(raw, kMaxSettings);
  nghttp2_option_set_max_outbound_ack(raw, kMaxAcks);
  nghttp2_option_set_builtin_recv_extension_type(raw, NGHTTP2_PRIORITY_UPDATE);
  // H2FloodGuard counts resets and admit() continuations: nghttp2's own limits must not come first.
  nghttp2_option_set_stream_reset_rate_limit(raw, 1'000'000, 1'000'000);
  nghttp2_option_set_max_continuations(raw, 1'000'000);
  return options;
}

}  // namespace

// None may throw: they are called from C.
struct H2Session::Callbacks {
  static H2Session& self(void* session) { return *static_cast<H2Session*>(session); }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    const std::int32_t id = frame->hd.stream_id;
    Stream* const stream = self(user).take_free(id);
    if (stream == nullptr) {
      self(user).ids_.reset_by_server(id);
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    nghttp2_session_set_stream_user_data(session, id, stream);
    self(user).latest_ = stream;
    return 0;
  }

  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t /*flags*/, void* user) {
    H2Session& owner = self(user);
    owner.note_decoded(name_size + value_size);
    if (owner.is_ended_) return 0;
    // Trailers are checked and forgotten.
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Stream* const stream = owner.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->request.add_field(text(name, name_size), text(value, value_size), owner.limits_);
    return 0;
  }

  // Without this nghttp2 drops such a field and takes the rest.
  static int on_invalid_header(nghttp2_session* /*session*/, const nghttp2_frame* /*frame*/,
                               const std::uint8_t* /*name*/, std::size_t /*name_size*/,
                               const std::uint8_t* /*value*/, std::size_t /*value_size*/,
                               std::uint8_t /*flags*/, void* /*user*/) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_data(nghttp2_session* /*session*/, std::uint8_t /*flags*/, std::int32_t id,
                     const std::uint8_t* bytes, std::size_t size, void* user) {
    H2Session& owner = self(user);
    Stream* const stream = owner.find(id);
    if (stream == nullptr) return 0;
    stream->request.add_body(text(bytes, size), owner.limits_);
    owner.queue_if_ready(*stream);
    if (stream->is_sent && stream->request.is_body_too_large()) {
      owner.reset(stream->slot, H2Error::kNone);
    }
    return 0;
  }

  static void note_table_limit(H2Session& owner, const nghttp2_settings& settings) {
    for (const nghttp2_settings_entry& each : std::span(settings.iv, settings.niv)) {
      if (each.settings_id == NGHTTP2_SETTINGS_HEADER_TABLE_SIZE) {
        owner.heads_.limit_table(each.value);
      }
    }
  }

  static int on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    H2Session& owner = self(user);
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
          owner.are_settings_acked_ = true;
        } else {
          owner.windows_moved_ = true;
          note_table_limit(owner, frame->settings);
        }
        return 0;
      case NGHTTP2_WINDOW_UPDATE: owner.windows_moved_ = true; return 0;
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA: break;
      default: return 0;
    }
    Stream* const stream = owner.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends) stream->request.end();
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      stream->request.end_head(owner.limits_);
      if (!ends && stream->request.head().expects_continue &&
          !stream->request.is_ready(owner.limits_)) {
        owner.respond_continue(*stream);
      }
    }
    owner.queue_if_ready(*stream);
    return 0;
  }

  static int on_invalid_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                              int /*error*/, void* user) {
    H2Session& owner = self(user);
    if (frame->hd.stream_id != 0) owner.ids_.reset_by_server(frame->hd.stream_id);
    if (!owner.guard_.allows_fault(owner.now_)) owner.end(H2Abuse::kMadeYouReset);
    return 0;
  }

  static int on_frame_send(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    H2Session& owner = self(user);
    const std::int32_t id = frame->hd.stream_id;
    switch (frame->hd.type) {
      case NGHTTP2_RST_STREAM: owner.ids_.reset_by_server(id); return 0;
      case NGHTTP2_DATA: owner.guard_.note_data_sent(); break;
      case NGHTTP2_HEADERS: break;
      default: return 0;
    }
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    Stream* const stream = owner.find(id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) {
      const bool is_answer = !stream->owes_continue;
      owner.pack_head(*stream, ends);
      if (is_answer && !ends) owner.begun_.push(stream->slot);
    }
    if (!ends) return 0;
    stream->is_sent = true;
    owner.sent_.push(stream->slot);
    // RFC 9113 §8.1: the rest of a request that is answered already is not wanted.
    const bool is_unwanted = stream->request.failure().has_value();
    if (!stream->request.is_whole() && is_unwanted) owner.reset(stream->slot, H2Error::kNone);
    return 0;
  }

  static int on_close(nghttp2_session* /*session*/, std::int32_t id, std::uint32_t /*error*/,
                      void* user) {
    Stream* const stream = self(user).find(id);
    if (stream != nullptr) self(user).close(*stream);
    return 0;
  }

  static ssize_t read_body(nghttp2_session* /*session*/, std::int32_t id, std::uint8_t* /*buffer*/,
                           std::size_t most, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                           void* user) {
    const Stream* const stream = self(user).find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const H2Bodies::Offer offer = self(user).bodies_.offer(stream->slot, most);
    switch (offer.then) {
      case H2Bodies::Then::kCut: return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      case H2Bodies::Then::kEnd: *flags |= NGHTTP2_DATA_FLAG_EOF; break;
      case H2Bodies::Then::kWait:
      case H2Bodies::Then::kMore:
        if (offer.bytes == 0) return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    return static_cast<ssize_t>(offer.bytes);
  }

  static int send_data(nghttp2_session* /*session*/, nghttp2_frame* frame, const std::uint8_t* head,
                       std::size_t size, nghttp2_data_source* /*source*/, void* user) {
    const Stream* const stream = self(user).find(frame->hd.stream_id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    H2Output& output = *self(user).output_;
    output.append(text(head, H2FrameHead::kSize));
    if (size > 0) self(user).bodies_.append(stream->slot, size, output);
    // Else all the bodies that windows are open for would come at once.
    return output.size() < self(user).budget_ ? 0 : NGHTTP2_ERR_PAUSE;
  }

  static CallbacksHandle make() {
    nghttp2_session_callbacks* raw = nullptr;
    if (nghttp2_session_callbacks_new(&raw) != 0) throw std::bad_alloc();
    CallbacksHandle callbacks(raw);
    nghttp2_session_callbacks_set_on_begin_headers_callback(raw, &on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(raw, &on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(raw, &on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, &on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(raw, &on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(raw, &on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(raw, &on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(raw, &on_close);
    nghttp2_session_callbacks_set_send_data_callback(raw, &send_data);
    return callbacks;
  }
};

H2Session::H2Session(const H2RequestLimits& limits, H2Bodies& bodies, TimePoint now)
    : limits_(limits), bodies_(bodies), now_(now), unfinished_since_(now) {
  static const CallbacksHandle callbacks = Callbacks::make();
  static const OptionHandle options = make_options();
  if (nghttp2_session_server_new2(&session_, callbacks.get(), this, options.get()) != 0) {
    throw std::bad_alloc();
  }
  submit_settings();
}

H2Session::~H2Session() {
  nghttp2_session_del(session_);
}

void H2Session::submit_settings() {
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {.settings_id = NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, .value = kMaxStreams},
      {.settings_id = NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       .value = static_cast<std::uint32_t>(limits_.head_bytes)},
      // RFC 9218 §2.1: urgencies, and no tree of priorities.
      {.settings_id = NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, .value = 1},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
}

void H2Session::receive(std::string_view bytes, TimePoint now) {
  now_ = now;
  if (preface_left_ > 0) {
    const std::size_t taken = std::min(preface_left_, bytes.size());
    preface_left_ -= taken;
    feed(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
  while (!bytes.empty() && !is_ended_) {
    const bool was_between = walker_.is_between_frames() && !is_in_block_;
    if (was_between) unfinished_since_ = now;
    const H2FrameWalker::Step step = walker_.step(bytes);
    if (step.bytes.empty()) break;
    if (step.begins && !admit(walker_.head())) break;
    if (walker_.head().type == H2FrameType::kPriority) {
      check_priority(step.bytes.substr(step.begins ? H2FrameHead::kSize : 0));
    }
    const std::size_t piece = walker_.head().is_block() ? kBlockPiece : step.bytes.size();
    for (std::string_view left = step.bytes; !left.empty();) {
      feed(left.substr(0, piece));
      left.remove_prefix(std::min(piece, left.size()));
    }
    const bool is_last = (walker_.head().flags & kH2EndHeaders) != 0;
    if (walker_.head().is_block() && walker_.is_between_frames() && is_last) is_in_block_ = false;
  }
}

void H2Session::feed(std::string_view bytes) {
  if (is_ended_) return;
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return;
  if (taken == NGHTTP2_ERR_FLOODED) {
    end(H2Abuse::kControlFlood);
  } else if (taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
    end(H2Error::kProtocol);
  } else {
    end(H2Error::kInternal);
  }
}

bool H2Session::admit(const H2FrameHead& frame) {
  bool is_control = true;
  switch (frame.type) {
    case H2FrameType::kHeaders:
      is_in_block_ = true;
      continuations_ = 0;
      block_bytes_ = 0;
      if (!admit_on_past_stream(frame)) return false;
      guard_.note_request();
      return true;
    case H2FrameType::kContinuation:
      if (++continuations_ > limits_.head_bytes / kH2MaxPayload + kSpareContinuations) {
        end(H2Abuse::kContinuationFlood);
        return false;
      }
      return true;
    case H2FrameType::kData:
      if (!admit_on_past_stream(frame)) return false;
      // With nothing in it and nothing ended it serves no purpose.
      is_control = frame.length == 0 && (frame.flags & kH2EndStream) == 0;
      break;
    case H2FrameType::kRstStream:
      if (guard_.allows_reset(now_)) return true;
      end(H2Abuse::kRapidReset);
      return false;
    case H2FrameType::kPriority:
      dependency_ = 1;  // A mark in front of the bytes.
      if (frame.stream == 0) {
        end(H2Error::kProtocol);
        return false;
      }
      break;
    case H2FrameType::kSettings:
    case H2FrameType::kPushPromise:
    case H2FrameType::kPing:
    case H2FrameType::kGoAway:
    case H2FrameType::kWindowUpdate: break;
  }
  if (!is_control || guard_.allows_control(now_)) return true;
  end(H2Abuse::kControlFlood);
  return false;
}

H2Session::Stream* H2Session::find(std::int32_t id) {
  if (latest_ == nullptr || !latest_->is_open || latest_->id != id) {
    latest_ = static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  }
  return latest_;
}

bool H2Session::admit_on_past_stream(const H2FrameHead& frame) {
  // What comes after GOAWAY is ignored, whatever it is.
  if (is_going_away_ || frame.stream % 2 == 0) return true;
  const H2StreamIds::Past past = ids_.past_of(frame.stream);
  if (past != H2StreamIds::Past::kNone && find(frame.stream) != nullptr) return true;
  switch (past) {
    case H2StreamIds::Past::kNone:
      if (frame.type == H2FrameType::kHeaders) ids_.opened(frame.stream);
      return true;
    case H2StreamIds::Past::kReset: return true;
    case H2StreamIds::Past::kSkipped: end(H2Error::kProtocol); return false;
    case H2StreamIds::Past::kOver: end(H2Error::kStreamClosed); return false;
  }
  return true;
}

// RFC 7540 §5.3.1, which RFC 9113 leaves to those who still send the frame: no stream depends on
// itself.
void H2Session::check_priority(std::string_view payload) {
  constexpr std::uint64_t kWhole = std::uint64_t{1} << 32U;
  for (const char byte : payload) {
    if (dependency_ < kWhole) dependency_ = dependency_ << 8U | static_cast<unsigned char>(byte);
  }
  const std::uint64_t exclusive_flag = kWhole >> 1U;
  const auto own = static_cast<std::uint64_t>(walker_.head().stream);
  if ((dependency_ & ~exclusive_flag) == (kWhole | own)) end(H2Error::kProtocol);
}

// A client that does not read SETTINGS sends a few heads beyond the limit, and none far beyond it.
void H2Session::note_decoded(std::size_t bytes) {
  const bool was_within = block_bytes_ <= limits_.head_bytes;
  block_bytes_ += bytes;
  if (block_bytes_ <= limits_.head_bytes) return;
  const bool is_patient = !was_within || guard_.allows_fault(now_);
  if (!is_patient || block_bytes_ > kBomb * limits_.head_bytes) end(H2Abuse::kHeaderBomb);
}

H2Session::Stream* H2Session::take_free(std::int32_t id) {
  if (free_.empty()) {
    if (streams_.size() == kMaxSlots) return nullptr;
    free_.push_back(streams_.size());
    streams_.push_back(std::make_unique<Stream>());
    streams_.back()->slot = free_.back();
  }
  Stream& stream = *streams_[free_.back()];
  free_.pop_back();
  stream.request.begin(now_);
  stream.id = id;
  stream.is_open = true;
  stream.is_taken = stream.is_queued = stream.owes_continue = stream.is_sent = false;
  stream.answer.reset();
  ++open_streams_;
  return &stream;
}

void H2Session::queue_if_ready(Stream& stream) {
  if (stream.is_queued || stream.is_taken || !stream.request.is_ready(limits_)) return;
  stream.is_queued = true;
  requests_.push(stream.slot);
}

void H2Session::close(Stream& stream) {
  stream.is_open = false;
  --open_streams_;
  if (stream.is_taken) {
    closed_.push(stream.slot);
  } else if (!stream.is_queued) {
    free_.push_back(stream.slot);
  }
}

std::optional<H2Slot> H2Session::next_request() {
  while (const auto slot = requests_.pop()) {
    Stream& stream = *streams_[*slot];
    stream.is_queued = false;
    if (stream.is_open) {
      stream.is_taken = true;
      return slot;
    }
    free_.push_back(*slot);
  }
  return std::nullopt;
}

std::optional<H2Slot> H2Session::next_begun() {
  return begun_.pop();
}

std::optional<H2Slot> H2Session::next_sent() {
  return sent_.pop();
}

std::optional<H2Slot> H2Session::next_closed() {
  return closed_.pop();
}

void H2Session::release(H2Slot slot) {
  free_.push_back(slot);
}

bool H2Session::has_window(H2Slot slot) const {
  return has_own_window(slot) && nghttp2_session_get_remote_window_size(session_) > 0;
}

bool H2Session::has_own_window(H2Slot slot) const {
  return nghttp2_session_get_stream_remote_window_size(session_, streams_[slot]->id) > 0;
}

void H2Session::respond(H2Slot slot, const H2Answer& answer) {
  Stream& stream = *streams_[slot];
  if (!stream.is_open) return;
  stream.answer.emplace(answer);
  const nghttp2_data_provider body{.source = {}, .read_callback = &Callbacks::read_body};
  nghttp2_submit_response(session_, stream.id, placeholder(), 1, answer.has_body ? &body : nullptr);
}

void H2Session::respond_continue(Stream& stream) {
  const int refused = nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr,
                                             placeholder(), 1, nullptr);
  stream.owes_continue = refused == 0;
}

void H2Session::resume(H2Slot slot) {
  const Stream& stream = *streams_[slot];
  if (stream.is_open) nghttp2_session_resume_data(session_, stream.id);
}

void H2Session::reset(H2Slot slot, H2Error why) {
  const Stream& stream = *streams_[slot];
  if (!stream.is_open) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id,
                            static_cast<std::uint32_t>(why));
}

void H2Session::expire_bodies(TimePoint then, TimePoint answered) {
  for (const auto& stream : streams_) {
    H2Request& request = stream->request;
    if (!stream->is_open || request.is_whole()) continue;
    if (stream->is_sent) {
      if (request.started() < answered) reset(stream->slot, H2Error::kNone);
    } else if (!stream->is_taken && request.has_head() && request.started() < then) {
      request.refuse(408, "the request body took too long");
      queue_if_ready(*stream);
    }
  }
}

std::optional<H2Session::TimePoint> H2Session::unfinished_since() const {
  const bool is_begun = preface_left_ > 0 || is_in_block_ || !walker_.is_between_frames();
  if (!is_begun || is_ended_) return std::nullopt;
  return unfinished_since_;
}

bool H2Session::pull(H2Output& output, std::size_t budget) {
  output_ = &output;
  budget_ = budget;
  while (output.size() < budget) {
    const std::uint8_t* frame = nullptr;
    const std::size_t before = output.size();
    const ssize_t size = nghttp2_session_mem_send(session_, &frame);
    // DATA leaves by send_data(), the heads of answers by pack_head().
    if (size > 0) {
      const std::string_view packed = text(frame, static_cast<std::size_t>(size));
      if (H2FrameHead::parse(packed).type != H2FrameType::kHeaders) output.append(packed);
    }
    if (size < 0) is_ended_ = is_broken_ = true;
    if (size <= 0 && output.size() == before) return false;
  }
  return true;
}

void H2Session::pack_head(Stream& stream, bool ends_stream) {
  if (std::exchange(stream.owes_continue, false)) {
    heads_.pack_continue(stream.id, *output_);
  } else if (stream.answer) {
    heads_.pack(stream.id, *stream.answer, ends_stream, *output_);
  }
}

void H2Session::go_away() {
  if (is_going_away_ || is_ended_) return;
  is_going_away_ = true;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void H2Session::end(H2Error why) {
  if (is_ended_) return;
  is_ended_ = true;
  nghttp2_session_terminate_session(session_, static_cast<std::uint32_t>(why));
}

void H2Session::end(H2Abuse abuse, H2Error why) {
  if (!is_ended_) abuse_ = abuse;
  end(why);
}

bool H2Session::is_over() const {
  if (is_broken_) return true;
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

}  // namespace yatagarasu::http
