// A small HTTP service for the examples: GET / greets with its version, GET /healthz says whether it is well.
//   greeter ADDRESS:PORT [--pid-file FILE]   serve in the background
//   greeter --ask ADDRESS:PORT PATH          one request; prints the body, exits 0 when the status is 200
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#ifndef GREETER_VERSION
#define GREETER_VERSION "unknown"
#endif
#ifndef GREETER_HEALTH
#define GREETER_HEALTH 200
#endif

namespace {

[[noreturn]] void give_up(const std::string& what) {
  std::perror(("greeter: " + what).c_str());
  std::exit(1);
}

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  const auto colon = text.rfind(':');
  address.sin_family = AF_INET;
  if (colon == std::string::npos || inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    std::fprintf(stderr, "greeter: '%s' is no ADDRESS:PORT\n", text.c_str());
    std::exit(2);
  }
  address.sin_port = htons(static_cast<unsigned short>(std::atoi(text.c_str() + colon + 1)));
  return address;
}

void limit(int fd) {
  const timeval two_seconds{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &two_seconds, sizeof two_seconds);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &two_seconds, sizeof two_seconds);
}

std::string read_until(int fd, const char* end) {
  std::string text;
  char buffer[1024];
  while (text.size() < 65536 && (!end || text.find(end) == std::string::npos)) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

void send_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = send(fd, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

void answer(int fd) {
  limit(fd);
  const std::string request = read_until(fd, "\r\n\r\n");
  int status = 200;
  std::string body = "hello from greeter " GREETER_VERSION "\n";
  if (request.rfind("GET /healthz ", 0) == 0) {
    status = GREETER_HEALTH;
    body = status == 200 ? "well\n" : "unwell\n";
  } else if (request.rfind("GET / ", 0) != 0) {
    status = 404;
    body = "there is nothing here\n";
  }
  send_all(fd, "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " No") +
                   "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\nConnection: close\r\n\r\n" + body);
}

bool write_pid(pid_t pid, const std::string& path) {
  std::FILE* file = std::fopen((path + ".new").c_str(), "w");
  if (!file) return false;
  std::fprintf(file, "%d\n", static_cast<int>(pid));
  return std::fclose(file) == 0 && std::rename((path + ".new").c_str(), path.c_str()) == 0;
}

void leave_terminal() {
  setsid();
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
}

int serve(const std::string& where, const std::string& pid_file) {
  const sockaddr_in address = address_of(where);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("bind " + where);
  if (listen(listener, 64) != 0) give_up("listen");
  // Before the caller goes on it listens and its file is written: whoever starts it, or ends it at once, needs no
  // sleep.
  const pid_t server = fork();
  if (server < 0) give_up("go to the background");
  if (server > 0) {
    if (pid_file.empty() || write_pid(server, pid_file)) return 0;
    kill(server, SIGTERM);
    give_up("write " + pid_file);
  }
  leave_terminal();
  for (;;) {
    const int fd = accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    answer(fd);
    close(fd);
  }
}

int ask(const std::string& where, const std::string& path) {
  const sockaddr_in address = address_of(where);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  limit(fd);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("connect to " + where);
  send_all(fd, "GET " + path + " HTTP/1.1\r\nHost: " + where + "\r\nConnection: close\r\n\r\n");
  const std::string text = read_until(fd, nullptr);
  const auto body = text.find("\r\n\r\n");
  if (body != std::string::npos) std::fputs(text.c_str() + body + 4, stdout);
  return text.rfind("HTTP/1.1 200 ", 0) == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  if (count == 4 && std::strcmp(words[1], "--ask") == 0) return ask(words[2], words[3]);
  if (count == 2) return serve(words[1], "");
  if (count == 4 && std::strcmp(words[2], "--pid-file") == 0) return serve(words[1], words[3]);
  std::fprintf(stderr, "usage: greeter ADDRESS:PORT [--pid-file FILE] | greeter --ask ADDRESS:PORT PATH\n");
  return 2;
}
