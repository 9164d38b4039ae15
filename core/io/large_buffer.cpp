#include "core/io/large_buffer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace deployctl::io {
namespace {

constexpr std::size_t huge_page = 2 * 1024 * 1024;
constexpr std::size_t large = huge_page;  // smaller buffers come from the heap

std::uint8_t* from_heap(std::size_t size) {
  auto* bytes = static_cast<std::uint8_t*>(std::calloc(std::max<std::size_t>(size, 1), 1));
  if (!bytes) throw std::bad_alloc();
  return bytes;
}

// Aligned to a huge page; the surplus of the mapping is unmapped.
std::uint8_t* mapped_at_huge_page(std::size_t size) {
  void* whole = ::mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) throw std::bad_alloc();
  auto* first = static_cast<std::uint8_t*>(whole);
  const auto beside = huge_page - reinterpret_cast<std::uintptr_t>(first) % huge_page;
  if (beside > 0) ::munmap(first, beside);
  if (beside < huge_page) ::munmap(first + beside + size, huge_page - beside);
  ::madvise(first + beside, size, MADV_HUGEPAGE);  // if refused, small pages are used
  return first + beside;
}

std::size_t whole_pages(std::size_t size) { return (size + huge_page - 1) / huge_page * huge_page; }

}  // namespace

LargeBuffer::LargeBuffer(std::size_t size) : size_(size) {
  if (size < large)
    bytes_ = {from_heap(size), Free{}};
  else
    bytes_ = {mapped_at_huge_page(whole_pages(size)), Free{whole_pages(size)}};
}

void LargeBuffer::Free::operator()(std::uint8_t* bytes) const noexcept {
  if (mapped > 0)
    ::munmap(bytes, mapped);
  else
    std::free(bytes);
}

}  // namespace deployctl::io
