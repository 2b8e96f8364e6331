// What the solver's core throws, as the error that JavaScript gets.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "promise_worker.h"

namespace smug::binding {

/// `outOfMemory`: what is said where there was none.
inline CodedError SolverFailure(std::exception_ptr error, const char* outOfMemory) {
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", outOfMemory};
  } catch (const std::exception& failed) {
    return {"SOLVER_FAILED", failed.what()};
  }
}

}  // namespace smug::binding
