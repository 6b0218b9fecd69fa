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
  output[pixel * 96u + lane] = value;
}

fn act_linear(x: vec4<f32>) -> vec4<f32> {
  return x;
}

var<workgroup> tile: array<vec4<f32>, 776>;
var<workgroup> partial: array<vec4<f32>, 128>;

fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let above = (row < 0) | (column < 0);
  let below = (row >= i32(uniforms.inHeight)) | (column >= i32(uniforms.inWidth));
  let pixel = (image * uniforms.inHeight + u32(row)) * uniforms.inWidth + u32(column);
  let value = load_source(select(pixel, 0u, above | below), lane);
  return select(value, vec4<f32>(), above | below);
}

fn convolve(image: u32, row: u32, column: u32, lane: u32) -> array<vec4<f32>, 4> {
  let bias = vec4<f32>(params[4704u + lane]);
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
    let unit = round * 8u + team;
    let owned = team < 8u && unit < 8u;
    var sum = vec4<f32>();
    if (owned) {
      for (var lane = thread % 16u; lane < 96u; lane += 16u) {
        let at = unit * 97u + lane;
        sum += vec4<f32>(tile[at]);
      }
    }
    if (thread < 128u) {
      partial[thread] = sum;
    }
    workgroupBarrier();
    var mean = vec4<f32>();
    if (owned) {
      mean = vec4<f32>(dot(team_sum(team), vec4<f32>(1.0))) / 384.0;
    }
    workgroupBarrier();
    sum = vec4<f32>();
    if (owned) {
      for (var lane = thread % 16u; lane < 96u; lane += 16u) {
        let at = unit * 97u + lane;
        let centred0 = vec4<f32>(tile[at]) - mean;
        sum = fma(centred0, centred0, sum);
      }
    }
    if (thread < 128u) {
      partial[thread] = sum;
    }
    workgroupBarrier();
    var scale = vec4<f32>();
    if (owned) {
      scale = inverseSqrt(vec4<f32>(dot(team_sum(team), vec4<f32>(1.0))) / 384.0 + 0.000001);
    }
    if (owned) {
      for (var lane = thread % 16u; lane < 96u; lane += 16u) {
        let at = unit * 97u + lane;
        tile[at] = vec4<f32>((vec4<f32>(tile[at]) - mean) * scale);
      }
    }
    workgroupBarrier();
  }
}

fn fill_tile(image: u32, firstRow: u32, firstColumn: u32, thread: u32) {
  for (var i = thread; i < 192u; i += 192u) {
    let segment = i / 96u;
    let lane = i % 96u;
    let row = segment / 1u;
    let column = segment % 1u * 4u;
    let sums = convolve(image, firstRow + row, firstColumn + column, lane);
    for (var p = 0u; p < 4u; p++) {
      tile[(segment * 4u + p) * 97u + lane] = vec4<f32>(act_linear(sums[p]));
    }
  }
  workgroupBarrier();
  normalize(thread);
}

fn pixel_at(image: u32, row: u32, column: u32) -> u32 {
  let exists = row < uniforms.outHeight && column < uniforms.outWidth;
  return select(uniforms.pixels, (image * uniforms.outHeight + row) * uniforms.outWidth + column, exists);
}

@compute @workgroup_size(192)
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
  for (var i = thread; i < 768u; i += 192u) {
    let pixel = i / 96u;
    let lane = i % 96u;
    let at = pixel_at(image, firstRow + pixel / 4u, firstColumn + pixel % 4u);
    if (at < uniforms.pixels) {
      store(at, lane, vec4<f32>(tile[pixel * 97u + lane]));
    }
  }
}
