#include "core/transport/server_offer.hpp"

#include <gtest/gtest.h>

#include "core/transport/encoding.hpp"

using namespace deployctl::transport::detail;

namespace {

// A key exchange offer as a server sends it (RFC 4253, 7.1).
std::string greeting() {
  std::string message = "\x14" + std::string(16, 'c');
  for (const char* list :
       {"kex-a,kex-b", "ssh-ed25519", "aes128-ctr", "aes256-ctr", "mac-a", "mac-b", "none", "none", "", ""})
    message += encode_string(list);
  message += std::string(5, '\0');
  const std::string padding(8, 'p');
  return "hello\r\nSSH-2.0-Test_1\r\n" + encode_string("\x08" + message + padding);
}

}  // namespace

TEST(ServerOffer, IsReadFromTheFirstBytes) {
  const auto offer = parse_offer(greeting());
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->banner, "SSH-2.0-Test_1");
  EXPECT_EQ(joined(offer->key_exchanges), "kex-a,kex-b");
  EXPECT_EQ(joined(offer->host_keys), "ssh-ed25519");
  EXPECT_EQ(joined(offer->ciphers), "aes128-ctr");
  EXPECT_EQ(joined(offer->macs), "mac-a");
}

TEST(ServerOffer, CutAnywhereItIsNone) {
  const std::string whole = greeting();
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parse_offer(whole.substr(0, n))) << n;
}

TEST(ServerOffer, WhatAServerSaysInsteadIsNone) { EXPECT_FALSE(parse_offer("Exceeded MaxStartups\r\n")); }
