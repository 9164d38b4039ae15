#include "core/payload/decode/decode.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/payload/encode/window_coder.hpp"
#include "core/payload/format/big_endian.hpp"
#include "core/payload/format/stream_format.hpp"
#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

// A small real payload: a pack coded against an old self. (Raw and several windows: HostileLargePayload.)
class Hostile : public ::testing::Test {
 protected:
  Contents contents;
  Files old{{"conf", words(3000, 1)}};
  Files files{{"conf", old["conf"] + "more"}, {"text", words(900, 2)}, {"empty", ""}};
  model::Manifest base = contents.add(old);
  model::Manifest next = contents.add(files);
  std::string payload = encoded(next, &base, contents);

  Status decoded(std::string_view bytes) {
    Kept kept;
    auto status = decode(as_bytes(bytes), next.digest(), contents.open(), kept);
    EXPECT_EQ(kept.broken_promises, 0u);
    return status;
  }
};

bool is_refusal(const Status& status) {
  return !status && (status.error().code == Code::verification || status.error().code == Code::invalid);
}

// Another version is Code::unsupported; another base content or region is one that the base lacks.
bool is_fair_refusal(const Status& status, std::size_t at) {
  if (is_refusal(status) || status) return !status;
  if (status.error().code == Code::unsupported) return at >= 8 && at < format::header_size;
  return status.error().code == Code::not_found && status.error().message.starts_with("base");
}

TEST_F(Hostile, IsWholeToBeginWith) {
  const auto status = decoded(payload);
  EXPECT_TRUE(status) << status.error().text();
}

TEST_F(Hostile, IsRefusedWithAnyByteChanged) {
  std::size_t absent = 0;
  for (std::size_t at = 0; at < payload.size(); ++at)
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string bad = payload;
      bad[at] = static_cast<char>(bad[at] ^ change);
      const auto status = decoded(bad);
      ASSERT_TRUE(is_fair_refusal(status, at)) << at << " " << change << (status ? " passed" : status.error().text());
      absent += status.error().code == Code::not_found;
    }
  // Only the one region's digest, offset and length may be taken for a lack of base.
  EXPECT_LE(absent, 3 * (Digest::size + 12));
}

TEST_F(Hostile, IsRefusedAtAnyLength) {
  for (std::size_t length = 0; length < payload.size(); ++length)
    ASSERT_TRUE(is_refusal(decoded(payload.substr(0, length)))) << length;
  EXPECT_TRUE(is_refusal(decoded(payload + 'x')));
  EXPECT_TRUE(is_refusal(decoded(payload + payload)));
}

TEST_F(Hostile, IsRefusedWhereBytesAreMissingOrExchanged) {
  for (std::size_t at = 0; at + 40 < payload.size(); at += 3) {
    ASSERT_FALSE(decoded(std::string(payload).erase(at, 5))) << at;
    std::string bad = payload;
    bad.replace(at, 16, std::string(16, '\xff'));  // huge lengths, wherever one stands
    ASSERT_TRUE(bad == payload || !decoded(bad)) << at;
  }
}

TEST_F(Hostile, StaysRefusedOnceItWas) {
  Kept kept;
  Decoder decoder(next.digest(), contents.open(), kept);
  const auto first = decoder.feed(as_bytes("this is not a payload"));
  ASSERT_TRUE(is_refusal(first));
  const auto second = decoder.feed(as_bytes(payload));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, first.error().message);
  EXPECT_FALSE(decoder.finish());
  EXPECT_FALSE(kept.manifest);
}

TEST(HostileLargePayload, IsRefusedWithABytesChangedOrMissing) {
  Contents contents;
  std::string big = noise(300 * 1024, 3);
  big.resize(17 * 1024 * 1024, 'x');  // two windows, the second starts nothing
  const auto next = contents.add({{"big", big}, {"dense", noise(300 * 1024, 4)}});
  const auto payload = encoded(next, nullptr, contents);
  for (std::size_t at = 0; at < payload.size(); at += at < 1000 ? 97 : 40009) {
    Kept kept;
    std::string bad = payload;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    const auto status = decode(as_bytes(bad), next.digest(), {}, kept);
    ASSERT_TRUE(is_refusal(status) || (at >= 8 && at < 12 && !status)) << at;
    Kept cut;
    ASSERT_TRUE(is_refusal(decode(as_bytes(payload).first(at), next.digest(), {}, cut))) << at;
  }
}

// A large file beside its old self, hence deltas.
TEST(HostileDelta, IsRefusedWithAByteChanged) {
  Contents contents;
  const auto before = words(300 * 1024, 3), after = before.substr(1000) + noise(200, 1) + before.substr(0, 9000);
  const auto base = contents.add({{"a", before}}), next = contents.add({{"a", after}});
  const auto payload = encoded(next, &base, contents);
  for (std::size_t at = 0; at < payload.size(); ++at) {
    Kept kept;
    std::string bad = payload;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    const auto status = decode(as_bytes(bad), next.digest(), contents.open(), kept);
    ASSERT_TRUE(is_fair_refusal(status, at)) << at << (status ? " passed" : status.error().text());
    ASSERT_EQ(kept.broken_promises, 0u);
  }
}

