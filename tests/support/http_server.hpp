// A real HTTP listener of a test's own: takes a request a time, each answered as the test says, and keeps what it was
// asked.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace deployctl::testing {

class HttpServer {
 public:
  // What to answer to a request, whole: "HTTP/1.1 200 OK\r\n...". Empty: never, until the caller gives up. On the
  // server's thread.
  using Answer = std::function<std::string(const std::string& request)>;
  explicit HttpServer(Answer answer);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;

  std::string url() const;  // "http://127.0.0.1:PORT"
  std::vector<std::string> requests() const;

  static std::string reply(int status, const std::string& body, const std::string& content_type = {});

 private:
  void serve();
  void serve_one(int fd);

  Answer answer_;
  int listener_ = -1;
  unsigned port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace deployctl::testing
