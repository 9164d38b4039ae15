#include "core/http/libcurl.hpp"

#include <dlfcn.h>

#include <mutex>
#include <optional>

namespace deployctl::http {
namespace {

constexpr const char* soname = "libcurl.so.4";

Error absent() {
  const char* why = ::dlerror();
  return with_hint(
      error(Code::not_found, std::string("libcurl can't be loaded: ") + (why ? why : "no reason is given")),
      "install it: apt-get install libcurl4");
}

template <class Function>
bool find(void* library, const char* name, Function& into) {
  into = reinterpret_cast<Function>(::dlsym(library, name));
  return into != nullptr;
}

bool find_all(void* library, Libcurl& curl) {
  return find(library, "curl_global_init", curl.global_init) && find(library, "curl_easy_init", curl.easy_init) &&
         find(library, "curl_easy_setopt", curl.easy_setopt) && find(library, "curl_easy_perform", curl.easy_perform) &&
         find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
         find(library, "curl_easy_strerror", curl.easy_strerror) &&
         find(library, "curl_easy_cleanup", curl.easy_cleanup) &&
         find(library, "curl_slist_append", curl.slist_append) &&
         find(library, "curl_slist_free_all", curl.slist_free_all);
}

}  // namespace

Result<Libcurl> Libcurl::load(const std::string& name) {
  void* library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_NODELETE);
  if (!library) return fail(absent());
  Libcurl curl;
  if (!find_all(library, curl)) return fail(absent());
  return curl;
}

// Setting up libcurl's global state is not thread-safe.
Result<const Libcurl*> Libcurl::loaded() {
  static std::mutex mutex;
  static std::optional<Libcurl> curl;
  const std::lock_guard lock(mutex);
  if (!curl) {
    DEPLOYCTL_TRY(fresh, load(soname));
    if (fresh.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return fail(Code::internal, "libcurl can't be started");
    curl = fresh;
  }
  return &*curl;
}

}  // namespace deployctl::http
