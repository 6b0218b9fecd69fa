struct Uniforms {
  tfjs0: u32,
  tfjs1: u32,
  tfjs2: u32,
  tfjs3: u32,
  tfjs4: u32,
  tfjs5: u32,
  tfjs6: u32,
  tfjs7: u32,
  inHeight: u32,
  inWidth: u32,
  outHeight: u32,
  outWidth: u32,
  padTop: u32,
  padLeft: u32,
  pixels: u32,
  tilesDown: u32,
  tilesAcross: u32,
  tiles: u32,
  sums: u32,
}

@group(0) @binding(0) var<storage, read_write> output: array<vec4<f32>>;

@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;

@group(0) @binding(2) var<storage, read> params: array<vec4<f32>>;

@group(0) @binding(3) var<uniform> uniforms: Uniforms;

fn load_source(pixel: u32, lane: u32) -> vec4<f32> {
  return source[pixel * 96u + lane];
}

fn store(pixel: u32, lane: u32, value: vec4<f32>) {
  output[pixel * 384u + lane] = value;
}

fn act_gelu(x: vec4<f32>) -> vec4<f32> {
  let above = select(x, vec4<f32>(-5.2), x < vec4<f32>(-5.2));
  let c = select(above, vec4<f32>(5.2), above > vec4<f32>(5.2));
  let s = c * c;
  let gate = 0.5 + c * fma(fma(fma(fma(vec4<f32>(0.00000676219816), s, vec4<f32>(0.000366348394)), s, vec4<f32>(0.00583970235)), s, vec4<f32>(0.0541125005)), s, vec4<f32>(0.398941186)) / fma(fma(fma(fma(fma(vec4<f32>(5.70019027e-7), s, vec4<f32>(0.000132441548)), s, vec4<f32>(0.00299439184)), s, vec4<f32>(0.0400420162)), s, vec4<f32>(0.302292632)), s, vec4<f32>(1));
  return x * gate;
}

var<workgroup> weights: array<vec4<f32>, 576>;
var<workgroup> pixels: array<vec4<f32>, 416>;

fn origin_weights(i: u32, firstPanel: u32) -> vec2<u32> {
  let panel = firstPanel + i / 64u;
  let input = i % 64u / 2u;
  return vec2<u32>(4800u + 2u * (panel * 384u + input) + i % 2u, input);
}

fn to_weights(i: u32) -> u32 {
  return i % 64u / 2u * 18u + 2u * (i / 64u) + i % 2u;
}

fn fetch_weights(origin: vec2<u32>, firstInput: u32) -> vec4<f32> {
  let at = origin.x + 2u * firstInput;
  return params[at];
}

fn put_weights(to: u32, value: vec4<f32>) {
  weights[to] = value;
}

fn put_pixels(to: u32, rows: array<vec4<f32>, 4>) {
  pixels[to] = vec4<f32>(vec4<f32>(rows[0].x, rows[1].x, rows[2].x, rows[3].x));
  pixels[to + 104u] = vec4<f32>(vec4<f32>(rows[0].y, rows[1].y, rows[2].y, rows[3].y));
  pixels[to + 208u] = vec4<f32>(vec4<f32>(rows[0].z, rows[1].z, rows[2].z, rows[3].z));
  pixels[to + 312u] = vec4<f32>(vec4<f32>(rows[0].w, rows[1].w, rows[2].w, rows[3].w));
}

fn origin_pixels(i: u32, firstPixel: u32) -> vec2<u32> {
  let pixel = firstPixel + 4u * (i % 13u);
  let lane = i / 13u;
  return vec2<u32>(pixel * 96u + lane, lane);
}

fn fetch_pixels(origin: vec2<u32>, firstLane: u32) -> array<vec4<f32>, 4> {
  let lane = origin.y + firstLane;
  var rows: array<vec4<f32>, 4>;
  for (var k = 0u; k < 4u; k++) {
    rows[k] = source[origin.x + firstLane + k * 96u];
  }
  return rows;
}

fn to_pixels(i: u32) -> u32 {
  return i / 13u * 13u + i % 13u;
}

fn finish(pixel: u32, lane: u32, sum: vec4<f32>) {
  if (pixel < uniforms.pixels && lane < 384u) {
    store(pixel, lane, act_gelu(sum));
  }
}

