/** Metal's text of a shader, as spirv-cross writes it, made CUDA. */
import {cudaText} from '../../../bench/gpu/cudaText.ts';

const MSL = `#include <metal_stdlib>
using namespace metal;

template<typename T, size_t Num>
struct spvUnsafeArray
{
    T elements[Num ? Num : 1];
};

struct Tensor
{
    float4 _m0[1];
};

constant spvUnsafeArray<float, 4> _20 = spvUnsafeArray<float, 4>({ 0.0, 0.0, 0.0, 0.0 });

static inline __attribute__((always_inline))
float twice(thread const float& x)
{
    return max(x, 0.5) * 2.0;
}

kernel void main0(device Tensor& output [[buffer(0)]], const device Tensor& source [[buffer(1)]], constant Uniforms& uniforms [[buffer(2)]], uint3 gl_WorkGroupID [[threadgroup_position_in_grid]])
{
    threadgroup spvUnsafeArray<float4, 64> staged;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    output._m0[gl_WorkGroupID.x].xy = source._m0[0].zw;
}
`;

describe('CUDA text', () => {
  const text = cudaText(MSL, [64, 1, 1]);

  it('has a kernel that takes buffers by pointer, uniforms by value, and builtins from CUDA', () => {
    expect(text).toContain(
      'extern "C" __global__ void __launch_bounds__(64) shader(Tensor* __restrict__ output_at, const Tensor* __restrict__ source_at, const Uniforms uniforms_value)',
    );
    expect(text).toContain('uint3 gl_WorkGroupID = uint3(blockIdx.x, blockIdx.y, blockIdx.z);');
    expect(text).toMatch(/\n\{\nENTRY\n/);
  });

  it('leaves out the helpers that metal.cuh has, and makes arrays of unknown length long', () => {
    expect(text).not.toContain('struct spvUnsafeArray');
    expect(text).toContain('_m0[1 << 24];');
    expect(text).toContain('#define _20 zero<spvUnsafeArray<float, 4>>()');
  });

  it('writes barriers, functions, floats and swizzles as CUDA has them', () => {
    expect(text).toContain('__syncthreads();');
    expect(text).toContain('metal::max(x, 0.5f) * 2.0f');
    expect(text).toContain('.swizzled_zw()');
    expect(text).toContain('vec<T, 2> swizzled_zw() const');
  });

  it('refuses an array of constants that is not zero', () => {
    expect(() => cudaText(MSL.replace('{ 0.0, 0.0', '{ 0.0, 1.0'), [64, 1, 1])).toThrow('_20 is an array of constants');
  });
});
