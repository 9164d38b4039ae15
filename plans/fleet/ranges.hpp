// Hosts written as ranges: "10.1.0.[11-14]", "web[01-20].example.com", "10.[1-2].0.[1-3,7]". Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::plans {

// A fleet holds at most so many targets.
inline constexpr std::uint64_t max_targets = 1'000'000;

// Every host, in the order written, the last range turning fastest. Code::invalid: brackets that don't pair,
// an end before its start, ends padded to different widths, or more than `most` of them (found before any is
// made).
Result<std::vector<std::string>> expand_hosts(std::string_view text, std::uint64_t most = max_targets);

// One host name or IP address, without port or user. Code::invalid with what is wrong with it.
Status check_host(const std::string& host);
// Names and addresses that mean the same spelled the same: lower case, IPv6 in its short form.
std::string plain_host(const std::string& host);

}  // namespace deployctl::plans
