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
  return x[pixel * 8u + lane];
}

fn store(pixel: u32, lane: u32, value: vec4<f32>) {
  output[pixel * 8u + lane] = value;
}

fn act_relu6(x: vec4<f32>) -> vec4<f32> {
  let positive = select(x, vec4<f32>(), x < vec4<f32>());
  return select(positive, vec4<f32>(6.0), positive > vec4<f32>(6.0));
}

fn act_linear(x: vec4<f32>) -> vec4<f32> {
  return x;
}

var<workgroup> hidden: array<vec4<f32>, 135>;
var<workgroup> pixels: array<vec4<f32>, 224>;
var<workgroup> spatial: array<vec4<f32>, 112>;
var<workgroup> weights: array<vec4<f32>, 480>;

const OUTSIDE = 0xffffffffu;

fn input_pixel(image: u32, firstRow: u32, firstColumn: u32, pixel: u32) -> u32 {
  let row = firstRow * 1u + pixel / 9u - uniforms.padTop;
  let column = firstColumn * 1u + pixel % 9u - uniforms.padLeft;
  let inside = (row < uniforms.inHeight) & (column < uniforms.inWidth);
  return select(OUTSIDE, (image * uniforms.inHeight + row) * uniforms.inWidth + column, inside);
}

fn origin_expand(i: u32, firstPanel: u32) -> vec2<u32> {
  let panel = firstPanel + i / 64u;
  let input = i % 64u / 2u;
  return vec2<u32>(0u + 2u * (panel * 32u + input) + i % 2u, select(32u, input, panel < 24u));
}

fn to_expand(i: u32) -> u32 {
  return i % 64u / 2u * 10u + 2u * (i / 64u) + i % 2u;
}

fn fetch_expand(origin: vec2<u32>, firstInput: u32) -> vec4<f32> {
  let at = origin.x + 2u * firstInput;
  let exists = origin.y + firstInput < 32u;
  return select(vec4<f32>(), params[select(0u, at, exists)], exists);
}

fn put_expand(to: u32, value: vec4<f32>) {
  weights[to] = value;
}

fn stage_expand(firstPanel: u32, firstInput: u32, at: u32, thread: u32) {
  for (var first = thread; first < 168u; first += 168u) {
    for (var round = 0u; round < 3u; round++) {
      let i = first + round * 56u;
      let value = fetch_expand(origin_expand(i, firstPanel), firstInput);
      if (i < 128u) {
        put_expand(at + to_expand(i), value);
      }
    }
  }
}

fn put_pixels(to: u32, rows: array<vec4<f32>, 4>) {
  pixels[to] = vec4<f32>(vec4<f32>(rows[0].x, rows[1].x, rows[2].x, rows[3].x));
  pixels[to + 56u] = vec4<f32>(vec4<f32>(rows[0].y, rows[1].y, rows[2].y, rows[3].y));
  pixels[to + 112u] = vec4<f32>(vec4<f32>(rows[0].z, rows[1].z, rows[2].z, rows[3].z));
  pixels[to + 168u] = vec4<f32>(vec4<f32>(rows[0].w, rows[1].w, rows[2].w, rows[3].w));
}

fn origin_pixels(i: u32) -> vec2<u32> {
  return vec2<u32>(4u * (i % 7u), i / 7u);
}

fn fetch_pixels(
  origin: vec2<u32>,
  image: u32,
  firstRow: u32,
  firstColumn: u32,
  firstLane: u32,
) -> array<vec4<f32>, 4> {
  let lane = origin.y + firstLane;
  var rows: array<vec4<f32>, 4>;
  for (var k = 0u; k < 4u; k++) {
    let pixel = input_pixel(image, firstRow, firstColumn, origin.x + k);
    let inside = pixel != OUTSIDE;
    let value = load_x(select(0u, pixel, inside), lane);
    rows[k] = select(vec4<f32>(), value, inside);
  }
  return rows;
}

fn to_pixels(i: u32) -> u32 {
  return i / 7u * 7u + i % 7u;
}

