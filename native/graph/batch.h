// Which values of a graph grow with the batch.
#pragma once

#include <optional>
#include <vector>

#include "graph.h"

namespace smug {

/// For every value, whether its axis 0 is the batch: running the graph on B batches at once multiplies that axis
/// by B and leaves every sample's numbers as they were. Nothing when some node mixes samples or moves the batch
/// away from axis 0; such a graph runs one batch of its own size at a time.
std::optional<std::vector<bool>> batchedValues(const Graph& graph);

}  // namespace smug
