#include "unit/cache/scripted_suite.h"

#include "core/ascii.h"
#include "http/date.h"
#include "http/fields.h"
#include "unit/cache/answers.h"
#include "unit/cache/model_proxy.h"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kExchange{20};  // From a request to the head of its answer.
constexpr seconds kPause{3};

// A test that fails says why by throwing.
struct Problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool holds, const std::string& problem) {
  if (!holds) throw Problem(problem);
}

json::value load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string text(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

const json::array& array_of(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const json::value* const found = object.if_contains(name);
  return found == nullptr ? kNone : found->as_array();
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found == nullptr ? std::string() : text(*found);
}

bool is_true(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found != nullptr && found->is_bool() && found->as_bool();
}

bool names_date(std::string_view name) {
  return std::ranges::any_of(
      std::to_array<std::string_view>({"Date", "Expires", "Last-Modified", "If-Modified-Since"}),
      [name](std::string_view each) { return core::iequals(each, name); });
}

// A number in a field that holds a date is seconds from the origin's clock.
std::string value_of(std::string_view name, const json::value& value, Time server_now) {
  if (!value.is_number() || !names_date(name)) return text(value);
  return http::format_date(std::chrono::floor<seconds>(server_now) +
                           seconds(value.to_number<std::int64_t>()));
}

std::string joined(const Lines& lines, std::string_view name) {
  return fields(lines).joined(name).value_or("");
}
bool has(const Lines& lines, std::string_view name) {
  return fields(lines).has(name);
}
int number(const Lines& lines, std::string_view name) {
  return std::atoi(joined(lines, name).c_str());
}

class Conversation {
 public:
  explicit Conversation(const json::object& test)
      : requests_(test.at("requests").as_array()),
        proxy_(kOptions, forwarded(requests_),
               [this](const ModelRequest& request) { return serve(request); }) {}

  void run() {
    for (index_ = 0; index_ < requests_.size(); ++index_) {
      const json::object& script = requests_[index_].as_object();
      responses_.push_back(proxy_.handle(client_request(script), now_));
      now_ += kExchange;
      check_response(script);
      if (is_true(script, "pause_after")) now_ += kPause;
    }
    check_origin();
  }

 private:
  static constexpr PolicyOptions kOptions{
      .default_ttl = seconds(0), .stale_if_error = seconds(60), .storable = Storable::kAnyStatus};

  // One request as the origin saw it.
  struct Seen {
    int number = 0;
    ModelRequest request;
    Lines saved;  // Fields that the client must get.
  };

  static std::vector<std::string> forwarded(const json::array& requests) {
    std::set<std::string> names = {"Req-Num", "Test-ID", "Cache-Control", "Pragma"};
    for (const json::value& request : requests) {
      for (const json::value& field : array_of(request.as_object(), "request_headers")) {
        names.insert(text(field.as_array()[0]));
      }
    }
    return {names.begin(), names.end()};
  }

  ModelRequest client_request(const json::object& script) const {
    ModelRequest request{.method = "GET", .key = "test", .fields = {}};
    if (script.contains("request_method")) request.method = text_of(script, "request_method");
    // fetch() sends one line for a name.
    Lines lines = {{"Cache-Control", "nothing-to-see-here"},
                   {"Req-Num", std::to_string(index_ + 1)}};
    for (const json::value& field : array_of(script, "request_headers")) {
      const std::string name = text(field.as_array()[0]);
      const Time at = is_true(script, "magic_ims") ? server_now_ : now_;
      lines.emplace_back(name, core::trim(value_of(name, field.as_array()[1], at)));
    }
    for (const auto& [name, value] : lines) {
      if (!has(request.fields, name)) request.fields.emplace_back(name, joined(lines, name));
    }
    return request;
  }

  ModelResponse serve(const ModelRequest& request) {
    const int at = number(request.fields, "Req-Num");
    const json::object& script = requests_[static_cast<std::size_t>(at - 1)].as_object();
    if (const auto* pause = script.if_contains("response_pause")) {
      now_ += seconds(pause->to_number<int>());
    }
    server_now_ = now_ += kExchange / 2;
    ModelResponse reply{.status = 200, .fields = {}, .body = "the body"};
    if (script.contains("response_status")) {
      reply.status = array_of(script, "response_status")[0].to_number<int>();
    }
    if (text_of(script, "expected_type").ends_with("validated")) {
      reply.status = is_confirmed(request, at) ? 304 : 999;
    }
    if (script.contains("response_body")) reply.body = text_of(script, "response_body");

    Seen seen{.number = at, .request = request, .saved = {}};
    for (const json::value& each : array_of(script, "response_headers")) {
      const json::array& field = each.as_array();
      const std::string name = text(field[0]);
      reply.fields.emplace_back(name, value_of(name, field[1], server_now_));
      if (field.size() < 3 || field[2].as_bool()) seen.saved.emplace_back(reply.fields.back());
    }
    if (!has(reply.fields, "Date")) reply.fields.emplace_back("Date", date_now());
    seen_.push_back(std::move(seen));
    reply.fields.emplace_back("Server-Request-Count", std::to_string(seen_.size()));
    reply.fields.emplace_back("Client-Request-Count", std::to_string(at));
    if (is_true(script, "disconnect")) reply.status = 0;
    if (has(reply.fields, "Content-Length")) {
      reply.body.resize(static_cast<std::size_t>(number(reply.fields, "Content-Length")), '.');
    }
    if (reply.status == 304 || reply.status == 204 || request.method == "HEAD") reply.body.clear();
    return reply;
  }

  std::string date_now() const { return http::format_date(std::chrono::floor<seconds>(now_)); }

  bool is_confirmed(const ModelRequest& request, int at) const {
    const json::object& before = requests_[static_cast<std::size_t>(at - 2)].as_object();
    std::string etag;
    std::string modified;
    for (const json::value& each : array_of(before, "response_headers")) {
      const std::string name = text(each.as_array()[0]);
      if (name == "ETag") etag = text(each.as_array()[1]);
      // Dates are told by what the client got.
      if (name == "Last-Modified") modified = joined(responses_.back().fields, name);
    }
    const bool same_tag = !etag.empty() && joined(request.fields, "If-None-Match") == etag;
    return same_tag ||
           (!modified.empty() && joined(request.fields, "If-Modified-Since") == modified);
  }

  void check_response(const json::object& script) const {
    const ModelResponse& response = responses_.back();
    const auto at = static_cast<int>(index_ + 1);
    const std::string which = "response " + std::to_string(at);
    const std::string type = text_of(script, "expected_type");
    const int count = number(response.fields, "Server-Request-Count");
    if (type == "cached") require(count > 0 && count < at, which + " does not come from the cache");
    if (type == "not_cached") require(count == at, which + " comes from the cache");

    int expected = 200;
    if (script.contains("response_status")) {
      expected = array_of(script, "response_status")[0].to_number<int>();
    }
    if (const auto* status = script.if_contains("expected_status")) {
      expected = status->is_null() ? response.status : status->to_number<int>();
    }
    require(response.status == expected,
            which + " has the status " + std::to_string(response.status));
    for (const json::value& field : array_of(script, "expected_response_headers")) {
      check_field(response, field);
    }
    for (const json::value& field : array_of(script, "expected_response_headers_missing")) {
      if (field.is_string())
        require(!has(response.fields, text(field)), which + " has " + text(field));
    }
  }

  void check_field(const ModelResponse& response, const json::value& expected) const {
    const std::string name = text(expected.is_string() ? expected : expected.as_array()[0]);
    require(has(response.fields, name), "no " + name);
    if (expected.is_string()) return;
    const json::array& parts = expected.as_array();
    const std::string value = joined(response.fields, name);
    if (parts.size() > 2 && parts[1] == ">") {
      require(std::atoi(value.c_str()) > parts[2].to_number<int>(), name + " is " + value);
    } else if (parts.size() > 2) {
      require(value == joined(response.fields, text(parts[2])), name + " is " + value);
    } else {
      require(value == value_of(name, parts[1], server_now_), name + " is " + value);
    }
  }

  void check_origin() const {
    std::size_t next = 0;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const json::object& script = requests_[i].as_object();
      const std::string type = text_of(script, "expected_type");
      if (type == "cached") continue;
      const std::string which = "request " + std::to_string(i + 1);
      const Seen* const seen = next < seen_.size() ? &seen_[next] : nullptr;
      ++next;
      if (seen == nullptr) {
        require(type.empty() && !script.contains("expected_method") &&
                    !script.contains("expected_request_headers"),
                which + " did not reach the origin");
        continue;
      }
      check_seen(script, *seen, which);
      for (const auto& [name, value] : seen->saved) {
        if (name == "Date") continue;
        require(joined(responses_[i].fields, name) == joined(seen->saved, name),
                which + " got " + name + " " + joined(responses_[i].fields, name));
      }
    }
  }

  static void check_seen(const json::object& script, const Seen& seen, const std::string& which) {
    const std::string type = text_of(script, "expected_type");
    if (type == "etag_validated") require(has(seen.request.fields, "If-None-Match"), which);
    if (type == "lm_validated") require(has(seen.request.fields, "If-Modified-Since"), which);
    for (const json::value& field : array_of(script, "expected_request_headers")) {
      const std::string name = text(field.is_string() ? field : field.as_array()[0]);
      require(has(seen.request.fields, name), which + " has no " + name);
      if (field.is_array()) {
        require(joined(seen.request.fields, name) == text(field.as_array()[1]), which + " " + name);
      }
    }
    const std::string method = text_of(script, "expected_method");
    require(method.empty() || seen.request.method == method, which + " has another method");
  }

  const json::array& requests_;
  ModelProxy proxy_;
  std::size_t index_ = 0;
  Time now_ = kNow + milliseconds(300);
  Time server_now_ = now_;  // When the origin answered last.
  std::vector<ModelResponse> responses_;
  std::vector<Seen> seen_;
};