fn stage_pixels(image: u32, firstRow: u32, firstColumn: u32, firstLane: u32, at: u32, thread: u32) {
  for (var first = thread; first < 56u; first += 56u) {
    for (var round = 0u; round < 1u; round++) {
      let i = first + round * 56u;
      let value = fetch_pixels(origin_pixels(i), image, firstRow, firstColumn, firstLane);
      put_pixels(at + to_pixels(i), value);
    }
  }
}

fn rows_inside(image: u32, firstRow: u32, firstColumn: u32, thread: u32) -> u32 {
  let threadRow = thread / 8u;
  var inside = 0u;
  for (var i = 0u; i < 4u; i++) {
    let pixel = 4u * (threadRow + i / 4u * 7u) + i % 4u;
    let isInside = input_pixel(image, firstRow, firstColumn, pixel) != OUTSIDE;
    inside |= select(0u, 1u << i, isInside);
  }
  return inside;
}

fn set_hidden(pixel: u32, inside: bool, chunk: u32, laneOfChunk: u32, sum: vec4<f32>) {
  let lane = chunk * 4u + laneOfChunk;
  let value = select(vec4<f32>(), act_relu6(sum), inside);
  if (pixel < 27u && laneOfChunk < 4u) {
    hidden[pixel * 5u + laneOfChunk] = vec4<f32>(value);
  }
}

fn expand_chunk(image: u32, firstRow: u32, firstColumn: u32, inside: u32, chunk: u32, thread: u32) {
  let threadRow = thread / 8u;
  let threadColumn = thread % 8u;
  let bias0 = vec4<f32>(params[1536u + chunk * 4u + threadColumn]);
  var sum0_0 = bias0;
  var sum1_0 = bias0;
  var sum2_0 = bias0;
  var sum3_0 = bias0;
  for (var inputs = 0u; inputs < 8u; inputs++) {
    for (var input = 0u; input < 4u; input++) {
      let row = (4u * inputs + input) * 10u + threadColumn;
      let quad = input * 56u + inputs * 7u + threadRow;
      let weight0 = vec4<f32>(weights[row]);
      let values0 = vec4<f32>(pixels[quad]);
      sum0_0 = fma(weight0, vec4<f32>(values0.x), sum0_0);
      sum1_0 = fma(weight0, vec4<f32>(values0.y), sum1_0);
      sum2_0 = fma(weight0, vec4<f32>(values0.z), sum2_0);
      sum3_0 = fma(weight0, vec4<f32>(values0.w), sum3_0);
    }
  }
  set_hidden(4u * threadRow, (inside & 1u) != 0u, chunk, threadColumn, sum0_0);
  set_hidden(4u * threadRow + 1u, (inside & 2u) != 0u, chunk, threadColumn, sum1_0);
  set_hidden(4u * threadRow + 2u, (inside & 4u) != 0u, chunk, threadColumn, sum2_0);
  set_hidden(4u * threadRow + 3u, (inside & 8u) != 0u, chunk, threadColumn, sum3_0);
  workgroupBarrier();
}

fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let pixel = u32(row) * 9u + u32(column);
  return vec4<f32>(hidden[pixel * 5u + lane % 4u]);
}

