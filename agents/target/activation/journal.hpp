// The record of one activation, `.deployctl/journal`: one line of JSON per event, on disk (fdatasync) before the next
// action begins. A new activation replaces the file. Readers may follow it while it grows. A last line that a crash cut
// short is dropped. One writer, under the slot's lock; blocking.
#pragma once

#include "agents/target/slot/activation_machine.hpp"
#include "agents/target/slot/slot.hpp"
#include "core/io/fd.hpp"

namespace deployctl::target {

struct JournalText {
  Intent intent;
  std::vector<Record> records;
};

class Journal {
 public:
  // Code::not_found: there was no activation yet.
  static Result<JournalText> read(const Slot& slot);
  // Begins a new journal, durable when this returns. The previous one must be at its end.
  static Status begin(const Slot& slot, const Intent& intent);
  // Opens the existing journal to continue it.
  static Result<Journal> open(const Slot& slot);

  const Intent& intent() const { return text_.intent; }
  const std::vector<Record>& records() const { return text_.records; }
  Status append(Record record);  // sets its `at` to now

 private:
  Journal(JournalText text, io::Fd fd) : text_(std::move(text)), fd_(std::move(fd)) {}
  JournalText text_;
  io::Fd fd_;
};

// The unfinished activation; nullopt: there is none, or it is at its end.
Result<std::optional<Intent>> unfinished(const Slot& slot);

}  // namespace deployctl::target
