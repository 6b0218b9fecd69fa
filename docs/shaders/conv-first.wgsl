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

@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;

@group(0) @binding(2) var<storage, read> params: array<vec4<f32>>;

@group(0) @binding(3) var<uniform> uniforms: Uniforms;

fn load_x(pixel: u32, lane: u32) -> vec4<f32> {
  return x[pixel * 24u + lane];
}

fn store(pixel: u32, lane: u32, value: vec4<f32>) {
  output[pixel * 24u + lane] = value;
}

fn act_gelu(x: vec4<f32>) -> vec4<f32> {
  let above = select(x, vec4<f32>(-5.2), x < vec4<f32>(-5.2));
  let c = select(above, vec4<f32>(5.2), above > vec4<f32>(5.2));
  let s = c * c;
  let gate = 0.5 + c * fma(fma(fma(fma(vec4<f32>(0.00000676219816), s, vec4<f32>(0.000366348394)), s, vec4<f32>(0.00583970235)), s, vec4<f32>(0.0541125005)), s, vec4<f32>(0.398941186)) / fma(fma(fma(fma(fma(vec4<f32>(5.70019027e-7), s, vec4<f32>(0.000132441548)), s, vec4<f32>(0.00299439184)), s, vec4<f32>(0.0400420162)), s, vec4<f32>(0.302292632)), s, vec4<f32>(1));
  return x * gate;
}

fn act_linear(x: vec4<f32>) -> vec4<f32> {
  return x;
}

var<workgroup> tile: array<vec4<f32>, 288>;
var<workgroup> partial: array<vec4<f32>, 32>;
var<workgroup> hidden: array<vec4<f32>, 192>;
var<workgroup> weights: array<vec4<f32>, 288>;

fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let above = (row < 0) | (column < 0);
  let below = (row >= i32(uniforms.inHeight)) | (column >= i32(uniforms.inWidth));
  let pixel = (image * uniforms.inHeight + u32(row)) * uniforms.inWidth + u32(column);
  let value = load_x(select(pixel, 0u, above | below), lane);
  return select(value, vec4<f32>(), above | below);
}

fn convolve(image: u32, row: u32, column: u32, lane: u32) -> array<vec4<f32>, 4> {
  let bias = vec4<f32>(params[1176u + lane]);
  var sums: array<vec4<f32>, 4>;
  for (var p = 0u; p < 4u; p++) {
    sums[p] = bias;
  }
  let top = i32(row * 1u) - i32(uniforms.padTop);
  let left = i32(column * 1u) - i32(uniforms.padLeft);
  let filterAt = 0u + (lane / 2u) * 98u + lane % 2u;
  for (var filterRow = 0u; filterRow < 7u; filterRow++) {
    let y = top + i32(filterRow);
    let value0 = tap(image, y, left + 0, lane);
    let weight0 = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + 0u)]);
    sums[0] = fma(weight0, value0, sums[0]);
    let value1 = tap(image, y, left + 1, lane);
    let weight1 = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + 1u)]);
    sums[0] = fma(weight1, value1, sums[0]);
    sums[1] = fma(weight0, value1, sums[1]);
    let value2 = tap(image, y, left + 2, lane);
    let weight2 = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + 2u)]);
    sums[0] = fma(weight2, value2, sums[0]);
    sums[1] = fma(weight1, value2, sums[1]);
    sums[2] = fma(weight0, value2, sums[2]);
    let value3 = tap(image, y, left + 3, lane);
    let weight3 = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + 3u)]);
    sums[0] = fma(weight3, value3, sums[0]);
    sums[1] = fma(weight2, value3, sums[1]);
    sums[2] = fma(weight1, value3, sums[2]);
    sums[3] = fma(weight0, value3, sums[3]);
    let value4 = tap(image, y, left + 4, lane);
    let weight4 = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + 4u)]);
    sums[0] = fma(weight4, value4, sums[0]);
    sums[1] = fma(weight3, value4, sums[1]);
    sums[2] = fma(weight2, value4, sums[2]);
    sums[3] = fma(weight1, value4, sums[3]);
    let value5 = tap(image, y, left + 5, lane);
    let weight5 = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + 5u)]);
    sums[0] = fma(weight5, value5, sums[0]);
    sums[1] = fma(weight4, value5, sums[1]);
    sums[2] = fma(weight3, value5, sums[2]);
    sums[3] = fma(weight2, value5, sums[3]);
    let value6 = tap(image, y, left + 6, lane);
    let weight6 = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + 6u)]);
    sums[0] = fma(weight6, value6, sums[0]);
    sums[1] = fma(weight5, value6, sums[1]);
    sums[2] = fma(weight4, value6, sums[2]);
    sums[3] = fma(weight3, value6, sums[3]);
    let value7 = tap(image, y, left + 7, lane);
    sums[1] = fma(weight6, value7, sums[1]);
    sums[2] = fma(weight5, value7, sums[2]);
    sums[3] = fma(weight4, value7, sums[3]);
    let value8 = tap(image, y, left + 8, lane);
    sums[2] = fma(weight6, value8, sums[2]);
    sums[3] = fma(weight5, value8, sums[3]);
    let value9 = tap(image, y, left + 9, lane);
    sums[3] = fma(weight6, value9, sums[3]);
  }
  return sums;
}

