#include "observability/request_id.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace yatagarasu::observability {
namespace {

std::string text_of(const NewRequestId& id) {
  return {id.data(), id.size()};
}

TEST(RequestIdTest, IsThirtyTwoLowerCaseHexadecimalDigits) {
  const std::string id = text_of(new_request_id());

  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
}

TEST(RequestIdTest, IsNewEachTimeOnEveryThread) {
  constexpr std::size_t kIds = 2000;
  std::set<std::string> ids;
  std::set<std::string> of_another;

  std::thread another([&] {
    for (std::size_t i = 0; i < kIds; ++i) of_another.insert(text_of(new_request_id()));
  });
  for (std::size_t i = 0; i < kIds; ++i) ids.insert(text_of(new_request_id()));
  another.join();

  ids.merge(of_another);
  EXPECT_EQ(ids.size(), 2 * kIds);
}

TEST(RequestIdTest, TakesAClientsOwnWhenItIsSane) {
  for (const std::string_view id :
       {"a", "0123456789abcdef0123456789abcdef", "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "Root=1-67891233-abcdef012345678912345678", "svc:job/7_1.2~3+x@host"}) {
    EXPECT_TRUE(is_sane_request_id(id)) << id;
  }
  EXPECT_TRUE(is_sane_request_id(std::string(128, 'a')));
}

TEST(RequestIdTest, RefusesAClientsOwnThatIsNot) {
  for (const std::string_view id : {"", "two words", "line\nbreak", "quote\"", "back\\slash",
                                    "semi;colon", "<script>", "caf\xC3\xA9", "tab\t", "comma,"}) {
    EXPECT_FALSE(is_sane_request_id(id)) << id;
  }
  EXPECT_FALSE(is_sane_request_id(std::string(129, 'a')));
  EXPECT_FALSE(is_sane_request_id(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace yatagarasu::observability
