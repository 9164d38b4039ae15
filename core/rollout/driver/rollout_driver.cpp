#include "core/rollout/driver/rollout_driver.hpp"

#include <asio/awaitable.hpp>

#include "core/rollout/driver/rollout_session.hpp"

namespace deployctl::rollout {

using asio::awaitable;

awaitable<RolloutReport> deploy(const model::Plan& plan, model::Release release, std::string commit,
                                RolloutDependencies parts) {
  RolloutSession session(plan, std::move(parts));
  co_return co_await session.deploy(std::move(release), std::move(commit));
}

awaitable<RolloutReport> roll_back(const model::Plan& plan, std::string to, RolloutDependencies parts) {
  RolloutSession session(plan, std::move(parts));
  co_return co_await session.roll_back(std::move(to));
}

}  // namespace deployctl::rollout
