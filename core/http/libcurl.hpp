// The libcurl functions in use, loaded at the first exchange rather than at program start: libcurl and its dependencies
// are 19 of the 46 libraries that each start would load, a third of the startup time, and most commands send no HTTP
// request. The types come from the header it was compiled with. Private to the module; any thread.
#pragma once

#include <curl/curl.h>

#include <string>

#include "core/base/result.hpp"

namespace deployctl::http {

struct Libcurl {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;

  // Loaded once and never unloaded. Code::not_found: libcurl is not installed or lacks a function; the next call tries
  // again.
  static Result<const Libcurl*> loaded();
  // Loads the library with this name, found by the system's loader.
  static Result<Libcurl> load(const std::string& name);
};

}  // namespace deployctl::http
