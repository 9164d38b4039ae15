// --detach: the same command once more, in a session of its own, with its events in a file; this one shows them until
// the rollout has begun (the targets granted it), and then leaves it alone. What ends before that ends here, with its
// own exit code.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::cli {

class Context;
struct Invocation;

// In the command that runs in the background.
bool is_detached();
// The words of our own command line are taken from /proc/self/cmdline.
Result<int> detach(Context& context, const Invocation& invocation);

}  // namespace deployctl::cli
