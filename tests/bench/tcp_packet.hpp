// An IPv4 packet as a TUN device hands it over, behind its virtio header: a TCP one may stand for many segments
// (segmentation offload). Reads its measures, and cuts a run of segments out of it as a packet of its own. Refuses what
// it doesn't understand by treating it as one opaque segment.
#pragma once

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace deployctl::bench {

// struct virtio_net_hdr; its header isn't C++.
struct VirtioHeader {
  static constexpr std::uint8_t kNone = 0, kTcp4 = 1, kEcn = 0x80;
  std::uint8_t flags, gso_type;
  std::uint16_t header_length, gso_size, checksum_start, checksum_offset;
};

class TcpPacket {
 public:
  // VirtioHeader, then the IP packet. The bytes must outlive this.
  TcpPacket(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {
    std::memcpy(&virtio_, data, sizeof virtio_);
    const std::size_t ip_size = size - sizeof virtio_;
    if (ip_size < sizeof(iphdr)) return;
    std::memcpy(&ip_, data + sizeof virtio_, sizeof ip_);
    ip_header_ = ip_.ihl * 4U;
    if (ip_.version != 4 || ip_.protocol != IPPROTO_TCP || ip_size < ip_header_ + sizeof(tcphdr)) return;
    std::memcpy(&tcp_, data + sizeof virtio_ + ip_header_, sizeof tcp_);
    headers_ = ip_header_ + tcp_.doff * 4U;
    tcp_known_ = headers_ <= ip_size;
    if (!tcp_known_) return;
    payload_ = ip_size - headers_;
    if ((virtio_.gso_type & ~VirtioHeader::kEcn) == VirtioHeader::kTcp4 && virtio_.gso_size > 0 && payload_ > 0)
      segment_ = virtio_.gso_size;
  }

  bool is_tcp() const { return tcp_known_; }
  std::size_t payload() const { return payload_; }
  std::int64_t segments() const {
    return segment_ ? static_cast<std::int64_t>((payload_ + segment_ - 1) / segment_) : 1;
  }
  // Of a full segment, headers included.
  std::int64_t segment_bytes() const {
    return static_cast<std::int64_t>(segment_ ? headers_ + segment_ : size_ - sizeof virtio_);
  }
  // Of so many segments from the first on, headers of each included.
  std::int64_t wire_bytes(std::int64_t from, std::int64_t count) const {
    if (!segment_) return static_cast<std::int64_t>(size_ - sizeof virtio_);
    return static_cast<std::int64_t>(end_of(from + count) - end_of(from)) + count * static_cast<std::int64_t>(headers_);
  }

  std::uint32_t source() const { return ip_.saddr; }
  std::uint32_t destination() const { return ip_.daddr; }
  std::uint32_t ports() const { return std::uint32_t{tcp_.source} << 16 | tcp_.dest; }
  std::uint32_t sequence() const { return ntohl(tcp_.seq); }
  bool opens() const { return tcp_.syn; }

  // Segments [from, from + count) as a packet of its own, virtio header first.
  std::vector<std::uint8_t> cut(std::int64_t from, std::int64_t count) const {
    if (count == segments()) return {data_, data_ + size_};
    const std::size_t begin = end_of(from);
    const std::size_t length = end_of(from + count) - begin;
    std::vector<std::uint8_t> out(sizeof virtio_ + headers_ + length);
    std::memcpy(out.data() + sizeof virtio_, data_ + sizeof virtio_, headers_);
    std::memcpy(out.data() + sizeof virtio_ + headers_, data_ + sizeof virtio_ + headers_ + begin, length);
    write_virtio(out, count);
    write_ip(out, from, length);
    write_tcp(out, from, count, length);
    return out;
  }

 private:
  std::size_t end_of(std::int64_t segments) const {
    const std::size_t end = static_cast<std::size_t>(segments) * segment_;
    return end < payload_ ? end : payload_;
  }

  void write_virtio(std::vector<std::uint8_t>& out, std::int64_t count) const {
    VirtioHeader header = virtio_;
    if (count == 1) header.gso_type = VirtioHeader::kNone, header.gso_size = 0;
    std::memcpy(out.data(), &header, sizeof header);
  }

  void write_ip(std::vector<std::uint8_t>& out, std::int64_t from, std::size_t length) const {
    iphdr ip = ip_;
    ip.tot_len = htons(static_cast<std::uint16_t>(headers_ + length));
    ip.id = htons(static_cast<std::uint16_t>(ntohs(ip.id) + from));
    ip.check = 0;
    std::uint8_t* at = out.data() + sizeof virtio_;
    std::memcpy(at, &ip, sizeof ip);
    ip.check = static_cast<std::uint16_t>(~folded(at, ip_header_, 0));
    std::memcpy(at, &ip, sizeof ip);
  }

  // The checksum field of an offloaded packet holds the sum over the pseudo-header only; the kernel adds the rest.
  void write_tcp(std::vector<std::uint8_t>& out, std::int64_t from, std::int64_t count, std::size_t length) const {
    tcphdr tcp = tcp_;
    tcp.seq = htonl(sequence() + static_cast<std::uint32_t>(end_of(from)));
    if (from + count < segments()) tcp.psh = 0, tcp.fin = 0;
    struct {
      std::uint32_t source, destination;
      std::uint16_t protocol, length;
    } pseudo{ip_.saddr, ip_.daddr, htons(IPPROTO_TCP),
             htons(static_cast<std::uint16_t>(headers_ - ip_header_ + length))};
    std::uint8_t raw[sizeof pseudo];
    std::memcpy(raw, &pseudo, sizeof pseudo);
    tcp.check = folded(raw, sizeof raw, 0);
    std::memcpy(out.data() + sizeof virtio_ + ip_header_, &tcp, sizeof tcp);
  }

  static std::uint16_t folded(const std::uint8_t* bytes, std::size_t size, std::uint32_t sum) {
    for (std::size_t i = 0; i + 1 < size; i += 2) {
      std::uint16_t word;
      std::memcpy(&word, bytes + i, sizeof word);
      sum += word;
    }
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
  }

  const std::uint8_t* data_;
  std::size_t size_;
  VirtioHeader virtio_{};
  iphdr ip_{};
  tcphdr tcp_{};
  std::size_t ip_header_ = 0, headers_ = 0, payload_ = 0, segment_ = 0;
  bool tcp_known_ = false;
};

}  // namespace deployctl::bench
