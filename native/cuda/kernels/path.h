// The steps of integrated gradients (Sundararajan et al. 2017) that are not the network itself.
//
//   scores = (a − b) ⊙ Σ_s w_s · ∂F/∂a (b + α_s·(a − b))
//
// Every function enqueues work in the stream and returns. Pointers are device pointers, also the arrays of pointers.
// Sums run in a fixed order: the same bits every run, however the batch was cut.
#pragma once

#include "../device.h"
#include "../view.h"

namespace smug::cuda {

/// out[s][i] = b_s[i] + alphas[s]·(a_s[i] − b_s[i]); `baselines` may be null, and so may its entries (zero).
/// activations, baselines: [steps] addresses; alphas: [steps]; out: [steps × elements].
void interpolate(Stream& stream, const float* const* activations, const float* const* baselines, const float* alphas,
                 int64_t steps, int64_t elements, float* out);

/// gradient[n][c] = (c == targets[n]); values[n] = output[n][targets[n]]. output, gradient: [samples, classes].
void seedTargets(Stream& stream, View output, const int32_t* targets, View gradient, double* values);

/// sum[i] = Σ_s weights[s]·gradients[s][i], in double, s ascending. gradients: [steps] addresses.
void accumulate(Stream& stream, const float* const* gradients, const double* weights, int64_t steps, int64_t elements,
                float* sum);

/// scores[i] = (a[i] − b[i])·gradient[i]; `baseline` may be null (zero). May be in place.
void multiplyByPath(Stream& stream, const float* activation, const float* baseline, const float* gradient,
                    int64_t elements, float* scores);

/// *total = Σ values[i] in double, by a tree whose shape depends on `elements` only. `scratch`: sumScratchBytes.
size_t sumScratchBytes(int64_t elements);
void sum(Stream& stream, const float* values, int64_t elements, double* total, void* scratch);

/// The k highest positive scores, highest first, equal ones by index. Writes min(k, positives) entries and that
/// number to *count. `scratch`: selectScratchBytes bytes.
size_t selectScratchBytes(int64_t elements, int64_t k);
void selectTopPositive(Stream& stream, const float* scores, int64_t elements, int64_t k, int32_t* indices,
                       float* values, int32_t* count, void* scratch);

}  // namespace smug::cuda
