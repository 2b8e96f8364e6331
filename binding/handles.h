// Things of the core that JavaScript only passes on: externals that carry a type tag, so that a wrong object gets a
// clear "Invalid X argument".
#pragma once

#include <napi.h>

#include <string>
#include <utility>

namespace smug::binding {

/// Specialised for every handle type: `value` (a napi_type_tag) and `name` (what the message calls it).
template <typename T>
struct Tag;

template <typename T>
Napi::Value Wrap(Napi::Env env, T handle) {
  auto external = Napi::External<T>::New(env, new T(std::move(handle)), [](Napi::Env, T* data) { delete data; });
  external.TypeTag(&Tag<T>::value);
  return external;
}

template <typename T>
bool Is(const Napi::Value& value) {
  return value.IsExternal() && value.As<Napi::External<T>>().CheckTypeTag(&Tag<T>::value);
}

template <typename T>
T Unwrap(const Napi::Value& value) {
  if (!Is<T>(value)) {
    throw Napi::TypeError::New(value.Env(), std::string("Invalid ") + Tag<T>::name + " argument");
  }
  return *value.As<Napi::External<T>>().Data();
}

}  // namespace smug::binding
