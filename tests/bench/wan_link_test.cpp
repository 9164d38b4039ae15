// The link's arithmetic, without a device: rate, delay, queue, loss; and how a packet of many segments is cut.
#include <gtest/gtest.h>

#include "tcp_flows.hpp"
#include "tcp_packet.hpp"
#include "wan_pipe.hpp"

namespace deployctl::bench {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

LinkTerms terms(double mbit) {
  return {.bits_per_second = mbit * 1e6, .delay = 5 * kMillisecond, .queue = 10 * kMillisecond, .loss = 0};
}

TEST(WanPipe, DeliversAfterSendingTimeAndDelay) {
  WanPipe pipe(terms(8), 1);
  EXPECT_EQ(pipe.admit(0, 1000), 6 * kMillisecond);
  EXPECT_EQ(pipe.admit(0, 1000), 7 * kMillisecond);
  EXPECT_EQ(pipe.admit(100 * kMillisecond, 1000), 106 * kMillisecond);
}

TEST(WanPipe, CarriesItsRateAndNoMore) {
  WanPipe pipe(terms(200), 1);
  std::int64_t bytes = 0;
  for (std::int64_t now = 0; now < 1000 * kMillisecond; now += kMillisecond / 10)
    if (const auto fit = pipe.room(now, 1500, 10); fit > 0) pipe.admit(now, fit * 1500), bytes += fit * 1500;
  EXPECT_NEAR(static_cast<double>(bytes) * 8, 200e6 * 1.01, 1e6);  // one second, and the queue's ten milliseconds
}

TEST(WanPipe, DropsWhatTheQueueDoesNotHold) {
  WanPipe pipe(terms(8), 1);
  EXPECT_EQ(pipe.room(0, 1000, 50), 11);
  pipe.admit(0, 11'000);
  EXPECT_EQ(pipe.room(0, 1000, 50), 0);
  EXPECT_EQ(pipe.room(6 * kMillisecond, 1000, 50), 6);
}

TEST(WanPipe, LosesItsShareAndTheSameOnesEachTime) {
  LinkTerms lossy = terms(8);
  lossy.loss = 0.01;
  WanPipe one(lossy, 7), other(lossy, 7);
  int lost = 0;
  for (int i = 0; i < 100'000; ++i) {
    const bool loses = one.loses();
    EXPECT_EQ(loses, other.loses());
    lost += loses;
  }
  EXPECT_NEAR(lost, 1000, 150);
}

std::vector<std::uint8_t> packet_of(std::size_t payload, std::uint16_t segment, std::uint32_t sequence = 1000,
                                    bool opens = false) {
  std::vector<std::uint8_t> bytes(sizeof(VirtioHeader) + 40 + payload);
  const VirtioHeader virtio{1, VirtioHeader::kTcp4, 40, segment, 20, 16};
  iphdr ip{};
  ip.version = 4, ip.ihl = 5, ip.protocol = IPPROTO_TCP, ip.tot_len = htons(static_cast<std::uint16_t>(40 + payload));
  tcphdr tcp{};
  tcp.doff = 5, tcp.seq = htonl(sequence), tcp.psh = 1, tcp.fin = 1, tcp.syn = opens;
  std::memcpy(bytes.data(), &virtio, sizeof virtio);
  std::memcpy(bytes.data() + sizeof virtio, &ip, sizeof ip);
  std::memcpy(bytes.data() + sizeof virtio + 20, &tcp, sizeof tcp);
  for (std::size_t i = 0; i < payload; ++i) bytes[sizeof virtio + 40 + i] = static_cast<std::uint8_t>(i);
  return bytes;
}

TEST(TcpPacket, CountsTheSegmentsThatItStandsFor) {
  const auto bytes = packet_of(3500, 1000);
  const TcpPacket packet(bytes.data(), bytes.size());
  EXPECT_EQ(packet.segments(), 4);
  EXPECT_EQ(packet.wire_bytes(0, 4), 3500 + 4 * 40);
  EXPECT_EQ(packet.wire_bytes(3, 1), 540);
}

TEST(TcpPacket, CutsSegmentsOutOfIt) {
  const auto bytes = packet_of(3500, 1000);
  const auto cut = TcpPacket(bytes.data(), bytes.size()).cut(1, 2);
  const TcpPacket packet(cut.data(), cut.size());
  EXPECT_EQ(packet.sequence(), 2000U);
  EXPECT_EQ(packet.payload(), 2000U);
  EXPECT_EQ(packet.segments(), 2);
  EXPECT_EQ(cut[sizeof(VirtioHeader) + 40], static_cast<std::uint8_t>(1000));
  tcphdr tcp;
  std::memcpy(&tcp, cut.data() + sizeof(VirtioHeader) + 20, sizeof tcp);
  EXPECT_FALSE(tcp.fin);
}

TEST(TcpPacket, ItsLastSegmentAloneIsAnOrdinaryPacketThatEndsTheStream) {
  const auto bytes = packet_of(3500, 1000);
  const auto cut = TcpPacket(bytes.data(), bytes.size()).cut(3, 1);
  VirtioHeader virtio;
  tcphdr tcp;
  std::memcpy(&virtio, cut.data(), sizeof virtio);
  std::memcpy(&tcp, cut.data() + sizeof virtio + 20, sizeof tcp);
  EXPECT_EQ(virtio.gso_type, VirtioHeader::kNone);
  EXPECT_TRUE(tcp.fin);
  EXPECT_EQ(cut.size(), sizeof virtio + 40 + 500);
}

TEST(TcpPacket, TakesWhatItDoesNotKnowAsOnePiece) {
  const std::vector<std::uint8_t> bytes(sizeof(VirtioHeader) + 60, 0xff);
  const TcpPacket packet(bytes.data(), bytes.size());
  EXPECT_FALSE(packet.is_tcp());
  EXPECT_EQ(packet.segments(), 1);
  EXPECT_EQ(packet.cut(0, 1), bytes);
}

std::uint64_t fresh(TcpFlows& flows, std::uint32_t sequence, std::size_t payload, bool opens = false) {
  const auto bytes = packet_of(payload, 1000, sequence, opens);
  return flows.fresh(TcpPacket(bytes.data(), bytes.size()));
}

TEST(TcpFlows, TellWhatIsSentAgainFromWhatIsNew) {
  TcpFlows flows;
  EXPECT_EQ(fresh(flows, 999, 0, true), 0u);
  EXPECT_EQ(fresh(flows, 1000, 3000), 3000u);
  EXPECT_EQ(fresh(flows, 2000, 1000), 0u);     // again
  EXPECT_EQ(fresh(flows, 3000, 2500), 1500u);  // half of it again
  EXPECT_EQ(fresh(flows, 5500, 0), 0u);
}

TEST(TcpFlows, TheEndOfAConnectionIsNoByte) {
  TcpFlows flows;
  EXPECT_EQ(fresh(flows, 1000, 500), 500u);
  EXPECT_EQ(fresh(flows, 1501, 0), 0u);  // behind the FIN, which counts as one in sequence numbers
  EXPECT_EQ(fresh(flows, 1500, 0), 0u);
}

TEST(TcpFlows, GoOnWhereSequenceNumbersBeginAgain) {
  TcpFlows flows;
  EXPECT_EQ(fresh(flows, 0xffff'ff00, 0x200), 0x200u);
  EXPECT_EQ(fresh(flows, 0x100, 100), 100u);
  EXPECT_EQ(fresh(flows, 0xffff'ff80, 0x100), 0u);
}

TEST(TcpFlows, AConnectionOnOldPortsIsAnother) {
  TcpFlows flows;
  EXPECT_EQ(fresh(flows, 50'000, 100), 100u);
  EXPECT_EQ(fresh(flows, 1000, 0, true), 0u);
  EXPECT_EQ(fresh(flows, 1001, 100), 100u);
}

}  // namespace
}  // namespace deployctl::bench
