// How an agent's heap treats the pages of what comes and goes by the megabyte. Set once, before threads are begun.
#pragma once

namespace deployctl::agents {

// Chunks of payloads and a decoder's buffers stay in the heap, where the next ones find their pages: new ones from the
// system for each were two fifths of all the processor time of a push to 24 targets where page faults are dear, and
// those of the targets alone 6 to 8% of a push's time. An activation's manifests, megabytes in a release of many files,
// stay there too. Buffers of 4 MiB and more are the system's again when they are freed, and so is what is free at the
// heap's end beyond 16 MiB. There is one heap: the threads of a pool would keep one each.
void keep_pages();

}  // namespace deployctl::agents
