// Tunes the agent's heap for buffers of a megabyte that come and go. Called once, before threads are started.
#pragma once

namespace deployctl::agents {

// Keeps payload chunks and decoder buffers in the heap, where later ones reuse their pages. Fetching new pages for each
// of them cost two fifths of the processor time of a push to 24 targets where page faults are expensive, and on the
// targets alone 6 to 8% of a push's time. The manifests of an activation, megabytes in a release with many files, stay
// in the heap too. Buffers of 4 MiB and more are returned to the system when they are freed, and so is free memory
// beyond 16 MiB at the end of the heap. There is a single arena; otherwise each thread of a pool would keep one.
void keep_pages();

}  // namespace deployctl::agents