std::string problem_of(const json::object& test) {
  try {
    Conversation(test).run();
    return {};
  } catch (const Problem& problem) {
    return problem.what();
  }
}

// Neither out of reach, nor about CDN-Cache-Control, nor about statuses that no store sends.
bool is_core(const json::object& row) {
  if (!row.at("applicable").as_bool() || row.at("suite") == "cdn-cache-control") return false;
  return std::ranges::none_of(row.at("note").as_array(), [](const json::value& note) {
    return text(note).starts_with("status S3 never sends");
  });
}

}  // namespace

std::vector<SuiteVerdict> play_suite(const std::string& folder) {
  const json::value applicability = load(folder + "/applicability.json");
  std::map<std::string, json::object> rows;
  for (const json::value& row : applicability.at("tests").as_array()) {
    rows.emplace(text(row.at("id")), row.as_object());
  }
  std::map<std::string, bool> is_good;
  std::map<std::string, SuiteVerdict> played;
  const json::value suites = load(folder + "/tests.json");
  for (const json::value& suite : suites.as_array()) {
    for (const json::value& each : suite.at("tests").as_array()) {
      const json::object& test = each.as_object();
      const std::string id = text(test.at("id"));
      if (!rows.at(id).at("applicable").as_bool()) continue;
      played[id] = {.id = id,
                    .suite = text(suite.at("id")),
                    .kind = text(rows.at(id).at("kind")),
                    .problem = problem_of(test),
                    .is_core = is_core(rows.at(id))};
    }
  }
  const std::function<bool(const std::string&)> judge = [&](const std::string& id) {
    const auto found = played.find(id);
    if (found == played.end() || !found->second.problem.empty()) return false;
    return std::ranges::all_of(rows.at(id).at("depends_on").as_array(),
                               [&](const json::value& needed) { return judge(text(needed)); });
  };
  std::vector<SuiteVerdict> verdicts;
  for (auto& [id, verdict] : played) {
    verdict.is_good = judge(id);
    verdicts.push_back(verdict);
  }
  return verdicts;
}

}  // namespace yatagarasu::cache
