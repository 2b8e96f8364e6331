// Integrated gradients of whole batches of images on the GPU, timed end to end: activations go in from the host, the
// 3,000 highest scores of every image come back.
//
//   cuda_benchmark --device                      one line on the device, exit status 3 and a reason without one
//   cuda_benchmark --check                       every network, TF32 and BF16 beside FP32: overlap of the top nodes
//   cuda_benchmark NETWORK STEPS IMAGES[,IMAGES…] [PRECISION] [SECONDS]   a JSON line each: images per second, spread,
//                                                memory, kernels
//   cuda_benchmark --profile NETWORK PRECISION [SAMPLES]        every launch of one micro-batch, and sums by kind
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "cuda/integrator.h"
#include "networks.h"

using namespace smug;

namespace {

constexpr int64_t topK = 3000;
/// As what is timed.
constexpr int64_t checkedSteps = 50;

cuda::Precision precisionNamed(const std::string& name) {
  if (name == "fp32") return cuda::Precision::fp32;
  if (name == "tf32") return cuda::Precision::tf32;
  if (name == "bf16") return cuda::Precision::bf16;
  throw std::invalid_argument("unknown precision " + name + ": expected fp32, tf32 or bf16");
}

/// Like the outputs of a ReLU: half of them zero.
std::vector<Path> drawPaths(const Graph& graph, int64_t images, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<Path> paths(static_cast<size_t>(images));
  for (Path& path : paths) {
    path.activation.resize(static_cast<size_t>(sizeOf(graph.values[static_cast<size_t>(graph.inputs[0])].shape)));
    for (float& element : path.activation) element = std::max(0.0f, uniform(random));
    path.target = static_cast<int32_t>(random() % 1000);
  }
  return paths;
}

/// Midpoints of `steps` equal parts of [0, 1], for every path.
std::vector<PathPoint> midpoints(int64_t paths, int64_t steps) {
  std::vector<PathPoint> points;
  for (int64_t path = 0; path < paths; path++) {
    for (int64_t s = 0; s < steps; s++) points.push_back({path, (static_cast<float>(s) + 0.5f) / static_cast<float>(steps)});
  }
  return points;
}

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::vector<cuda::TopScores> attribute(const std::shared_ptr<cuda::PathNetwork>& network, std::vector<Path> paths,
                                       int64_t steps, double* evaluating = nullptr) {
  const auto start = Clock::now();
  const auto count = static_cast<int64_t>(paths.size());
  cuda::Integrator integrator(network, std::move(paths));
  integrator.evaluate(midpoints(count, steps));
  if (evaluating) *evaluating = secondsSince(start);
  return integrator.topOfAll(std::vector<double>(static_cast<size_t>(steps), 1.0 / static_cast<double>(steps)), topK);
}

std::shared_ptr<cuda::PathNetwork> prepare(const Graph& graph, cuda::Precision precision) {
  return std::make_shared<cuda::PathNetwork>(std::make_shared<cuda::Network>(graph, cuda::NetworkOptions{0, precision}));
}

void time(const std::string& name, const bench::NetworkCase& network, const std::shared_ptr<cuda::PathNetwork>& prepared,
          int64_t steps, int64_t images, const std::string& precision, double least) {
  std::vector<double> seconds;
  double spent = 0, evaluating = 0;
  const std::vector<Path> paths = drawPaths(network.graph, images, 1);
  // The first run loads kernels and tunes, the second records; then at least five, and for `least` seconds.
  for (uint32_t run = 0; run < 200 && (run < 7 || spent < least); run++) {
    std::vector<Path> given = paths;
    const auto start = Clock::now();
    attribute(prepared, std::move(given), steps, &evaluating);
    const double took = secondsSince(start);
    if (run > 1) seconds.push_back(took), spent += took;
  }
  std::string kernels;
  for (const auto& [kernel, count] : prepared->suffix->kernels()) {
    kernels += (kernels.empty() ? "" : ", ") + std::to_string(count) + " " + kernel;
  }
  // The least traffic: every value written and read once, forward and backward.
  double bytes = 0;
  for (const Value& value : network.graph.values) {
    if (!value.constant) bytes += 4.0 * 4.0 * static_cast<double>(sizeOf(value.shape) * steps * images);
  }
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[seconds.size() / 2];
  // Backward is one gradient with respect to the data a layer: as many operations as forward.
  const double flop = 2 * network.forwardFlop * static_cast<double>(steps * images);
  std::printf("{\"engine\": \"smug cuda %s\", \"network\": \"%s\", \"steps\": %lld, \"images\": %lld, \"seconds\": %.6f, "
              "\"fastest\": %.6f, \"slowest\": %.6f, \"imagesPerSecond\": %.3f, \"tflops\": %.3f, \"gigabytesPerSecond\": %.1f, "
              "\"deviceMiB\": %.0f, \"evaluating\": %.6f, \"kernels\": \"%s\"}\n",
              precision.c_str(), name.c_str(), static_cast<long long>(steps), static_cast<long long>(images), median,
              seconds.front(), seconds.back(), static_cast<double>(images) / median, flop / median / 1e12, bytes / median / 1e9,
              static_cast<double>(cuda::memoryUse().peak) / 1048576, evaluating, kernels.c_str());
  std::fflush(stdout);
}

/// Every size of a list "64,8,1" in turn, with one tuning.
int timeAll(const std::string& name, int64_t steps, const std::string& images, const std::string& precision, double least) {
  const bench::NetworkCase network = bench::buildNetwork(name);
  const auto prepared = prepare(network.graph, precisionNamed(precision));
  std::istringstream list(images);
  for (std::string one; std::getline(list, one, ',');) time(name, network, prepared, steps, std::stoll(one), precision, least);
  return 0;
}

int profile(const std::string& name, const std::string& precision, int64_t samples) {
  const bench::NetworkCase network = bench::buildNetwork(name);
  const auto prepared = prepare(network.graph, precisionNamed(precision));
  cuda::DeviceRequest request;
  request.request.gradientsAt = prepared->suffix->graph().inputs;
  request.deviceInputs = request.deviceOutputs = true;
  auto launches = prepared->suffix->profile(request, samples);
  double total = 0;
  std::map<std::string, cuda::Network::LaunchTime> kinds;
  for (const auto& one : launches) {
    total += one.milliseconds;
    auto& kind = kinds.try_emplace(one.what, cuda::Network::LaunchTime{one.what, "", 0, 0, 0}).first->second;
    kind.milliseconds += one.milliseconds, kind.bytes += one.bytes, kind.flop += one.flop;
  }
  std::printf("%s %s, %lld samples: %.3f ms in %zu launches\n", name.c_str(), precision.c_str(),
              static_cast<long long>(samples), total, launches.size());
  const auto line = [&](const cuda::Network::LaunchTime& one) {
    std::printf("%5.1f %% %8.3f ms %7.0f GB/s %7.1f TFLOP/s  %s  %s\n", 100 * one.milliseconds / total, one.milliseconds,
                one.bytes / one.milliseconds / 1e6, one.flop / one.milliseconds / 1e9, one.what.c_str(), one.detail.c_str());
  };
  for (const auto& [what, sum] : kinds) line(sum);
  std::printf("\n");
  std::stable_sort(launches.begin(), launches.end(), [](const auto& a, const auto& b) { return a.milliseconds > b.milliseconds; });
  for (const auto& one : launches) line(one);
  return 0;
}

/// Share of the reference's highest nodes that the other list has too; and the distance of the sums.
double overlap(const cuda::TopScores& reference, const cuda::TopScores& other) {
  const std::set<int32_t> found(other.indices.begin(), other.indices.end());
  int64_t common = 0;
  for (const int32_t index : reference.indices) common += found.count(index) ? 1 : 0;
  return reference.indices.empty() ? 1 : static_cast<double>(common) / static_cast<double>(reference.indices.size());
}

int checkPrecisions() {
  bool good = true;
  for (const char* name : {"squeezenet", "googlenet", "inception_v3"}) {
    const bench::NetworkCase network = bench::buildNetwork(name);
    const auto paths = drawPaths(network.graph, 4, std::random_device{}());
    const auto exact = attribute(prepare(network.graph, cuda::Precision::fp32), paths, checkedSteps);
    for (const char* precision : {"tf32", "bf16"}) {
      const auto prepared = prepare(network.graph, precisionNamed(precision));
      const auto rounded = attribute(prepared, paths, checkedSteps), again = attribute(prepared, paths, checkedSteps);
      double least = 1;
      bool same = true;
      for (size_t i = 0; i < paths.size(); i++) {
        least = std::min(least, overlap(exact[i], rounded[i]));
        same = same && rounded[i].indices == again[i].indices && rounded[i].scores == again[i].scores;
      }
      const double asked = std::strcmp(precision, "tf32") == 0 ? 0.99 : 0.94;
      const bool enough = least >= asked;
      good = good && same && enough;
      std::printf("%s %s: least overlap of the top %lld nodes with fp32 %.4f%s; repeated run %s\n", name, precision,
                  static_cast<long long>(topK), least, enough ? "" : " (BELOW what is asked)", same ? "equal bits" : "DIFFERS");
    }
  }
  return good ? 0 : 1;
}

int device() {
  const cuda::Availability& found = cuda::availability();
  if (!found.device) {
    std::fprintf(stderr, "no GPU to prove anything on: %s\n", found.reason.c_str());
    return 3;
  }
  std::printf("%s, compute capability %d.%d, %d multiprocessors, %.1f GiB, driver for CUDA %d.%d, runtime %d.%d\n",
              found.device->name.c_str(), found.device->major, found.device->minor, found.device->multiprocessors,
              static_cast<double>(found.device->memoryBytes) / (1 << 30), found.device->driverVersion / 1000,
              found.device->driverVersion % 1000 / 10, found.device->runtimeVersion / 1000,
              found.device->runtimeVersion % 1000 / 10);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const std::vector<std::string> given(arguments + 1, arguments + count);
    if (const int status = device(); status != 0 || (given.size() == 1 && given[0] == "--device")) return status;
    if (given.size() == 1 && given[0] == "--check") return checkPrecisions();
    if (given.size() >= 3 && given[0] == "--profile") {
      return profile(given[1], given[2], given.size() > 3 ? std::stoll(given[3]) : 200);
    }
    if (given.size() < 3) {
      std::fprintf(stderr, "usage: cuda_benchmark --device | --check | --profile NETWORK PRECISION | NETWORK STEPS IMAGES [fp32|tf32|bf16]\n");
      return 2;
    }
    return timeAll(given[0], std::stoll(given[1]), given[2], given.size() > 3 ? given[3] : "tf32",
                given.size() > 4 ? std::stod(given[4]) : 3);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cuda_benchmark: %s\n", error.what());
    return 1;
  }
}
