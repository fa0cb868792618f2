#include "s3/listing_xml.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace yatagarasu::s3 {
namespace {

std::string first_key(std::string_view body) {
  const auto listing = parse_listing_xml(body);
  if (!listing) return "no listing";
  return listing->first_key ? "key " + *listing->first_key : "empty";
}

TEST(ListingXmlTest, FindsTheFirstKey) {
  struct Case {
    std::string_view body;
    std::string_view finds;
  };
  for (const Case& each : {
           Case{"<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/\">"
                "<Name>b</Name><Contents><Key>a/b &amp; c.txt</Key></Contents>"
                "<Contents><Key>z</Key></Contents></ListBucketResult>",
                "key a/b & c.txt"},
           Case{"<ListBucketResult><Contents><Key> </Key></Contents></ListBucketResult>", "key  "},
           Case{"<ListBucketResult><Contents><Key><![CDATA[<k>]]></Key></Contents>", "key <k>"},
           Case{"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>", "empty"},
           Case{"<ListBucketResult/>", "empty"},
           Case{"<Error><Code>AccessDenied</Code></Error>", "no listing"},
           Case{"<html><body>Welcome</body></html>", "no listing"},
           Case{"", "no listing"},
           Case{"\xff\xfe", "no listing"},
       }) {
    EXPECT_EQ(first_key(each.body), each.finds) << each.body;
  }
}

TEST(ListingXmlTest, EntitiesAreNotExpanded) {
  EXPECT_EQ(first_key("<!DOCTYPE x [<!ENTITY e \"expanded\">]>"
                      "<ListBucketResult><Contents><Key>&e;</Key></Contents></ListBucketResult>"),
            "key &e;");
}

}  // namespace
}  // namespace yatagarasu::s3
