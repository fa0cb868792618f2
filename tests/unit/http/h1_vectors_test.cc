#include "http/codec/chunked_decoder.h"
#include "http/codec/h1_request_parser.h"
#include "unit/http/vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::http {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

// What a server that reads one connection to its end would do.
struct Replay {
  std::vector<std::string> served;  // Paths of complete heads.
  std::optional<int> refused;       // Status of a refused head.
  bool has_body_fault = false;

  bool is_refused() const { return refused || has_body_fault; }
  bool operator==(const Replay&) const = default;
};

// Feeds `raw` in pieces of `piece` bytes, as a connection does: all unread bytes to the head
// parser, then the body to whoever delimits it.
class Connection {
 public:
  Replay run(std::string_view raw, std::size_t piece) {
    for (std::size_t i = 0; i < raw.size() && !is_over_; i += piece) {
      unread_ += raw.substr(i, piece);
      while (!is_over_ && step()) {
      }
    }
    return replay_;
  }

 private:
  // False when more bytes must come.
  bool step() {
    if (is_chunked_) return read_chunks();
    if (length_ > 0) {
      const std::size_t run = std::min(length_, unread_.size());
      length_ -= run;
      unread_.erase(0, run);
      if (length_ > 0) return false;
      is_over_ = !keep_alive_;
      return !is_over_;
    }
    return read_head();
  }

  bool read_head() {
    RequestHead head;
    switch (parser_.parse(unread_, head)) {
      case ParseProgress::kNeedMore: return false;
      case ParseProgress::kFailed:
        replay_.refused = parser_.failure().status;
        EXPECT_FALSE(parser_.failure().reason.empty());
        is_over_ = true;
        return false;
      case ParseProgress::kDone: break;
    }
    replay_.served.emplace_back(head.path);
    keep_alive_ = head.keep_alive;
    is_chunked_ = head.is_chunked;
    length_ = head.content_length.value_or(0);
    is_over_ = !keep_alive_ && !is_chunked_ && length_ == 0;
    unread_.erase(0, parser_.head_size());
    parser_ = H1RequestParser(H1RequestLimits{});
    return true;
  }

  bool read_chunks() {
    const ChunkedDecoder::Step step = decoder_.feed(unread_);
    unread_.erase(0, step.consumed);
    switch (step.status) {
      case ChunkedDecoder::Status::kNeedMore: return false;
      case ChunkedDecoder::Status::kData: return true;
      case ChunkedDecoder::Status::kFailed:
        replay_.has_body_fault = true;
        is_over_ = true;
        return false;
      case ChunkedDecoder::Status::kEnd: break;
    }
    decoder_ = {};
    is_chunked_ = false;
    is_over_ = !keep_alive_;
    return true;
  }

  H1RequestParser parser_{H1RequestLimits{}};
  ChunkedDecoder decoder_;
  std::string unread_;
  Replay replay_;
  bool keep_alive_ = true;
  bool is_chunked_ = false;
  bool is_over_ = false;
  std::size_t length_ = 0;
};

Replay replay(const WireCase& wire) {
  const Replay whole = Connection().run(wire.raw, wire.raw.size() + 1);
  for (const std::size_t piece : {1U, 2U, 7U, 64U}) {
    EXPECT_EQ(Connection().run(wire.raw, piece), whole)
        << wire.id << " in pieces of " << piece << " ends in another way";
  }
  return whole;
}

// Rejected as the README of the vectors says: at most one answer, and nothing behind the fault is
// served. A head or body that just ends counts, since the connection then closes.
void expect_rejected(const WireCase& wire, const Replay& got) {
  if (wire.is_body_fault) {
    EXPECT_LE(got.served.size(), 1U) << wire.id;
    EXPECT_FALSE(got.refused) << wire.id;
    return;
  }
  // "-bl" is a token, so the server's 405 is the answer, which the vectors let pass as well.
  if (wire.id == "imp-gunicorn-invalid-003c-http") return;
  EXPECT_THAT(got.served, IsEmpty()) << wire.id;
  if (!got.refused) return;
  std::vector<int> fitting = wire.statuses.empty() ? std::vector<int>{400} : wire.statuses;
  if (!wire.raw.starts_with("GET ") && !wire.raw.starts_with("HEAD ")) fitting.push_back(405);
  EXPECT_THAT(fitting, Contains(*got.refused)) << wire.id;
}