TEST_F(Hostile, RefusesTheManifestOfAnotherArtifactBeforeAnythingIsWritten) {
  Kept kept;
  const auto status = decode(as_bytes(payload), base.digest(), contents.open(), kept);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::verification);
  EXPECT_FALSE(kept.manifest);
}

TEST_F(Hostile, NamesItsVersionWhenThatIsAnother) {
  std::string newer = payload;
  newer[11] = 9;
  const auto status = decoded(newer);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unsupported);
  EXPECT_EQ(status.error().message, "the payload has format 9, this program reads 4");
}

// What was written when the format was settled is still read; DEPLOYCTL_RECORD_GOLDEN=1 records it anew.
TEST_F(Hostile, GoldenPayloadOfVersionFourIsRead) {
  const std::string golden = std::string(TEST_SOURCE_DIR) + "/tests/golden/payload-v4/stream";
  if (std::getenv("DEPLOYCTL_RECORD_GOLDEN")) {
    ASSERT_TRUE(io::make_dirs(io::parent_dir(golden)));
    ASSERT_TRUE(io::write_file(golden, payload));
  }
  Kept kept;
  const auto status = decode(as_bytes(testing::read_text(golden)), next.digest(), contents.open(), kept);
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(kept.given.size(), files.size());
}

// ---- payloads that only an attacker writes
// ------------------------------------------------------------------------------

// Well formed as far as lengths and the last digest go.
class Forge {
 public:
  explicit Forge(const model::Manifest& manifest) : Forge(manifest.json()) {}
  explicit Forge(const std::string& json, std::optional<std::uint32_t> claimed = {}) {
    put(out, format::header());
    WindowCoder coder(3);
    const auto coded = coder.zstd(as_bytes(json)).value();
    put(out, format::manifest_head({claimed.value_or(static_cast<std::uint32_t>(json.size())),
                                    static_cast<std::uint32_t>(coded.size())}));
    put(out, coded);
  }
  Forge& raw(std::vector<Digest> starts, std::string_view bytes) {
    const auto length = static_cast<std::uint32_t>(bytes.size());
    return window({Coding::raw, length, length, std::move(starts), {}}, as_bytes(bytes));
  }
  Forge& window(const Window& window, BytesView coded) {
    put(out, format::window(window));
    put(out, coded);
    return *this;
  }
  Status decoded(const Digest& artifact, const OpenContent& base = {}) {
    Bytes whole = out;
    whole.push_back(format::end_kind);
    put(whole, sha256(out));
    Kept kept;
    auto status = decode(whole, artifact, base, kept);
    EXPECT_EQ(kept.broken_promises, 0u);
    return status;
  }
  Bytes out;
};

class Forged : public ::testing::Test {
 protected:
  Contents contents;
  model::Manifest next = contents.add({{"a", "aaaa"}, {"b", "bb"}, {"zero", ""}});
  Digest a = sha256("aaaa"), b = sha256("bb"), zero = sha256("");

  void refused(Forge& forge, const std::string& words) {
    const auto status = forge.decoded(next.digest());
    ASSERT_TRUE(is_refusal(status));
    EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
  }
};

TEST_F(Forged, IsReadWhenAllIsRight) {
  EXPECT_TRUE(Forge(next).raw({a, zero, b}, "aaaabb").decoded(next.digest()));
  EXPECT_TRUE(Forge(next).raw({a}, "aa").raw({zero, b}, "aabb").decoded(next.digest()));
  EXPECT_TRUE(Forge(next).raw({zero}, "").decoded(next.digest()));
}

TEST_F(Forged, MayNotGiveAContentThatTheManifestDoesNotName) {
  Forge forge(next);
  refused(forge.raw({sha256("evil")}, "evil"), "is in no file");
}

TEST_F(Forged, MayNotGiveAContentTwice) {
  Forge again(next), at_once(next), empty(next);
  refused(again.raw({a}, "aaaa").raw({a}, "aaaa"), "comes twice");
  refused(at_once.raw({a, a}, "aaaaaaaa"), "comes twice");
  refused(empty.raw({zero}, "").raw({zero}, ""), "comes twice");
}

TEST_F(Forged, MayNotGiveOtherBytes) {
  Forge forge(next);
  refused(forge.raw({a}, "aaab"), "not what they should be");
}

TEST_F(Forged, MayNotGiveMoreOrFewerBytesThanTheManifestSays) {
  Forge more(next), fewer(next), none(next), nothing(next), skipped(next);
  refused(more.raw({a}, "aaaaa"), "length");
  refused(fewer.raw({a}, "aaa"), "within a file");
  refused(none.raw({}, "x"), "length");
  refused(nothing.raw({a}, "aa").raw({}, ""), "empty window");
  refused(skipped.raw({a}, "aa").raw({b}, "a"), "length");
}

