#include "s3/diagnosis/examiner.h"

#include "client/fetch.h"
#include "core/percent.h"
#include "core/result.h"
#include "http/date.h"
#include "http/fields.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "io/tls_inspection.h"
#include "s3/client.h"
#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/judge_answer.h"
#include "s3/diagnosis/judge_connection.h"
#include "s3/diagnosis/judge_object.h"
#include "s3/diagnosis/refusal.h"
#include "s3/diagnosis/subject.h"
#include "s3/error_xml.h"
#include "s3/listing_xml.h"
#include "s3/options.h"
#include "s3/request.h"
#include "s3/resilience.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::s3::diagnosis {
namespace {

// A name with more addresses is judged by these; each gets a connection at the same time.
constexpr std::size_t kMaxAddresses = 32;

// The longest region that is shown; they have about 14 characters.
constexpr std::size_t kMaxRegion = 64;

constexpr std::string_view kMadeUpKey = "yatagarasu-doctor/no-such-object";

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

io::TlsClientOptions tls_options(const TlsOptions& options) {
  return {.ca_file = options.ca_file,
          .verify = options.verify ? io::VerifyPeer::kYes : io::VerifyPeer::kNo};
}

// The best that is known.
Tried choose_object(const Subject& subject, const std::optional<Listing>& listing) {
  const std::string& prefix = subject.options.key_prefix;
  if (subject.key) return {.kind = Tried::Kind::kNamed, .key = prefix + *subject.key};
  if (listing && listing->first_key && listing->first_key->starts_with(prefix)) {
    return {.kind = Tried::Kind::kListed, .key = *listing->first_key};
  }
  return {.kind = Tried::Kind::kMadeUp, .key = prefix + std::string(kMadeUpKey)};
}

}  // namespace

Examiner::Examiner(io::Loop& loop, io::Resolver& resolver, Subject subject)
    : loop_(loop),
      resolver_(resolver),
      subject_(std::move(subject)),
      // A task that ends so leaves its attempt as it was: failed.
      tasks_(loop.executor(), [](const std::exception_ptr&) {}) {}

bool Examiner::add(Finding finding) {
  const bool goes_on = finding.outcome != Outcome::kFailure;
  findings_.push_back(std::move(finding));
  return goes_on;
}

io::Task<std::vector<Finding>> Examiner::examine() {
  bool goes_on = co_await reach();
  if (goes_on) goes_on = co_await inspect_tls();
  if (goes_on) {
    const std::optional<Answer> listed = co_await ask_listing();
    if (listed) co_await ask_objects(*listed);
  }
  if (client_ != nullptr) client_->close();
  skip_missing(findings_, subject_.index_key.empty() ? Check::kGetObject : Check::kIndexDocument);
  co_return std::move(findings_);
}

io::Task<bool> Examiner::reach() {
  const io::TimePoint deadline = io::deadline_after(subject_.options.timeouts.connect);
  core::Result<std::vector<io::Endpoint>> resolved =
      co_await resolver_.resolve(subject_.address.connect_host, subject_.address.port, deadline);
  if (!resolved) co_return add(judge_name(subject_, std::unexpected(resolved.error())));
  std::vector<std::string> texts;
  texts.reserve(resolved->size());
  for (const io::Endpoint& each : *resolved) texts.push_back(each.address().to_string());
  add(judge_name(subject_, std::move(texts)));
  if (resolved->size() > kMaxAddresses) resolved->resize(kMaxAddresses);
  co_await connect_to_all(*std::move(resolved));
  co_return add(judge_connections(subject_, attempts_));
}

io::Task<void> Examiner::connect_to_all(std::vector<io::Endpoint> addresses) {
  const io::TimePoint deadline = io::deadline_after(subject_.options.timeouts.connect);
  for (const io::Endpoint& address : addresses) {
    const core::Error pending{core::ErrorCode::kInternal, "connect: it ended by an exception"};
    attempts_.push_back({.address = address.address().to_string(), .failed = pending});
  }
  for (std::size_t place = 0; place < addresses.size(); ++place) {
    tasks_.spawn(connect_to(place, addresses[place], deadline));
  }
  co_await tasks_.join();
}

io::Task<void> Examiner::connect_to(std::size_t place, io::Endpoint address,
                                    io::TimePoint deadline) {
  core::Result<std::unique_ptr<io::TcpStream>> connected =
      co_await io::TcpStream::connect(loop_, address, deadline);
  if (!connected) {
    attempts_[place].failed = std::move(connected.error());
    co_return;
  }
  attempts_[place].failed.reset();
  if (connection_ == nullptr) connection_ = *std::move(connected);
}

