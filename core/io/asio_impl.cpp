// The only translation unit that compiles Asio's sources (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>
