// What spirv-cross's Metal text of a compute shader needs, for nvcc. ../nvidia.ts makes the rest of the text CUDA.
#pragma once
#define FN static __device__ __forceinline__

typedef unsigned int uint;

template <class T, int N> struct vec;
template <class T> struct alignas(2 * sizeof(T)) vec<T, 2> {
  T x, y;
  __device__ vec() {}
  explicit __device__ vec(T s) : x(s), y(s) {}
  __device__ vec(T a, T b) : x(a), y(b) {}
  template <class U> explicit __device__ vec(vec<U, 2> v) : x(T(v.x)), y(T(v.y)) {}
  __device__ T &operator[](uint i) { return (&x)[i]; }
  __device__ T operator[](uint i) const { return (&x)[i]; }
  SWIZZLES
};
template <class T> struct vec<T, 3> {
  T x, y, z;
  __device__ vec() {}
  explicit __device__ vec(T s) : x(s), y(s), z(s) {}
  __device__ vec(T a, T b, T c) : x(a), y(b), z(c) {}
  __device__ vec(vec<T, 2> a, T b) : x(a.x), y(a.y), z(b) {}
  template <class U> explicit __device__ vec(vec<U, 3> v) : x(T(v.x)), y(T(v.y)), z(T(v.z)) {}
  __device__ T &operator[](uint i) { return (&x)[i]; }
  __device__ T operator[](uint i) const { return (&x)[i]; }
  SWIZZLES
};
template <class T> struct alignas(4 * sizeof(T)) vec<T, 4> {
  T x, y, z, w;
  __device__ vec() {}
  explicit __device__ vec(T s) : x(s), y(s), z(s), w(s) {}
  __device__ vec(T a, T b, T c, T d) : x(a), y(b), z(c), w(d) {}
  __device__ vec(vec<T, 3> a, T b) : x(a.x), y(a.y), z(a.z), w(b) {}
  __device__ vec(vec<T, 2> a, vec<T, 2> b) : x(a.x), y(a.y), z(b.x), w(b.y) {}
  template <class U> explicit __device__ vec(vec<U, 4> v) : x(T(v.x)), y(T(v.y)), z(T(v.z)), w(T(v.w)) {}
  __device__ T &operator[](uint i) { return (&x)[i]; }
  __device__ T operator[](uint i) const { return (&x)[i]; }
  SWIZZLES
};

#define float2 vec<float, 2>
#define float3 vec<float, 3>
#define float4 vec<float, 4>
#define int2 vec<int, 2>
#define int3 vec<int, 3>
#define int4 vec<int, 4>
#define uint2 vec<uint, 2>
#define uint3 vec<uint, 3>
#define uint4 vec<uint, 4>
#define bool2 vec<bool, 2>
#define bool3 vec<bool, 3>
#define bool4 vec<bool, 4>

// Component by component.
template <class F, class T> FN auto each(F f, vec<T, 2> a) -> vec<decltype(f(a.x)), 2> { return {f(a.x), f(a.y)}; }
template <class F, class T> FN auto each(F f, vec<T, 3> a) -> vec<decltype(f(a.x)), 3> { return {f(a.x), f(a.y), f(a.z)}; }
template <class F, class T> FN auto each(F f, vec<T, 4> a) -> vec<decltype(f(a.x)), 4> { return {f(a.x), f(a.y), f(a.z), f(a.w)}; }
template <class F, class T> FN auto each(F f, vec<T, 2> a, vec<T, 2> b) -> vec<decltype(f(a.x, b.x)), 2> {
  return {f(a.x, b.x), f(a.y, b.y)};
}
template <class F, class T> FN auto each(F f, vec<T, 3> a, vec<T, 3> b) -> vec<decltype(f(a.x, b.x)), 3> {
  return {f(a.x, b.x), f(a.y, b.y), f(a.z, b.z)};
}
template <class F, class T> FN auto each(F f, vec<T, 4> a, vec<T, 4> b) -> vec<decltype(f(a.x, b.x)), 4> {
  return {f(a.x, b.x), f(a.y, b.y), f(a.z, b.z), f(a.w, b.w)};
}

#define BINARY(op)                                                                                            \
  template <class T, int N> FN auto operator op(vec<T, N> a, vec<T, N> b) {                                    \
    return each([](T x, T y) { return x op y; }, a, b);                                                       \
  }                                                                                                           \
  template <class T, int N> FN auto operator op(vec<T, N> a, T b) { return a op vec<T, N>(b); }                \
  template <class T, int N> FN auto operator op(T a, vec<T, N> b) { return vec<T, N>(a) op b; }
BINARY(+) BINARY(-) BINARY(*) BINARY(/) BINARY(%) BINARY(&) BINARY(|) BINARY(^) BINARY(<<) BINARY(>>)
BINARY(<) BINARY(>) BINARY(<=) BINARY(>=) BINARY(==) BINARY(!=) BINARY(&&) BINARY(||)
#define ASSIGNING(op) \
  template <class T, int N, class U> FN vec<T, N> &operator op##=(vec<T, N> & a, U b) { return a = a op b; }
