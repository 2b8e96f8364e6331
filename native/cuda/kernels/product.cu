// Products of two computed batches of matrices: a thread makes one element, its terms in order.
#include <stdexcept>

#include "../launch.h"
#include "reduction.h"
#include "walk.h"

namespace smug::cuda {

namespace {

constexpr unsigned threads = 128;

/// For every element of y, where its row of a and its column of b begin; how far their elements lie apart.
struct Product {
  Walk<3> places;
  int64_t aStep, bStep, depth;
};

__global__ void productElements(Product product, const float* a, const float* b, float* y, bool accumulate) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= product.places.count) return;
  const auto at = product.places.at(i);
  const float *row = a + at.of[1], *column = b + at.of[2];
  float sum = 0;
  for (int64_t k = 0; k < product.depth; k++) sum += row[k * product.aStep] * column[k * product.bStep];
  float* out = y + at.of[0];
  *out = accumulate ? *out + sum : sum;
}

}  // namespace

void batchedProduct(Stream& stream, View a, View b, View y, bool accumulate) {
  if (elementsOf(y) == 0) return;
  const int rows = y.rank - 2, columns = y.rank - 1;
  Product product;
  product.depth = a.size[columns];
  product.aStep = a.stride[columns];
  product.bStep = b.stride[rows];
  // Repeated along y's columns and rows.
  a.stride[columns] = 0;
  b.stride[rows] = 0;
  auto axes = Axes<3>::of({y, a, b});
  axes.sort();
  axes.merge();
  if (!axes.isSmall()) throw std::length_error("a product of more than 2³¹ elements: use a smaller batch");
  product.places = axes.pack();
  launch(stream, productElements, dim3(blocksFor(product.places.count, threads)), dim3(threads), 0, product, a.data,
         b.data, y.data, accumulate);
}

}  // namespace smug::cuda