fn put_tile(to: u32, rows: array<vec4<f32>, 4>) {
  tile[to] = vec4<f32>(vec4<f32>(rows[0].x, rows[1].x, rows[2].x, rows[3].x));
  tile[to + 72u] = vec4<f32>(vec4<f32>(rows[0].y, rows[1].y, rows[2].y, rows[3].y));
  tile[to + 144u] = vec4<f32>(vec4<f32>(rows[0].z, rows[1].z, rows[2].z, rows[3].z));
  tile[to + 216u] = vec4<f32>(vec4<f32>(rows[0].w, rows[1].w, rows[2].w, rows[3].w));
}

fn team_sum(team: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < 16u; i++) {
    sum += partial[team * 16u + i];
  }
  return sum;
}

fn normalize(thread: u32) {
  let team = thread / 16u;
  for (var round = 0u; round < 1u; round++) {
    let unit = round * 2u + team;
    let owned = team < 2u && unit < 2u;
    var sum = vec4<f32>();
    if (owned) {
      for (var lane = thread % 16u; lane < 24u; lane += 16u) {
        let at = lane * 3u + unit;
        sum += vec4<f32>(tile[at]);
        sum += vec4<f32>(tile[at + 72u]);
        sum += vec4<f32>(tile[at + 144u]);
        sum += vec4<f32>(tile[at + 216u]);
      }
    }
    partial[thread] = sum;
    workgroupBarrier();
    var mean = vec4<f32>();
    if (owned) {
      mean = team_sum(team) / 96.0;
    }
    workgroupBarrier();
    sum = vec4<f32>();
    if (owned) {
      for (var lane = thread % 16u; lane < 24u; lane += 16u) {
        let at = lane * 3u + unit;
        let centred0 = vec4<f32>(tile[at]) - mean;
        sum = fma(centred0, centred0, sum);
        let centred1 = vec4<f32>(tile[at + 72u]) - mean;
        sum = fma(centred1, centred1, sum);
        let centred2 = vec4<f32>(tile[at + 144u]) - mean;
        sum = fma(centred2, centred2, sum);
        let centred3 = vec4<f32>(tile[at + 216u]) - mean;
        sum = fma(centred3, centred3, sum);
      }
    }
    partial[thread] = sum;
    workgroupBarrier();
    var scale = vec4<f32>();
    if (owned) {
      scale = inverseSqrt(team_sum(team) / 96.0 + 0.000001);
    }
    if (owned) {
      for (var lane = thread % 16u; lane < 24u; lane += 16u) {
        let at = lane * 3u + unit;
        tile[at] = vec4<f32>((vec4<f32>(tile[at]) - mean) * scale);
        tile[at + 72u] = vec4<f32>((vec4<f32>(tile[at + 72u]) - mean) * scale);
        tile[at + 144u] = vec4<f32>((vec4<f32>(tile[at + 144u]) - mean) * scale);
        tile[at + 216u] = vec4<f32>((vec4<f32>(tile[at + 216u]) - mean) * scale);
      }
    }
    workgroupBarrier();
  }
}

