// What the straight path α·a gives for nothing.
//
// A value v is positively homogeneous when v(α·a) = α·v(a) for every α > 0: the input itself, and whatever
// convolutions and dense layers without bias, ReLU and its leaky kin, pooling, concatenation, and sums make of such
// values. Then
//   forward:  v need not be computed at every α. It is computed once, at α = 1, and scaled.
//   backward: ∂v/∂a at α·a equals ∂v/∂a at a (the derivative of a homogeneous function does not depend on scale). So
//             Σ_s w_s ∂F/∂a(α_s·a) = (∂v/∂a)ᵀ · Σ_s w_s ∂F/∂v(α_s·v): gradients are kept at v and pulled back through
//             this stretch once, after they have been summed.
// At α = 0 the derivative is the limit α → 0+.
#pragma once

#include "graph.h"

namespace smug {

/// A graph with one input cut behind its homogeneous stretch:  input ─prefix─▶ frontier ─suffix─▶ output.
struct HomogeneousSplit {
  Graph prefix;  ///< outputs: the frontier
  Graph suffix;  ///< inputs: the frontier, in the same order
};

/// A convolution or dense layer whose bias ends the stretch is cut in two: its linear part goes into the prefix, the
/// bias into the suffix. The prefix may be empty (the frontier is then the input itself).
HomogeneousSplit splitHomogeneous(const Graph& graph);

}  // namespace smug
