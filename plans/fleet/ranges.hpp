// Expands host ranges such as "10.1.0.[11-14]", "web[01-20].example.com" and "10.[1-2].0.[1-3,7]". Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::plans {

// The maximum number of targets in a fleet.
inline constexpr std::uint64_t max_targets = 1'000'000;

// Returns every host in the order written; the last range varies fastest. Code::invalid: unbalanced brackets, an end
// before its start, ends padded to different widths, or more than `most` hosts (detected before any is generated).
Result<std::vector<std::string>> expand_hosts(std::string_view text, std::uint64_t most = max_targets);

// Checks one host name or IP address, without port or user. The Code::invalid error names what is wrong.
Status check_host(const std::string& host);
// Returns one spelling for equal names and addresses: lower case, IPv6 in its short form.
std::string plain_host(const std::string& host);

}  // namespace deployctl::plans