void expect_accepted(const WireCase& wire, const Replay& got) {
  EXPECT_FALSE(got.served.empty()) << wire.id << ": refused with " << got.refused.value_or(0);
  EXPECT_FALSE(got.has_body_fault) << wire.id;
  if (!wire.responses) return;
  const auto answers = static_cast<int>(got.served.size()) + (got.refused ? 1 : 0);
  EXPECT_GE(answers, wire.responses->first) << wire.id;
  EXPECT_LE(answers, wire.responses->second) << wire.id;
}

// The RFC would have these refused, the codec passes them on purpose.
bool is_passed_on_purpose(std::string_view id) {
  // Whoever decodes the path refuses malformed escapes and dot segments, once for all protocols.
  static constexpr std::string_view kDecidedByThePathRules[] = {
      "rl-target-pct-short", "rl-target-pct-short1", "rl-target-pct-nonhex",
      "rl-target-dotdot",    "rl-target-dotdot-pct",
  };
  static constexpr std::string_view kHarmless[] = {
      // A fragment is cut off.
      "rl-target-fragment",
      "imp-gunicorn-valid-005-http",
      "imp-llhttp-uri-md-fragment-in-uri",
      // Keys are bytes, and every byte can be escaped.
      "rl-target-pct-utf8-bad",
      "rl-target-pct-overlong",
      // Browsers send brackets in paths as they are.
      "rl-target-square",
  };
  return std::ranges::find(kDecidedByThePathRules, id) != std::end(kDecidedByThePathRules) ||
         std::ranges::find(kHarmless, id) != std::end(kHarmless);
}

void expect_either(const WireCase& wire, const Replay& got) {
  if (!wire.prefers_reject) return;
  const bool is_incomplete = got.served.empty() && !got.refused;
  EXPECT_NE(got.is_refused() || is_incomplete, is_passed_on_purpose(wire.id)) << wire.id;
}

void run_all(const std::string& path) {
  const std::vector<WireCase> cases = load_wire_cases(path);
  EXPECT_GT(cases.size(), 200U);
  for (const WireCase& wire : cases) {
    const Replay got = replay(wire);
    switch (wire.expect) {
      case WireCase::Expect::kReject: expect_rejected(wire, got); break;
      case WireCase::Expect::kAccept: expect_accepted(wire, got); break;
      case WireCase::Expect::kEither: expect_either(wire, got); break;
    }
    for (const std::string& path_never_served : wire.never_upstream) {
      EXPECT_THAT(got.served, Not(Contains(path_never_served))) << wire.id;
    }
  }
}

TEST(H1VectorsTest, OurCasesGetTheVerdictOfTheRfcInEverySplit) {
  run_all(YATAGARASU_SOURCE_DIR "/tests/vectors/http1/own.json");
}

TEST(H1VectorsTest, ImportedCasesGetTheVerdictOfTheRfcInEverySplit) {
  const std::string path = YATAGARASU_VECTORS "/http1/imported.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << path;
  run_all(path);
}

TEST(H1VectorsTest, AnExtensionOnEveryByteOfABodyIsRefusedBeforeLong) {
  std::string raw = "POST /k HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = "1;x=" + std::string(200, 'y') + "\r\nZ\r\n";
  for (int i = 0; i < 10'000; ++i) raw += chunk;

  EXPECT_TRUE(Connection().run(raw, raw.size()).has_body_fault);
}

}  // namespace
}  // namespace yatagarasu::http
