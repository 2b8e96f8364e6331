// An integer problem as JavaScript holds it: typed arrays of rows.
#pragma once

#include <napi.h>

#include <stdexcept>
#include <vector>

#include "arguments.h"
#include "integer_problem.h"

namespace smug::binding {

/// Throws a TypeError or RangeError that names what is wrong.
inline solver::IntegerProblem ProblemFrom(const Napi::Object& object) {
  constexpr double largest = 4294967296.0;
  solver::IntegerProblem problem;
  problem.variables = static_cast<uint32_t>(WholeFrom(object.Get("variables"), "variables", 0, INT32_MAX));
  problem.offsets = CopyOf<uint32_t>(object, "offsets");
  problem.columns = CopyOf<uint32_t>(object, "columns");
  problem.coefficients = CopyOf<int32_t>(object, "coefficients");
  const std::vector<double> bounds = CopyOf<double>(object, "bounds");
  problem.bounds.reserve(bounds.size());
  for (const double bound : bounds) {
    // Also refuses NaN.
    if (!(bound >= -largest && bound <= largest)) {
      throw Napi::RangeError::New(object.Env(), "bounds: expected integers within ±2^32");
    }
    problem.bounds.push_back(static_cast<int64_t>(bound));
  }
  try {
    problem.check();
  } catch (const std::invalid_argument& error) {
    throw Napi::RangeError::New(object.Env(), error.what());
  }
  return problem;
}

}  // namespace smug::binding
