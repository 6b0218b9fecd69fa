/** Metal's C++ of a compute shader, as spirv-cross writes it, made CUDA, with native/metal.cuh for what CUDA lacks. */

/** Returns the CUDA text of a shader that spirv-cross wrote as Metal's C++. */
export function cudaText(msl: string, sides: readonly [number, number, number]): string {
  const lines = withoutHelpers(msl.split('\n')).map((line) => cudaLine(line, sides));
  let text = lines.join('\n');
  // Arrays of unknown length.
  for (const [, struct] of msl.matchAll(/device (\w+)&/g))
    text = text.replace(new RegExp(String.raw`(struct ${struct}\s*\{[^}]*)\[1\];`), '$1[1 << 24];');
  const swizzles = [...new Set([...text.matchAll(/\.swizzled_([xyzw]+)\(/g)].map(([, lanes]) => lanes!))]
    .sort()
    .map(swizzle);
  text = text.replace(/__shared__ (.*?)\b(_?\w+)((?:\[\d+\])+);/g, (_, kind: string, name: string, lengths: string) =>
    sharedBytes(kind.trim(), name, lengths),
  );
  text = text.replace(/(#define ENTRY [^\n]*\n)\{/, '$1{\nENTRY');
  return `#define SWIZZLES ${swizzles.join(' ')}\n#include "metal.cuh"\nusing namespace metal;\n${text}\n`;
}

/** Leaves out spirv-cross's helpers, of which metal.cuh has its own. */
function withoutHelpers(lines: readonly string[]): string[] {
  let skips = false;
  return lines.filter((line) => {
    if (line.startsWith('template<') || line.startsWith('inline T spv')) skips = true;
    if (skips) {
      if (line === '};' || line === '}') skips = false;
      return false;
    }
    return !line.startsWith('#') && !line.startsWith('using namespace');
  });
}

/** CUDA has functions of its own by these names, for numbers alone. */
const METAL_FUNCTIONS =
  /(?<![\w.:])(exp2?|log|r?sqrt|abs|floor|ceil|rint|trunc|tanh|sign|min|max|clamp|fma|pow|select|dot|all|any|isnan)\(/g;

function cudaLine(line: string, sides: readonly [number, number, number]): string {
  const constant = /^constant (spvUnsafeArray<.*>) (_\d+) = spvUnsafeArray<.*?>\(\{(.*)\}\);$/.exec(line);
  if (constant !== null) return zeroConstant(constant as unknown as [string, string, string, string]);
  const head = line.startsWith('kernel void') ? kernelHead(line, sides) : line;
  return head
    .split('\n')
    .map((each) =>
      (each.includes('(&') ? each : each.replace(/^(\s+)threadgroup (.*;)$/, '$1__shared__ $2'))
        .replace(/\b(threadgroup|device|thread)\b/g, '')
        .replace(/\bconstant\b/g, 'const')
        .replace(/\bthreadgroup_barrier\(.*?\)/g, '__syncthreads()')
        .replace(/^static inline __attribute__\(\(always_inline\)\)/, 'static __device__ __forceinline__')
        .replace(/\.([xyzw]{2,4})\b/g, '.swizzled_$1()')
        .replace(METAL_FUNCTIONS, 'metal::$1(')
        // Metal takes them for float, CUDA for double.
        .replace(/(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?)(?![\w.])/g, '$1f'),
    )
    .join('\n');
}

function zeroConstant([, kind, name, values]: readonly [string, string, string, string]): string {
  const rest = values.replace(/\b(float4|float|int|uint|spvUnsafeArray<[^()]*>)?\(|[\s,(){}]|0\.0|\b0u?\b/g, '');
  if (rest !== '') throw new Error(`${name} is an array of constants that are not all zero`);
  return `#define ${name} zero<${kind}>()`;
}

/** Vectors have constructors, and shared variables may not: raw bytes, seen as the array. */
function sharedBytes(kind: string, name: string, lengths: string): string {
  const bytes = `__shared__ __align__(16) char ${name}_bytes[sizeof(${kind}${lengths})];`;
  return `${bytes} ${kind} (&${name})${lengths} = *reinterpret_cast<${kind} (*)${lengths}>(${name}_bytes);`;
}

/** Returns a method of vec. */
function swizzle(lanes: string): string {
  const type = `vec<T, ${lanes.length}>`;
  const values = Array.from(lanes, (lane) => `this->${lane}`).join(', ');
  return `__device__ ${type} swizzled_${lanes}() const { return ${type}(${values}); }`;
}

/** Uniforms become an argument by value, as a driver puts them into constant memory. */
function kernelHead(line: string, [x, y, z]: readonly [number, number, number]): string {
  const builtins: Readonly<Record<string, string>> = {
    gl_LocalInvocationID: 'uint3(threadIdx.x, threadIdx.y, threadIdx.z)',
    gl_LocalInvocationIndex: `threadIdx.x + ${x}u * (threadIdx.y + ${y}u * threadIdx.z)`,
    gl_WorkGroupID: 'uint3(blockIdx.x, blockIdx.y, blockIdx.z)',
    gl_NumWorkGroups: 'uint3(gridDim.x, gridDim.y, gridDim.z)',
    gl_GlobalInvocationID: `uint3(blockIdx.x * ${x}u + threadIdx.x, blockIdx.y * ${y}u + threadIdx.y, blockIdx.z * ${z}u + threadIdx.z)`,
  };
  const parameters: string[] = [];
  const body: string[] = [];
  for (const each of line.slice(line.indexOf('(') + 1, line.lastIndexOf(')')).split(/,\s*(?![^[]*\]\])/)) {
    const declared = each.replace(/\s*\[\[.*?\]\]/g, '').trim();
    const at = declared.lastIndexOf(' ');
    const [kind, name] = [declared.slice(0, at), declared.slice(at + 1)];
    const builtin = builtins[name];
    const bare = kind.replace(/\b(const|device|constant)\b|&/g, '').trim();
    if (builtin !== undefined) body.push(`${kind} ${name} = ${builtin};`);
    else if (kind.includes('constant')) {
      parameters.push(`const ${bare} ${name}_value`);
      body.push(`const ${bare}& ${name} = ${name}_value;`);
    } else {
      const qualifier = kind.includes('const ') ? 'const ' : '';
      parameters.push(`${qualifier}${bare}* __restrict__ ${name}_at`);
      body.push(`${qualifier}${bare}& ${name} = *${name}_at;`);
    }
  }
  const head = `extern "C" __global__ void __launch_bounds__(${x * y * z}) shader(${parameters.join(', ')})`;
  return `${head}\n#define ENTRY ${body.join(' ')}`;
}
