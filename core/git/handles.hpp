// RAII owners for objects of libgit2. Private to the module: no public header of it includes git2.h. A repository and
// its objects are used by one thread at a time.
#pragma once

#include <git2.h>
#if __has_include(<git2/sys/errors.h>)  // libgit2 1.8 and later declare git_error_set_str there
#include <git2/sys/errors.h>
#endif

#include <memory>
#include <string>

namespace deployctl::git {

template <auto free_it>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_it(object);
  }
};
template <class T, auto free_it>
using Owned = std::unique_ptr<T, Free<free_it>>;

using Repository = Owned<git_repository, git_repository_free>;
using Reference = Owned<git_reference, git_reference_free>;
using ReferenceIterator = Owned<git_reference_iterator, git_reference_iterator_free>;
using Object = Owned<git_object, git_object_free>;
using Commit = Owned<git_commit, git_commit_free>;
using Tree = Owned<git_tree, git_tree_free>;
using Blob = Owned<git_blob, git_blob_free>;
using Index = Owned<git_index, git_index_free>;
using Remote = Owned<git_remote, git_remote_free>;
using Config = Owned<git_config, git_config_free>;
using ConfigIterator = Owned<git_config_iterator, git_config_iterator_free>;
using DescribeResult = Owned<git_describe_result, git_describe_result_free>;

// Adapts an owner to the "T** out" parameters of libgit2: git_repository_open(into(repository), path). The owner is set
// at the end of the full expression, so use it in the next statement only.
template <class Owner>
class Into {
 public:
  explicit Into(Owner& owner) : owner_(owner) {}
  ~Into() {
    if (raw_) owner_.reset(raw_);
  }
  Into(const Into&) = delete;
  Into& operator=(const Into&) = delete;
  operator typename Owner::pointer *() { return &raw_; }

 private:
  Owner& owner_;
  typename Owner::pointer raw_ = nullptr;
};
template <class Owner>
Into<Owner> into(Owner& owner) {
  return Into<Owner>(owner);
}

// RAII owner of a git_buf.
struct Buffer {
  git_buf value = GIT_BUF_INIT;
  Buffer() = default;
  ~Buffer() { git_buf_dispose(&value); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::string text() const { return value.ptr ? std::string(value.ptr, value.size) : std::string(); }
};

inline std::string hex(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(text, sizeof text, &id);
}

}  // namespace deployctl::git
