// A test's coroutine over the links of a fleet, on a context of its own; the links close when it is over. The agents
// that they install are this build's.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <stdexcept>

#include "core/fleet/routes/fleet_links.hpp"

namespace deployctl::testing {

using asio::awaitable;
using fleet::FleetLinks;

inline const remote::AgentImage& image() {
  static const auto loaded = remote::AgentImage::load(TEST_BINARY_DIR "/bin/deploy-agent");
  if (!loaded) throw std::runtime_error(loaded.error().text());
  return *loaded;
}

// Rethrows what the test throws.
inline void run_over_links(const model::Fleet& fleet, const fleet::FleetLinksOptions& options,
                           const std::function<awaitable<void>(FleetLinks&)>& test) {
  asio::io_context context(1);
  auto links = std::make_unique<FleetLinks>(context.get_executor(), fleet, options);
  std::exception_ptr failure = std::make_exception_ptr(std::logic_error("the test's coroutine never ended"));
  const auto work = [](auto& t, FleetLinks& l) -> awaitable<void> {
    co_await t(l);
    l.close();
  };
  asio::co_spawn(context, work(test, *links), [&](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  links.reset();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace deployctl::testing
