#include "abi.h"

#include <string>

namespace {
thread_local std::string message;
}

void moeplace::note_error(const char* text) noexcept {
  try {
    message = text;
  } catch (...) {
    message.clear();
  }
}

// The message of the last failure on this thread.
MOEPLACE_ABI const char* moeplace_error() { return message.c_str(); }