io::Task<bool> Examiner::inspect_tls() {
  if (!subject_.address.uses_tls) {
    connection_.reset();
    co_return add(without_tls());
  }
  const io::TlsClientOptions options = tls_options(subject_.options.tls);
  const io::TimePoint deadline = io::deadline_after(subject_.options.timeouts.connect);
  const core::Result<io::TlsInspection> inspected = co_await io::tls_inspect(
      std::move(connection_), options, subject_.address.connect_host, deadline);
  co_return add(judge_tls(subject_, inspected, wall_clock()));
}

core::Result<void> Examiner::make_client() {
  if (subject_.address.uses_tls) {
    auto context = io::TlsClientContext::create(tls_options(subject_.options.tls));
    if (!context) return std::unexpected(std::move(context.error()));
    tls_ = *std::move(context);
  }
  const Client::Parts parts{.loop = loop_,
                            .resolver = resolver_,
                            .tls = tls_.get(),
                            .resilience = std::make_shared<Resilience>(subject_.options)};
  client_ = std::make_unique<Client>(parts, subject_.options, subject_.address);
  return {};
}

io::Task<std::optional<Answer>> Examiner::ask_listing() {
  if (auto made = make_client(); !made) {
    add(judge_answer(subject_, std::unexpected(std::move(made.error()))));
    co_return std::nullopt;
  }
  std::string query = "list-type=2&max-keys=1";
  if (!subject_.options.key_prefix.empty()) {
    query += "&prefix=" + core::s3_encode_query_part(subject_.options.key_prefix);
  }
  ObjectRequest request;
  request.operation = Operation::kListBucket;
  request.query = query;
  const Asked asked = co_await ask(request);
  if (!add(judge_answer(subject_, asked))) co_return std::nullopt;
  add(judge_clock(subject_, *asked));
  add(judge_credentials(subject_, *asked));
  add(judge_region(subject_, *asked));
  add(judge_bucket(subject_, *asked));
  if (is_final(asked->refusal())) co_return std::nullopt;
  add(judge_listing(subject_, *asked));
  co_return *asked;
}

io::Task<void> Examiner::ask_objects(const Answer& listed) {
  const std::string& prefix = subject_.options.key_prefix;
  const MayList may_list = listed.refusal() == Refusal::kNone ? MayList::kYes : MayList::kNo;
  Tried tried = choose_object(subject_, listed.listing);
  std::optional<Finding> index;
  if (!subject_.index_key.empty()) {
    const Asked asked = co_await ask_for_object(subject_.index_key);
    index = judge_index(prefix + subject_.index_key, asked);
    // It shows as well as any other object that objects can be read.
    if (index->outcome == Outcome::kOk && tried.kind == Tried::Kind::kMadeUp) {
      tried = {.kind = Tried::Kind::kNamed, .key = prefix + subject_.index_key};
    }
  }
  const Asked asked = co_await ask_for_object(std::string_view(tried.key).substr(prefix.size()));
  add(judge_object(subject_, tried, asked, may_list));
  if (index) add(*std::move(index));
}

io::Task<Asked> Examiner::ask_for_object(std::string_view key) {
  // A GET, since the answer to a HEAD does not say why it refuses.
  static constexpr std::array<http::Field, 1> kFirstByte = {{{"range", "bytes=0-0"}}};
  ObjectRequest request;
  request.key = key;
  request.headers = kFirstByte;
  co_return co_await ask(request);
}

io::Task<Asked> Examiner::ask(ObjectRequest request) {
  const TimeoutOptions& timeouts = subject_.options.timeouts;
  request.error_answers = ErrorAnswers::kPassOn;
  request.deadline = io::deadline_after(timeouts.connect + timeouts.first_byte + timeouts.stall);
  Trace trace;
  core::Result<ObjectAnswer> answer = co_await client_->ask_once(request, trace);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return co_await take_in(*std::move(answer), request.operation);
}

io::Task<Answer> Examiner::take_in(ObjectAnswer answer, Operation operation) {
  Answer taken;
  const http::ResponseHead& head = answer->head();
  taken.status = head.status;
  taken.received = wall_clock();
  taken.date = http::parse_date(head.fields.get("date"), taken.received);
  std::string region(head.fields.get("x-amz-bucket-region").substr(0, kMaxRegion));
  const bool is_success = taken.refusal() == Refusal::kNone;
  // An object's own bytes are of no use.
  if (is_success && operation != Operation::kListBucket) co_return taken;
  const std::string body = co_await client::read_up_to(*answer, kMaxErrorXmlBytes);
  if (is_success) {
    taken.listing = parse_listing_xml(body);
  } else {
    taken.error = without_secrets(parse_error_xml(body), secrets_of(subject_.options));
  }
  if (taken.error.region.empty()) taken.error.region = std::move(region);
  co_return taken;
}

}  // namespace yatagarasu::s3::diagnosis
