// Codes windows in parallel and outputs them in the order of their submission, so that neither the bytes nor the errors
// depend on the threads. Private to the module. Called by one thread; each job runs on a thread of its own.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <memory>

#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

struct CodedWindow {
  Window window;
  Bytes bytes;
};

class OrderedEncoder {
 public:
  using Job = std::function<Result<CodedWindow>()>;
  using Out = std::function<Status(const CodedWindow&)>;

  // Runs at most `threads` jobs at once, with a total weight of at most `budget` bytes; a heavier job runs alone.
  OrderedEncoder(unsigned threads, std::size_t budget, Out out)
      : threads_(threads), budget_(budget), out_(std::move(out)) {}

  // Starts a job. May wait for earlier windows and pass them to `out`. Returns the error of the earliest window that
  // failed; don't add jobs after an error.
  Status add(std::size_t weight, Job job);
  // Waits for all windows and passes them to `out`.
  Status drain();
  // Sets the part of the budget that is used outside of the jobs.
  void reserve(std::size_t weight) { reserved_ = weight; }

 private:
  struct Running {
    std::size_t weight = 0;
    std::unique_ptr<Result<CodedWindow>> window;
    std::future<void> coded;  // last member: its destructor waits for the thread, which writes `window`
  };
  Status give_first();

  const unsigned threads_;
  const std::size_t budget_;
  const Out out_;
  std::deque<Running> running_;
  std::size_t weight_ = 0;
  std::size_t reserved_ = 0;
};

}  // namespace deployctl::payload