fn fill_tile(image: u32, firstRow: u32, firstColumn: u32, thread: u32) {
  for (var i = thread; i < 48u; i += 32u) {
    let segment = i / 24u;
    let lane = i % 24u;
    let row = segment / 1u;
    let column = segment % 1u * 4u;
    let sums = convolve(image, firstRow + row, firstColumn + column, lane);
    put_tile(lane * 3u + segment * 1u + 0u, array<vec4<f32>, 4>(act_linear(sums[0]), act_linear(sums[1]), act_linear(sums[2]), act_linear(sums[3])));
  }
  workgroupBarrier();
  normalize(thread);
}

fn pixel_at(image: u32, row: u32, column: u32) -> u32 {
  let exists = row < uniforms.outHeight && column < uniforms.outWidth;
  return select(uniforms.pixels, (image * uniforms.outHeight + row) * uniforms.outWidth + column, exists);
}

fn output_pixel(image: u32, firstRow: u32, firstColumn: u32, row: u32) -> u32 {
  let pixel = row / 4u * 4u + row % 4u;
  let at = pixel_at(image, firstRow + pixel / 4u, firstColumn + pixel % 4u);
  return select(uniforms.pixels, at, pixel < 8u);
}

fn put_hidden(to: u32, rows: array<vec4<f32>, 4>) {
  hidden[to] = vec4<f32>(vec4<f32>(rows[0].x, rows[1].x, rows[2].x, rows[3].x));
  hidden[to + 48u] = vec4<f32>(vec4<f32>(rows[0].y, rows[1].y, rows[2].y, rows[3].y));
  hidden[to + 96u] = vec4<f32>(vec4<f32>(rows[0].z, rows[1].z, rows[2].z, rows[3].z));
  hidden[to + 144u] = vec4<f32>(vec4<f32>(rows[0].w, rows[1].w, rows[2].w, rows[3].w));
}

fn origin_expand(i: u32, firstPanel: u32) -> vec2<u32> {
  let panel = firstPanel + i / 32u;
  let input = i % 32u / 2u;
  return vec2<u32>(1200u + 2u * (panel * 96u + input) + i % 2u, input);
}

fn to_expand(i: u32) -> u32 {
  return i % 32u / 2u * 18u + 2u * (i / 32u) + i % 2u;
}

fn fetch_expand(origin: vec2<u32>, firstInput: u32) -> vec4<f32> {
  let at = origin.x + 2u * firstInput;
  return params[at];
}

fn put_expand(to: u32, value: vec4<f32>) {
  weights[to] = value;
}

fn stage_expand(firstPanel: u32, firstInput: u32, at: u32, thread: u32) {
  for (var first = thread; first < 256u; first += 128u) {
    for (var round = 0u; round < 4u; round++) {
      let i = first + round * 32u;
      let value = fetch_expand(origin_expand(i, firstPanel), firstInput);
      put_expand(at + to_expand(i), value);
    }
  }
}

fn origin_project(i: u32, firstPanel: u32) -> vec2<u32> {
  let panel = firstPanel + i / 16u;
  let input = i % 16u / 2u;
  return vec2<u32>(10512u + 2u * (panel * 384u + input) + i % 2u, input);
}

fn to_project(i: u32) -> u32 {
  return i % 16u / 2u * 34u + 2u * (i / 16u) + i % 2u;
}

fn fetch_project(origin: vec2<u32>, firstInput: u32) -> vec4<f32> {
  let at = origin.x + 2u * firstInput;
  return params[at];
}

fn put_project(to: u32, value: vec4<f32>) {
  weights[to] = value;
}

fn stage_project(firstPanel: u32, firstInput: u32, at: u32, thread: u32) {
  for (var first = thread; first < 192u; first += 96u) {
    for (var round = 0u; round < 3u; round++) {
      let i = first + round * 32u;
      let value = fetch_project(origin_project(i, firstPanel), firstInput);
      put_project(at + to_project(i), value);
    }
  }
}

