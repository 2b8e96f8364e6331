#include <stdexcept>

#include "integer_problem.h"

namespace smug::solver {

void refuseProblem(const std::string& what) { throw std::invalid_argument(what); }

}  // namespace smug::solver