@compute @workgroup_size(104)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let workgroup = group.y * groups.x + group.x;
  let columnTile = group.z;
  if (workgroup >= uniforms.tiles) {
    return;
  }
  let firstPixel = workgroup * 52u;

  let threadRow = thread / 8u;
  let threadColumn = thread % 8u;
  let firstPanel = columnTile * 8u;
  let bias0 = vec4<f32>(params[152256u + columnTile * 16u + threadColumn]);
  let bias1 = vec4<f32>(params[152256u + columnTile * 16u + threadColumn + 8u]);
  var sum0_0 = bias0;
  var sum0_1 = bias1;
  var sum1_0 = bias0;
  var sum1_1 = bias1;
  var sum2_0 = bias0;
  var sum2_1 = bias1;
  var sum3_0 = bias0;
  var sum3_1 = bias1;
  let origin_weights0 = origin_weights(thread, firstPanel);
  let to_weights0 = to_weights(thread);
  var weights0: vec4<f32>;
  let origin_weights1 = origin_weights(thread + 104u, firstPanel);
  let to_weights1 = to_weights(thread + 104u);
  var weights1: vec4<f32>;
  let origin_weights2 = origin_weights(thread + 208u, firstPanel);
  let to_weights2 = to_weights(thread + 208u);
  var weights2: vec4<f32>;
  let origin_weights3 = origin_weights(thread + 312u, firstPanel);
  let to_weights3 = to_weights(thread + 312u);
  var weights3: vec4<f32>;
  let origin_weights4 = origin_weights(thread + 416u, firstPanel);
  let to_weights4 = to_weights(thread + 416u);
  var weights4: vec4<f32>;
  let origin_pixels0 = origin_pixels(thread, firstPixel);
  let to_pixels0 = to_pixels(thread);
  var pixels0: array<vec4<f32>, 4>;
  weights0 = fetch_weights(origin_weights0, 0u * 32u);
  weights1 = fetch_weights(origin_weights1, 0u * 32u);
  weights2 = fetch_weights(origin_weights2, 0u * 32u);
  weights3 = fetch_weights(origin_weights3, 0u * 32u);
  weights4 = fetch_weights(origin_weights4, 0u * 32u);
  pixels0 = fetch_pixels(origin_pixels0, 0u * 8u);
  for (var slab = 0u; slab < 12u; slab++) {
    put_weights(to_weights0, weights0);
    put_weights(to_weights1, weights1);
    put_weights(to_weights2, weights2);
    put_weights(to_weights3, weights3);
    if (thread + 416u < 512u) {
      put_weights(to_weights4, weights4);
    }
    put_pixels(to_pixels0, pixels0);
    workgroupBarrier();
    let next = min(slab + 1u, 11u);
    weights0 = fetch_weights(origin_weights0, next * 32u);
    weights1 = fetch_weights(origin_weights1, next * 32u);
    weights2 = fetch_weights(origin_weights2, next * 32u);
    weights3 = fetch_weights(origin_weights3, next * 32u);
    weights4 = fetch_weights(origin_weights4, next * 32u);
    pixels0 = fetch_pixels(origin_pixels0, next * 8u);
    for (var inputs = 0u; inputs < 8u; inputs++) {
      for (var input = 0u; input < 4u; input++) {
        let row = (4u * inputs + input) * 18u + threadColumn;
        let quad = input * 104u + inputs * 13u + threadRow;
        let weight0 = vec4<f32>(weights[row]);
        let weight1 = vec4<f32>(weights[row + 8u]);
        let values0 = vec4<f32>(pixels[quad]);
        sum0_0 = fma(weight0, vec4<f32>(values0.x), sum0_0);
        sum0_1 = fma(weight1, vec4<f32>(values0.x), sum0_1);
        sum1_0 = fma(weight0, vec4<f32>(values0.y), sum1_0);
        sum1_1 = fma(weight1, vec4<f32>(values0.y), sum1_1);
        sum2_0 = fma(weight0, vec4<f32>(values0.z), sum2_0);
        sum2_1 = fma(weight1, vec4<f32>(values0.z), sum2_1);
        sum3_0 = fma(weight0, vec4<f32>(values0.w), sum3_0);
        sum3_1 = fma(weight1, vec4<f32>(values0.w), sum3_1);
      }
    }
    workgroupBarrier();
  }
  finish(firstPixel + 4u * threadRow, columnTile * 16u + threadColumn, sum0_0);
  finish(firstPixel + 4u * threadRow + 1u, columnTile * 16u + threadColumn, sum1_0);
  finish(firstPixel + 4u * threadRow + 2u, columnTile * 16u + threadColumn, sum2_0);
  finish(firstPixel + 4u * threadRow + 3u, columnTile * 16u + threadColumn, sum3_0);
  finish(firstPixel + 4u * threadRow, columnTile * 16u + threadColumn + 8u, sum0_1);
  finish(firstPixel + 4u * threadRow + 1u, columnTile * 16u + threadColumn + 8u, sum1_1);
  finish(firstPixel + 4u * threadRow + 2u, columnTile * 16u + threadColumn + 8u, sum2_1);
  finish(firstPixel + 4u * threadRow + 3u, columnTile * 16u + threadColumn + 8u, sum3_1);

}