fn convolve(image: u32, row: u32, column: u32, lane: u32) -> array<vec4<f32>, 1> {
  let bias = vec4<f32>(params[2016u + lane]);
  var sums: array<vec4<f32>, 1>;
  for (var p = 0u; p < 1u; p++) {
    sums[p] = bias;
  }
  let top = i32(row * 1u) - 0;
  let left = i32(column * 1u) - 0;
  let filterAt = 1584u + (lane / 2u) * 18u + lane % 2u;
  let weight0 = vec4<f32>(params[filterAt + 0u]);
  let weight1 = vec4<f32>(params[filterAt + 2u]);
  let weight2 = vec4<f32>(params[filterAt + 4u]);
  let weight3 = vec4<f32>(params[filterAt + 6u]);
  let weight4 = vec4<f32>(params[filterAt + 8u]);
  let weight5 = vec4<f32>(params[filterAt + 10u]);
  let weight6 = vec4<f32>(params[filterAt + 12u]);
  let weight7 = vec4<f32>(params[filterAt + 14u]);
  let weight8 = vec4<f32>(params[filterAt + 16u]);
  {
    let y = top + 0;
    var values: array<vec4<f32>, 3>;
    for (var j = 0u; j < 3u; j++) {
      values[j] = tap(image, y, left + i32(j), lane);
    }
    sums[0] = fma(weight0, values[0], sums[0]);
    sums[0] = fma(weight1, values[1], sums[0]);
    sums[0] = fma(weight2, values[2], sums[0]);
  }
  {
    let y = top + 1;
    var values: array<vec4<f32>, 3>;
    for (var j = 0u; j < 3u; j++) {
      values[j] = tap(image, y, left + i32(j), lane);
    }
    sums[0] = fma(weight3, values[0], sums[0]);
    sums[0] = fma(weight4, values[1], sums[0]);
    sums[0] = fma(weight5, values[2], sums[0]);
  }
  {
    let y = top + 2;
    var values: array<vec4<f32>, 3>;
    for (var j = 0u; j < 3u; j++) {
      values[j] = tap(image, y, left + i32(j), lane);
    }
    sums[0] = fma(weight6, values[0], sums[0]);
    sums[0] = fma(weight7, values[1], sums[0]);
    sums[0] = fma(weight8, values[2], sums[0]);
  }
  return sums;
}

fn put_spatial(to: u32, rows: array<vec4<f32>, 4>) {
  spatial[to] = vec4<f32>(vec4<f32>(rows[0].x, rows[1].x, rows[2].x, rows[3].x));
  spatial[to + 28u] = vec4<f32>(vec4<f32>(rows[0].y, rows[1].y, rows[2].y, rows[3].y));
  spatial[to + 56u] = vec4<f32>(vec4<f32>(rows[0].z, rows[1].z, rows[2].z, rows[3].z));
  spatial[to + 84u] = vec4<f32>(vec4<f32>(rows[0].w, rows[1].w, rows[2].w, rows[3].w));
}

fn convolve_chunk(image: u32, firstRow: u32, firstColumn: u32, chunk: u32, thread: u32) {
  for (var i = thread; i < 28u; i += 56u) {
    let segment = i / 4u;
    let lane = i % 4u;
    let row = segment / 7u;
    let column = segment % 7u * 1u;
    let hiddenLane = chunk * 4u + lane;
    var sums = array<vec4<f32>, 1>();
    if (hiddenLane < 48u) {
      sums = convolve(image, row, column, hiddenLane);
    }
    put_spatial(lane * 7u + segment * 1u + 0u, array<vec4<f32>, 4>(act_relu6(sums[0]), vec4<f32>(), vec4<f32>(), vec4<f32>()));
  }
}

fn origin_project(i: u32, firstPanel: u32) -> vec2<u32> {
  let panel = firstPanel + i / 32u;
  let input = i % 32u / 2u;
  return vec2<u32>(2064u + 2u * (panel * 192u + input) + i % 2u, input);
}

fn to_project(i: u32) -> u32 {
  return i % 32u / 2u * 10u + 2u * (i / 32u) + i % 2u;
}

fn fetch_project(origin: vec2<u32>, firstInput: u32) -> vec4<f32> {
  let at = origin.x + 2u * firstInput;
  return params[at];
}

fn put_project(to: u32, value: vec4<f32>) {
  weights[to] = value;
}

fn stage_project(firstPanel: u32, firstInput: u32, at: u32, thread: u32) {
  for (var first = thread; first < 168u; first += 168u) {
    for (var round = 0u; round < 3u; round++) {
      let i = first + round * 56u;
      let value = fetch_project(origin_project(i, firstPanel), firstInput);
      if (i < 128u) {
        put_project(at + to_project(i), value);
      }
    }
  }
}

fn pixel_at(image: u32, row: u32, column: u32) -> u32 {
  let exists = row < uniforms.outHeight && column < uniforms.outWidth;
  return select(uniforms.pixels, (image * uniforms.outHeight + row) * uniforms.outWidth + column, exists);
}

