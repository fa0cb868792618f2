#include "config/changes.h"

#include "config/key.h"
#include "config/snapshot.h"
#include "config/value_type.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::config {
namespace {

namespace json = boost::json;

// What the sockets and threads of the start were made from.
constexpr std::array<std::string_view, 6> kNeedRestart = {"server.address", "server.port",
                                                          "server.threads", "admin.address",
                                                          "admin.port",     "admin.enabled"};

constexpr std::array<std::string_view, 3> kCredentials = {"s3.access_key", "s3.secret_key",
                                                          "s3.session_token"};

// Adds the paths of the keys that differ.
void compare_blocks(const json::object& before, const json::object& after, const std::string& path,
                    std::vector<std::string>& paths) {
  for (const auto& [name, value] : before) {
    const json::value& other = after.at(name);
    if (value == other) continue;
    std::string inner = path;
    if (!inner.empty()) inner += '.';
    inner += name;
    if (value.is_object() && other.is_object()) {
      compare_blocks(value.get_object(), other.get_object(), inner, paths);
    } else {
      paths.push_back(inner);
    }
  }
}

const json::object* find_bucket(const json::array& buckets, const json::value& name) {
  const auto found = std::ranges::find_if(
      buckets, [&](const json::value& each) { return each.at("name") == name; });
  return found == buckets.end() ? nullptr : &found->get_object();
}

void compare_bucket(const json::object& before, const json::object& after,
                    const std::string& called, std::vector<std::string>& described) {
  std::vector<std::string> paths;
  compare_blocks(before, after, "", paths);
  const auto is_credential = [](const std::string& path) {
    return std::ranges::find(kCredentials, path) != kCredentials.end();
  };
  const auto describe = [&](std::string_view change) {
    std::string& line = described.emplace_back(called);
    line += ": ";
    line += change;
  };
  if (std::erase_if(paths, is_credential) > 0) describe("credentials rotated");
  for (const std::string& path : paths) describe(path);
}

void compare_buckets(const json::array& before, const json::array& after,
                     std::vector<std::string>& described) {
  const auto called = [](const json::object& bucket) {
    return "bucket `" + std::string(bucket.at("name").get_string()) + "`";
  };
  for (const json::value& each : before) {
    const json::object& bucket = each.get_object();
    const json::object* const other = find_bucket(after, bucket.at("name"));
    if (other == nullptr) {
      described.push_back(called(bucket) + " removed");
    } else {
      compare_bucket(bucket, *other, called(bucket), described);
    }
  }
  for (const json::value& each : after) {
    const json::object& bucket = each.get_object();
    if (find_bucket(before, bucket.at("name")) == nullptr) {
      described.push_back(called(bucket) + " added");
    }
  }
}

}  // namespace

Changes compare(const Snapshot& before, const Snapshot& after) {
  json::object old_keys = show_block(root_block(), &before, Secrets::kDigests);
  json::object new_keys = show_block(root_block(), &after, Secrets::kDigests);
  const json::array old_buckets = old_keys.at("buckets").as_array();
  const json::array new_buckets = new_keys.at("buckets").as_array();
  old_keys.erase("buckets");
  new_keys.erase("buckets");

  Changes changes;
  compare_blocks(old_keys, new_keys, "", changes.described);
  for (const std::string& path : changes.described) {
    if (std::ranges::find(kNeedRestart, path) != kNeedRestart.end()) {
      changes.need_restart.push_back(path);
    }
  }
  compare_buckets(old_buckets, new_buckets, changes.described);
  return changes;
}

}  // namespace yatagarasu::config