ASSIGNING(+) ASSIGNING(-) ASSIGNING(*) ASSIGNING(/) ASSIGNING(&) ASSIGNING(|)
template <class T, int N> FN vec<T, N> operator-(vec<T, N> a) { return each([](T x) { return -x; }, a); }
template <class T, int N> FN vec<bool, N> operator!(vec<T, N> a) { return each([](T x) { return !x; }, a); }

#define UNARY_FLOAT(name, expression)                                                                  \
  FN float name(float x) { return expression; }                                                        \
  template <int N> FN vec<float, N> name(vec<float, N> a) { return each([](float x) { return expression; }, a); }
namespace metal {
UNARY_FLOAT(exp, ::exp2f(x * 1.44269504f))
UNARY_FLOAT(exp2, ::exp2f(x))
UNARY_FLOAT(log, ::__logf(x))
UNARY_FLOAT(rsqrt, ::rsqrtf(x))
UNARY_FLOAT(sqrt, ::sqrtf(x))
UNARY_FLOAT(abs, ::fabsf(x))
UNARY_FLOAT(floor, ::floorf(x))
UNARY_FLOAT(ceil, ::ceilf(x))
UNARY_FLOAT(rint, ::rintf(x))
UNARY_FLOAT(trunc, ::truncf(x))
UNARY_FLOAT(tanh, ::tanhf(x))
UNARY_FLOAT(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f)
FN int abs(int x) { return x < 0 ? -x : x; }
template <class T> FN T smaller(T a, T b) { return a < b ? a : b; }
template <class T> FN T larger(T a, T b) { return a > b ? a : b; }
FN float smaller(float a, float b) { return ::fminf(a, b); }
FN float larger(float a, float b) { return ::fmaxf(a, b); }
template <class T> FN T min(T a, T b) { return smaller(a, b); }
template <class T> FN T max(T a, T b) { return larger(a, b); }
template <class T, int N> FN vec<T, N> min(vec<T, N> a, vec<T, N> b) { return each([](T x, T y) { return smaller(x, y); }, a, b); }
template <class T, int N> FN vec<T, N> max(vec<T, N> a, vec<T, N> b) { return each([](T x, T y) { return larger(x, y); }, a, b); }
template <class T> FN T clamp(T x, T a, T b) { return min(max(x, a), b); }
FN float fma(float a, float b, float c) { return ::fmaf(a, b, c); }
template <int N> FN vec<float, N> fma(vec<float, N> a, vec<float, N> b, vec<float, N> c) {
  for (int i = 0; i < N; i++) c[i] = ::fmaf(a[i], b[i], c[i]);
  return c;
}
FN float pow(float a, float b) { return ::exp2f(b * ::__log2f(a)); }
template <class T> FN T select(T a, T b, bool c) { return c ? b : a; }
template <class T, int N> FN vec<T, N> select(vec<T, N> a, vec<T, N> b, vec<bool, N> c) {
  for (int i = 0; i < N; i++) a[i] = c[i] ? b[i] : a[i];
  return a;
}
template <int N> FN float dot(vec<float, N> a, vec<float, N> b) {
  float sum = a[0] * b[0];
  for (int i = 1; i < N; i++) sum = ::fmaf(a[i], b[i], sum);
  return sum;
}
template <int N> FN bool all(vec<bool, N> a) {
  for (int i = 0; i < N; i++) if (!a[i]) return false;
  return true;
}
template <int N> FN bool any(vec<bool, N> a) { return !all(!a); }
template <class T, class U> FN T as_type(U u) {
  static_assert(sizeof(T) == sizeof(U), "");
  T t;
  memcpy(&t, &u, sizeof t);
  return t;
}
FN bool isnan(float x) { return ::isnan(x); }
namespace fast = ::metal;
namespace precise = ::metal;
}  // namespace metal

struct float4x4 {
  float4 columns[4];
  __device__ float4x4(float4 a, float4 b, float4 c, float4 d) : columns{a, b, c, d} {}
  __device__ float4 &operator[](uint i) { return columns[i]; }
};
FN float4 operator*(float4x4 m, float4 v) {
  float4 sum = m.columns[0] * v.x;
  for (int i = 1; i < 4; i++) sum = metal::fma(m.columns[i], float4(v[i]), sum);
  return sum;
}
FN float4x4 operator*(float4x4 a, float4x4 b) { return {a * b[0], a * b[1], a * b[2], a * b[3]}; }

template <class T, int N> struct spvUnsafeArray {
  T elements[N];
  __device__ T &operator[](uint i) { return elements[i]; }
  __device__ const T &operator[](uint i) const { return elements[i]; }
};
template <class T> FN T zero() {
  T t;
  memset(&t, 0, sizeof t);
  return t;
}
