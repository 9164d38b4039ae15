// The record of one activation, `.deployctl/journal`: a line of JSON for each thing that happened, on disk (fsync)
// before the next one begins. A new activation replaces the file; readers may follow it while it grows. A last line
// that a crash cut short is dropped. One writer, under the slot's lock; blocking.
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
  // Code::absent: no activation yet.
  static Result<JournalText> read(const Slot& slot);
  // A new one, durable when this returns. The one before must be at its end.
  static Status begin(const Slot& slot, const Intent& intent);
  // To go on with the one that is there.
  static Result<Journal> open(const Slot& slot);

  const Intent& intent() const { return text_.intent; }
  const std::vector<Record>& records() const { return text_.records; }
  Status append(Record record);  // its `at` becomes now

 private:
  Journal(JournalText text, io::Fd fd) : text_(std::move(text)), fd_(std::move(fd)) {}
  JournalText text_;
  io::Fd fd_;
};

// The unfinished activation; nullopt: none, or at its end.
Result<std::optional<Intent>> unfinished(const Slot& slot);

}  // namespace deployctl::target
