#include "devs3/listing.h"

#include "unit/devs3/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yatagarasu::devs3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Names = std::vector<std::string>;

class ListingTest : public ::testing::Test {
 protected:
  void write(const Names& keys) {
    for (const std::string& key : keys) directory_.write(key, "bytes of " + key);
  }
  ListRequest request(std::string_view query) {
    return ListRequest::parse(Query::parse(query).value()).value();
  }
  ListPage page(std::string_view query) { return list(store_, request(query)).value(); }
  std::string xml(std::string_view query) {
    const ListRequest asked = request(query);
    return to_xml(list(store_, asked).value(), asked, "bucket");
  }
  static Names keys(const ListPage& page) {
    Names names;
    for (const auto& object : page.objects) names.push_back(object.key);
    return names;
  }
  // All pages, as a client walks them; objects and common prefixes as they come.
  Names walk(const std::string& query) {
    Names names;
    ListPage current = page(query);
    for (int pages = 0; pages < 100; ++pages) {
      for (const auto& object : current.objects) names.push_back(object.key);
      for (const auto& prefix : current.common_prefixes) names.push_back(prefix);
      if (current.next_token.empty()) break;
      current = page(query + "&continuation-token=" + current.next_token);
    }
    return names;
  }

  TemporaryDirectory outside_;
  TemporaryDirectory directory_;
  DirectoryStore store_ = DirectoryStore::open(directory_.path()).value();
};

TEST_F(ListingTest, KeysComeInTheOrderOfTheirBytesThroughAllDirectories) {
  write({"b/1", "b.txt", "b0", "a/z/deep", "a/z.txt", "ä", "Z"});

  EXPECT_THAT(keys(page("")), ElementsAre("Z", "a/z.txt", "a/z/deep", "b.txt", "b/1", "b0", "ä"));
}

TEST_F(ListingTest, APrefixNeedNotEndAtASlash) {
  write({"photos/2005/a", "photos/2006/a", "photos/2006-b", "photos2", "other"});

  EXPECT_THAT(keys(page("prefix=photos/2006")), ElementsAre("photos/2006-b", "photos/2006/a"));
  EXPECT_THAT(keys(page("prefix=photos")),
              ElementsAre("photos/2005/a", "photos/2006-b", "photos/2006/a", "photos2"));
  EXPECT_THAT(keys(page("prefix=photos/2006/a/")), IsEmpty());
  EXPECT_THAT(keys(page("prefix=../")), IsEmpty());
}

TEST_F(ListingTest, ADelimiterRollsKeysUpIntoCommonPrefixes) {
  write({"a/1", "a/2", "b/c/3", "top"});

  const ListPage root = page("delimiter=/");
  EXPECT_THAT(keys(root), ElementsAre("top"));
  EXPECT_THAT(root.common_prefixes, ElementsAre("a/", "b/"));

  const ListPage below = page("delimiter=/&prefix=b/");
  EXPECT_THAT(keys(below), IsEmpty());
  EXPECT_THAT(below.common_prefixes, ElementsAre("b/c/"));
}

TEST_F(ListingTest, ADelimiterCanBeAnyText) {
  write({"x--1", "x--2", "y-1/--z", "z"});

  const ListPage root = page("delimiter=--");
  EXPECT_THAT(keys(root), ElementsAre("z"));
  EXPECT_THAT(root.common_prefixes, ElementsAre("x--", "y-1/--"));
}

TEST_F(ListingTest, AnEmptyDirectoryIsNoCommonPrefix) {
  write({"full/file"});
  std::filesystem::create_directories(directory_.path() + "/empty/deeper");

  EXPECT_THAT(page("delimiter=/").common_prefixes, ElementsAre("full/"));
}

TEST_F(ListingTest, PagesOfEverySizeAddUpToTheWhole) {
  write({"a/1", "a/2", "a/b/3", "a0", "c", "d/1", "d/2", "e"});

  for (const std::string& rest :
       {std::string(), std::string("&delimiter=/"), std::string("&delimiter=/&prefix=a/")}) {
    const Names whole = walk("max-keys=1000" + rest);
    std::vector<std::string> sorted = whole;
    std::ranges::sort(sorted);
    for (int size = 1; size <= 9; ++size) {
      Names paged = walk("max-keys=" + std::to_string(size) + rest);
      std::ranges::sort(paged);  // A page shows its objects before its common prefixes.
      EXPECT_EQ(paged, sorted) << size << rest;
    }
  }
}

TEST_F(ListingTest, AFullLastPageIsNotTruncated) {
  write({"a", "b"});

  EXPECT_THAT(page("max-keys=2").next_token, IsEmpty());
  EXPECT_THAT(page("max-keys=1").next_token, Not(IsEmpty()));
}

TEST_F(ListingTest, MaxKeysOfZeroIsAnEmptyLastPage) {
  write({"a"});

  const ListPage none = page("max-keys=0");

  EXPECT_THAT(keys(none), IsEmpty());
  EXPECT_THAT(none.next_token, IsEmpty());
}