fn expand_chunk(workgroup: u32, chunk: u32, thread: u32) {
  let threadRow = thread / 16u;
  let threadColumn = thread % 16u;
  let bias0 = vec4<f32>(params[10416u + chunk * 16u + threadColumn]);
  var sum0_0 = bias0;
  var sum1_0 = bias0;
  var sum2_0 = bias0;
  var sum3_0 = bias0;
  for (var slab = 0u; slab < 6u; slab++) {
    stage_expand(chunk * 8u, slab * 16u, 0u, thread);
    workgroupBarrier();
    for (var inputs = 0u; inputs < 4u; inputs++) {
      for (var input = 0u; input < 4u; input++) {
        let row = (4u * inputs + input) * 18u + threadColumn;
        let quad = input * 72u + (slab * 4u + inputs) * 3u + threadRow;
        let weight0 = vec4<f32>(weights[row]);
        let values0 = vec4<f32>(tile[quad]);
        sum0_0 = fma(weight0, vec4<f32>(values0.x), sum0_0);
        sum1_0 = fma(weight0, vec4<f32>(values0.y), sum1_0);
        sum2_0 = fma(weight0, vec4<f32>(values0.z), sum2_0);
        sum3_0 = fma(weight0, vec4<f32>(values0.w), sum3_0);
      }
    }
    workgroupBarrier();
  }
  put_hidden((threadColumn) * 3u + threadRow, array<vec4<f32>, 4>(act_gelu(sum0_0), act_gelu(sum1_0), act_gelu(sum2_0), act_gelu(sum3_0)));
}

fn finish(pixel: u32, lane: u32, sum: vec4<f32>) {
  if (pixel < uniforms.pixels && lane < 24u) {
    store(pixel, lane, act_linear(sum + load_x(pixel, lane)));
  }
}

@compute @workgroup_size(32)
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
  let image = workgroup / (uniforms.tilesDown * uniforms.tilesAcross);
  let firstRow = workgroup / uniforms.tilesAcross % uniforms.tilesDown * 2u;
  let firstColumn = workgroup % uniforms.tilesAcross * 4u;
  fill_tile(image, firstRow, firstColumn, thread);
  let threadRow = thread / 16u;
  let threadColumn = thread % 16u;
  let bias0 = vec4<f32>(params[19728u + 0u + threadColumn]);
  let bias1 = vec4<f32>(params[19728u + 0u + threadColumn + 16u]);
  var sum0_0 = bias0;
  var sum0_1 = bias1;
  var sum1_0 = bias0;
  var sum1_1 = bias1;
  var sum2_0 = bias0;
  var sum2_1 = bias1;
  var sum3_0 = bias0;
  var sum3_1 = bias1;
  for (var chunk = 0u; chunk < 6u; chunk++) {
    expand_chunk(workgroup, chunk, thread);
    for (var slab = 0u; slab < 8u; slab++) {
      stage_project(0u, chunk * 64u + slab * 8u, 0u, thread);
      workgroupBarrier();
      for (var inputs = 0u; inputs < 2u; inputs++) {
        for (var input = 0u; input < 4u; input++) {
          let row = (4u * inputs + input) * 34u + threadColumn;
          let quad = input * 48u + (slab * 2u + inputs) * 3u + threadRow;
          let weight0 = vec4<f32>(weights[row]);
          let weight1 = vec4<f32>(weights[row + 16u]);
          let values0 = vec4<f32>(hidden[quad]);
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
  }
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow), threadColumn, sum0_0);
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow + 1u), threadColumn, sum1_0);
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow + 2u), threadColumn, sum2_0);
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow + 3u), threadColumn, sum3_0);
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow), threadColumn + 16u, sum0_1);
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow + 1u), threadColumn + 16u, sum1_1);
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow + 2u), threadColumn + 16u, sum2_1);
  finish(output_pixel(image, firstRow, firstColumn, 4u * threadRow + 3u), threadColumn + 16u, sum3_1);
}
