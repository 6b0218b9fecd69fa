// The shader whose assembly is kept here: products of slabs in workgroup memory.
struct Uniforms {slabs: u32, depth: u32}
@group(0) @binding(0) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> uniforms: Uniforms;
var<workgroup> staged: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3<u32>) {
  var sum = vec4<f32>();
  for (var slab = 0u; slab < uniforms.slabs; slab++) {
    workgroupBarrier();
    staged[thread] = source[(group.x * uniforms.slabs + slab) * 64u + thread];
    workgroupBarrier();
    for (var k = 0u; k < uniforms.depth; k++) {
      sum = fma(staged[k], vec4<f32>(f32(k + thread)), sum);
    }
  }
  output[group.x * 64u + thread] = exp(sum);
}
