// Windows that are coded side by side and come out in the order in which they went in, so that neither bytes
// nor errors depend on the threads. Private to the room. One thread calls it; jobs run on threads of their
// own.
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

  // At most `threads` jobs at once, whose weights are at most `budget` in all; one that is heavier runs
  // alone.
  OrderedEncoder(unsigned threads, std::size_t budget, Out out)
      : threads_(threads), budget_(budget), out_(std::move(out)) {}

  // May wait for earlier windows, and give them to `out`. The error is that of the earliest window that
  // failed; after one nothing may be added.
  Status add(std::size_t weight, Job job);
  // All windows are out.
  Status drain();
  // Bytes of the budget that something else takes, until the next call.
  void reserve(std::size_t weight) { reserved_ = weight; }

 private:
  struct Running {
    std::size_t weight = 0;
    std::unique_ptr<Result<CodedWindow>> window;
    std::future<void> coded;  // last: its end waits for the thread, which fills `window`
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