TEST_F(Forged, MayNotHideMoreBytesInAFrame) {
  WindowCoder coder(3);
  const std::string many(8 * 1024 * 1024, 'a');
  const auto bomb = coder.zstd(as_bytes(many)).value();
  const auto tree = contents.add({{"f", std::string(5000, 'a')}});
  Forge forge(tree);
  forge.window({Coding::zstd, 5000, static_cast<std::uint32_t>(bomb.size()), {sha256(std::string(5000, 'a'))}, {}},
               bomb);
  EXPECT_TRUE(is_refusal(forge.decoded(tree.digest())));
}

TEST_F(Forged, MayNotAskForAWindowAboveTheCaps) {
  for (const Window& window :
       {Window{Coding::raw, max_window + 1, max_window + 1, {a}, {}}, Window{Coding::zstd, 0xffffffff, 100, {a}, {}},
        Window{Coding::zstd, 4, 0xffffffff, {a}, {}}, Window{static_cast<Coding>(4), 4, 3, {a}, {}},
        Window{Coding::raw, 4, 4, {a}, {{a, 0, 4}}}, Window{Coding::zstd_prefix, 4, 3, {a}, {}},
        Window{Coding::delta, 4, 3, {a}, {}}, Window{Coding::delta, 4, 3, {a}, {{a, 0, 4}, {a, 0, 4}}},
        Window{Coding::delta, 4, 4, {a}, {{a, 0, 4}}}, Window{Coding::delta, 4, 3, {a}, {{a, 0, max_base + 1}}},
        Window{Coding::zstd_prefix, 4, 3, {a}, {{a, 0, 0xffffffff}, {a, 0, 0xffffffff}}},
        Window{Coding::raw, 0, 0, std::vector<Digest>(max_starts + 1, a), {}}}) {
    Forge forge(next);
    EXPECT_TRUE(is_refusal(forge.window(window, as_bytes("xxxx")).decoded(next.digest())));
  }
}

TEST_F(Forged, MayNotCarryAManifestThatIsNoneOrAboveTheCap) {
  EXPECT_TRUE(is_refusal(Forge("not json").decoded(sha256("not json"))));
  EXPECT_TRUE(is_refusal(Forge(next.json(), 0xffffffff).decoded(next.digest())));
  EXPECT_TRUE(is_refusal(Forge(next.json(), 10).decoded(next.digest())));
  const auto two_sizes = model::Manifest::make(
      {{"a", model::EntryType::file, 0644, 4, a, {}}, {"b", model::EntryType::file, 0644, 5, a, {}}});
  ASSERT_TRUE(two_sizes);
  EXPECT_TRUE(is_refusal(Forge(*two_sizes).decoded(two_sizes->digest())));
}

// ---- the base
// --------------------------------------------------------------------------------------------------------------

// In a pack, with a prefix; and as a delta.
class Base : public ::testing::TestWithParam<std::size_t> {
 protected:
  Contents contents;
  std::string before = noise(GetParam(), 1), after = before + "!";
  model::Manifest base = contents.add({{"a", before}});
  model::Manifest next = contents.add({{"a", after}});
  std::string payload = encoded(next, &base, contents);

  void lacks_base(const Status& status) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::not_found);
    EXPECT_TRUE(status.error().message.starts_with("base")) << status.error().message;
  }
  Status decoded(const OpenContent& open) {
    Kept kept;
    return decode(as_bytes(payload), next.digest(), open, kept);
  }
};

TEST_P(Base, ThatIsNotThereIsAbsent) {
  lacks_base(decoded({}));
  ASSERT_TRUE(io::remove_file(contents.path(before)));
  lacks_base(decoded(contents.open()));
}

TEST_P(Base, ThatWasChangedIsAbsentToo) {
  ASSERT_TRUE(decoded(contents.open()));
  std::string changed = before;
  changed[500] ^= 1;
  ASSERT_TRUE(io::write_file(contents.path(before), changed));
  lacks_base(decoded(contents.open()));
  ASSERT_TRUE(io::write_file(contents.path(before), before.substr(1)));
  lacks_base(decoded(contents.open()));
}

TEST_P(Base, IsNotBlamedForWhatTheSinkRefuses) {
  class Full : public Kept {
    Status data(BytesView) override { return fail(Code::verification, "the sink's own words"); }
  } full;
  const auto status = decode(as_bytes(payload), next.digest(), contents.open(), full);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "the sink's own words");
}

TEST_P(Base, RegionFarBeyondItsEndIsAbsent) {
  for (const std::uint64_t offset : {std::uint64_t{400 * 1024}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    Forge forge(next);
    forge.window({Coding::zstd_prefix, 100 * 1024, 4, {sha256(after)}, {{sha256(before), offset, 10}}},
                 as_bytes("xxxx"));
    lacks_base(forge.decoded(next.digest(), contents.open()));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Base, ::testing::Values(100 * 1024, 400 * 1024));

}  // namespace
}  // namespace deployctl::payload
