#include "weights.h"

namespace smug::cpu {

View Weights::asIs(const Constant& data, const Desc& desc) {
  View view;
  view.desc = desc;
  // The deleter holds the graph's vector; nothing writes through a constant view.
  view.constant = std::shared_ptr<dnnl::memory>(new dnnl::memory(desc, cpuEngine(), const_cast<float*>(data->data())),
                                                [data](dnnl::memory* p) { delete p; });
  return view;
}

std::optional<View> Weights::reordered(const Constant& data, const Desc& from, const Desc& to) {
  if (from == to) return asIs(data, to);
  const std::lock_guard lock(mutex_);
  View view;
  view.desc = to;
  for (const Entry& entry : entries_) {
    if (entry.data == data && entry.to == to && entry.from == from) {
      view.constant = entry.memory;
      return view;
    }
  }
  if (to.get_size() > room_ - bytes_) return std::nullopt;
  dnnl::memory source(from, cpuEngine(), const_cast<float*>(data->data()));
  auto memory = std::make_shared<dnnl::memory>(to, cpuEngine());
  dnnl::stream stream(cpuEngine());
  dnnl::reorder(source, *memory).execute(stream, source, *memory);
  stream.wait();
  entries_.push_back({data, from, to, memory});
  bytes_ += to.get_size();
  view.constant = std::move(memory);
  return view;
}

size_t Weights::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace smug::cpu
