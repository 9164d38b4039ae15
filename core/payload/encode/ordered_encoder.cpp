#include "core/payload/encode/ordered_encoder.hpp"

namespace deployctl::payload {

Status OrderedEncoder::give_first() {
  Running first = std::move(running_.front());
  running_.pop_front();
  weight_ -= first.weight;
  first.coded.get();
  if (!*first.window) return fail(first.window->error());
  return out_(**first.window);
}

Status OrderedEncoder::add(std::size_t weight, Job job) {
  while (!running_.empty() && (running_.size() >= threads_ || reserved_ + weight_ + weight > budget_)) {
    DEPLOYCTL_CHECK(give_first());
  }
  weight_ += weight;
  auto window = std::make_unique<Result<CodedWindow>>();
  auto work = [job = std::move(job), into = window.get()] { *into = job(); };
  running_.push_back({weight, std::move(window), std::async(std::launch::async, std::move(work))});
  return {};
}

Status OrderedEncoder::drain() {
  while (!running_.empty()) {
    DEPLOYCTL_CHECK(give_first());
  }
  return {};
}

}  // namespace deployctl::payload