fn output_pixel(image: u32, firstRow: u32, firstColumn: u32, row: u32) -> u32 {
  let pixel = row / 4u * 1u + row % 4u;
  let at = pixel_at(image, firstRow + pixel / 7u, firstColumn + pixel % 7u);
  return select(uniforms.pixels, at, row % 4u < 1u && pixel < 7u);
}

fn finish(pixel: u32, lane: u32, sum: vec4<f32>) {
  if (pixel < uniforms.pixels && lane < 8u) {
    store(pixel, lane, act_linear(sum + load_x(pixel, lane)));
  }
}

fn add_sum(at: u32, turn: u32, sum: vec4<f32>) {
  weights[at] = sum + select(weights[at], vec4<f32>(), turn == 0u);
}

@compute @workgroup_size(56)
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
  let firstRow = workgroup / uniforms.tilesAcross % uniforms.tilesDown * 1u;
  let firstColumn = workgroup % uniforms.tilesAcross * 7u;
  let inside = rows_inside(image, firstRow, firstColumn, thread);
  let part = thread / 28u;
  let threadRow = thread % 28u / 4u;
  let threadColumn = thread % 4u;
  let bias0 = select(vec4<f32>(), vec4<f32>(params[3600u + 0u + threadColumn]), part == 0u);
  let bias1 = select(vec4<f32>(), vec4<f32>(params[3600u + 0u + threadColumn + 4u]), part == 0u);
  var sum0_0 = bias0;
  var sum0_1 = bias1;
  var sum1_0 = bias0;
  var sum1_1 = bias1;
  var sum2_0 = bias0;
  var sum2_1 = bias1;
  var sum3_0 = bias0;
  var sum3_1 = bias1;
  stage_pixels(image, firstRow, firstColumn, 0u, 0u, thread);
  stage_expand((0u) * 2u, 0u, 0u, thread);
  workgroupBarrier();
  for (var chunk = 0u; chunk < 12u; chunk++) {
    expand_chunk(image, firstRow, firstColumn, inside, chunk, thread);
    convolve_chunk(image, firstRow, firstColumn, chunk, thread);
    stage_expand((chunk + 1u) * 2u, 0u, 0u, thread);
    for (var slab = 0u; slab < 1u; slab++) {
      if (slab > 0u) {
        workgroupBarrier();
      }
      stage_project(0u, chunk * 16u + slab * 16u, 320u, thread);
      workgroupBarrier();
      for (var inputs = 0u; inputs < 2u; inputs++) {
        for (var input = 0u; input < 4u; input++) {
          let row = (4u * (part * 2u + inputs) + input) * 10u + threadColumn + 320u;
          let quad = input * 28u + (slab * 4u + (part * 2u + inputs)) * 7u + threadRow;
          let weight0 = vec4<f32>(weights[row]);
          let weight1 = vec4<f32>(weights[row + 4u]);
          let values0 = vec4<f32>(spatial[quad]);
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
    }
  }
  workgroupBarrier();
  for (var turn = 0u; turn < 2u; turn++) {
    if (part == turn) {
      add_sum((4u * threadRow) * 8u + threadColumn, turn, sum0_0);
      add_sum((4u * threadRow + 1u) * 8u + threadColumn, turn, sum1_0);
      add_sum((4u * threadRow + 2u) * 8u + threadColumn, turn, sum2_0);
      add_sum((4u * threadRow + 3u) * 8u + threadColumn, turn, sum3_0);
      add_sum((4u * threadRow) * 8u + threadColumn + 4u, turn, sum0_1);
      add_sum((4u * threadRow + 1u) * 8u + threadColumn + 4u, turn, sum1_1);
      add_sum((4u * threadRow + 2u) * 8u + threadColumn + 4u, turn, sum2_1);
      add_sum((4u * threadRow + 3u) * 8u + threadColumn + 4u, turn, sum3_1);
    }
    workgroupBarrier();
  }
  for (var i = thread; i < 224u; i += 56u) {
    finish(output_pixel(image, firstRow, firstColumn, i / 8u), i % 8u, weights[i]);
  }
}
