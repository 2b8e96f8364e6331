// What JavaScript hands over, read into the core's own memory. Every reader looks at the kind of what it gets and
// copies at once: as soon as JavaScript runs again (a getter is enough) a buffer may be detached, or shrink.
#pragma once

#include <napi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace smug::binding {

/// The typed array that holds elements of T.
template <typename T>
struct ArrayKind;
template <>
struct ArrayKind<float> {
  static constexpr napi_typedarray_type type = napi_float32_array;
  static constexpr const char* name = "a Float32Array";
};
template <>
struct ArrayKind<double> {
  static constexpr napi_typedarray_type type = napi_float64_array;
  static constexpr const char* name = "a Float64Array";
};
template <>
struct ArrayKind<int32_t> {
  static constexpr napi_typedarray_type type = napi_int32_array;
  static constexpr const char* name = "an Int32Array";
};
template <>
struct ArrayKind<uint32_t> {
  static constexpr napi_typedarray_type type = napi_uint32_array;
  static constexpr const char* name = "a Uint32Array";
};
template <>
struct ArrayKind<uint8_t> {
  static constexpr napi_typedarray_type type = napi_uint8_array;
  static constexpr const char* name = "a Uint8Array";
};

[[noreturn]] inline void Unexpected(const Napi::Value& value, const std::string& name, const std::string& expected) {
  throw Napi::TypeError::New(value.Env(), name + ": expected " + expected);
}

/// A view of a typed array of T as it lies now; use it before JavaScript runs again.
template <typename T>
Napi::TypedArrayOf<T> ElementsIn(const Napi::Value& value, const std::string& name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != ArrayKind<T>::type) {
    Unexpected(value, name, ArrayKind<T>::name);
  }
  return value.As<Napi::TypedArrayOf<T>>();
}

template <typename T>
std::vector<T> CopyOf(const Napi::Value& value, const std::string& name) {
  const auto array = ElementsIn<T>(value, name);
  return std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

template <typename T>
std::vector<T> CopyOf(const Napi::Object& object, const char* name) {
  return CopyOf<T>(object.Get(name), name);
}

/// As CopyOf; empty where the property is undefined or null.
template <typename T>
std::vector<T> CopyOrNone(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  return value.IsUndefined() || value.IsNull() ? std::vector<T>() : CopyOf<T>(value, name);
}

template <typename T>
Napi::TypedArrayOf<T> TypedArrayOf(Napi::Env env, const std::vector<T>& values) {
  auto array = Napi::TypedArrayOf<T>::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

inline double NumberFrom(const Napi::Value& value, const std::string& name) {
  if (!value.IsNumber()) Unexpected(value, name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

/// Rounded towards zero and kept within ±2^53, infinities too.
inline int64_t ClampedFrom(const Napi::Value& value, const std::string& name) {
  constexpr double most = 9007199254740992.0;
  const double number = NumberFrom(value, name);
  if (std::isnan(number)) throw Napi::RangeError::New(value.Env(), name + ": expected a number, got NaN");
  return static_cast<int64_t>(std::clamp(number, -most, most));
}

/// A whole number from `least` to `most`, both within 2^53.
inline int64_t WholeFrom(const Napi::Value& value, const std::string& name, int64_t least, int64_t most) {
  const double number = NumberFrom(value, name);
  if (number >= static_cast<double>(least) && number <= static_cast<double>(most) &&
      number == static_cast<double>(static_cast<int64_t>(number))) {
    return static_cast<int64_t>(number);
  }
  throw Napi::RangeError::New(
      value.Env(), name + ": expected a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

inline Napi::Object ObjectFrom(const Napi::Value& value, const std::string& name) {
  if (!value.IsObject()) Unexpected(value, name, "an object");
  return value.As<Napi::Object>();
}

inline Napi::Array ListFrom(const Napi::Value& value, const std::string& name) {
  if (!value.IsArray()) Unexpected(value, name, "an array");
  return value.As<Napi::Array>();
}

}  // namespace smug::binding