TEST_F(ListingTest, StartAfterNeedNotBeAKey) {
  write({"a/1", "a/2", "b", "c"});

  EXPECT_THAT(keys(page("start-after=a/1")), ElementsAre("a/2", "b", "c"));
  EXPECT_THAT(keys(page("start-after=a/")), ElementsAre("a/1", "a/2", "b", "c"));
  EXPECT_THAT(keys(page("start-after=a0")), ElementsAre("b", "c"));
  EXPECT_THAT(keys(page("start-after=z")), IsEmpty());
}

TEST_F(ListingTest, AContinuationTokenOverridesStartAfter) {
  write({"a", "b", "c", "d"});
  const std::string token = page("start-after=a&max-keys=1").next_token;

  EXPECT_THAT(keys(page("start-after=a&continuation-token=" + token)), ElementsAre("c", "d"));
}

TEST_F(ListingTest, WhatAGetWouldNotFindIsNotListed) {
  outside_.write("secret", "no");
  write({"real/file"});
  directory_.link("leaves", outside_.path() + "/secret");
  directory_.link("leaves-too", outside_.path());
  directory_.link("loop", ".");
  directory_.link("stays", "real/file");

  EXPECT_THAT(keys(page("")), ElementsAre("real/file", "stays"));
}

TEST_F(ListingTest, MaxKeysIsCappedAtAThousand) {
  EXPECT_EQ(request("max-keys=5000").max_keys, 1000);
  EXPECT_EQ(request("").max_keys, 1000);
}

TEST_F(ListingTest, RefusesWhatS3Refuses) {
  struct Case {
    const char* query;
    const char* argument;
  };
  for (const auto& [query, argument] :
       {Case{"max-keys=-1", "max-keys"}, Case{"max-keys=ten", "max-keys"},
        Case{"max-keys=", "max-keys"}, Case{"max-keys=1x", "max-keys"},
        Case{"max-keys=99999999999999999999", "max-keys"},
        Case{"encoding-type=base64", "encoding-type"},
        Case{"continuation-token=", "continuation-token"},
        Case{"continuation-token=6", "continuation-token"},
        Case{"continuation-token=6g", "continuation-token"}}) {
    const auto parsed = ListRequest::parse(Query::parse(query).value());

    ASSERT_FALSE(parsed.has_value()) << query;
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().code, "InvalidArgument");
    EXPECT_EQ(parsed.error().details.front().second, argument);
  }
}

TEST_F(ListingTest, TheDocumentSaysWhatWasAskedAndFound) {
  write({"a b", "d/x"});

  const std::string document = xml("delimiter=/&start-after=A&max-keys=5");

  EXPECT_THAT(document, HasSubstr("<Name>bucket</Name><Prefix></Prefix><Delimiter>/</Delimiter>"
                                  "<StartAfter>A</StartAfter><KeyCount>2</KeyCount>"
                                  "<MaxKeys>5</MaxKeys><IsTruncated>false</IsTruncated>"));
  EXPECT_THAT(document, HasSubstr("<Contents><Key>a b</Key><LastModified>2"));
  EXPECT_THAT(document, HasSubstr("<ETag>&quot;"));
  EXPECT_THAT(document, HasSubstr("<Size>12</Size><StorageClass>STANDARD</StorageClass>"));
  EXPECT_THAT(document, HasSubstr("<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>"));
}

TEST_F(ListingTest, KeysCannotBreakOutOfTheDocument) {
  write({"<Key>&\"'\r\n\x01"});

  EXPECT_THAT(xml(""), HasSubstr("<Key>&lt;Key&gt;&amp;&quot;&apos;&#xD;&#xA;&#x1;</Key>"));
}

TEST_F(ListingTest, UrlEncodingCoversEveryKeyAndPrefix) {
  write({"p q/ä+", "p q/r s/x"});

  const std::string document = xml("encoding-type=url&prefix=p%20q/&delimiter=/&start-after=p%20");

  EXPECT_THAT(document, HasSubstr("<EncodingType>url</EncodingType>"));
  EXPECT_THAT(document, HasSubstr("<Prefix>p%20q/</Prefix>"));
  EXPECT_THAT(document, HasSubstr("<StartAfter>p%20</StartAfter>"));
  EXPECT_THAT(document, HasSubstr("<Key>p%20q/%C3%A4%2B</Key>"));
  EXPECT_THAT(document, HasSubstr("<Prefix>p%20q/r%20s/</Prefix>"));
}

TEST(QueryTest, IsDecodedOnceAndTakenInOrder) {
  const Query query = Query::parse("a=1&b&c=%2526&&a=2&d=x=y").value();

  EXPECT_EQ(query.get("a"), "1");
  EXPECT_EQ(query.get("b"), "");
  EXPECT_EQ(query.get("c"), "%26");
  EXPECT_EQ(query.get("d"), "x=y");
  EXPECT_FALSE(query.has("e"));
}

TEST(QueryTest, AMalformedEscapeIsNoQuery) {
  EXPECT_FALSE(Query::parse("a=%2").has_value());
  EXPECT_FALSE(Query::parse("%zz=1").has_value());
}

}  // namespace
}  // namespace yatagarasu::devs3
