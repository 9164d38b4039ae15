// The functions of libcurl that are called here, loaded with the first exchange and not with the program: libcurl and
// what it needs are 19 of the 46 libraries that each start would load, a third of its time, for commands most of which
// ask nobody anything over HTTP. The types are those of the header that it was compiled with. Private to the room; any
// thread.
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

  // Set up once and never unloaded. Code::absent: it isn't installed, or isn't what it should be; asked again, it is
  // tried again.
  static Result<const Libcurl*> loaded();
  // From the library of that name, as the system's loader looks for it.
  static Result<Libcurl> load(const std::string& name);
};

}  // namespace deployctl::http
