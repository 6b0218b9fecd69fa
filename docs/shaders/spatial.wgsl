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

var<workgroup> tile: array<vec4<f32>, 384>;
var<workgroup> partial: array<vec4<f32>, 16>;

fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let above = (row < 0) | (column < 0);
  let below = (row >= i32(uniforms.inHeight)) | (column >= i32(uniforms.inWidth));
  let pixel = (image * uniforms.inHeight + u32(row)) * uniforms.inWidth + u32(column);
  let value = load_source(select(pixel, 0u, above | below), lane);
  return select(value, vec4<f32>(), above | below);
}

fn convolve(image: u32, row: u32, column: u32, lane: u32) -> array<vec4<f32>, 2> {
  let bias = vec4<f32>(params[4704u + lane]);
  var sums: array<vec4<f32>, 2>;
  for (var p = 0u; p < 2u; p++) {
    sums[p] = bias;
  }
  let top = i32(row * 1u) - i32(uniforms.padTop);
  let left = i32(column * 1u) - i32(uniforms.padLeft);
  let filterAt = 0u + (lane / 2u) * 98u + lane % 2u;
  for (var filterRow = 0u; filterRow < 7u; filterRow++) {
    let y = top + i32(filterRow);
    var values: array<vec4<f32>, 8>;
    for (var j = 0u; j < 8u; j++) {
      values[j] = tap(image, y, left + i32(j), lane);
    }
    for (var filterColumn = 0u; filterColumn < 7u; filterColumn++) {
      let weight = vec4<f32>(params[filterAt + 2u * (filterRow * 7u + filterColumn)]);
      for (var p = 0u; p < 2u; p++) {
        sums[p] = fma(weight, values[p * 1u + filterColumn], sums[p]);
      }
    }
  }
  return sums;
}

fn put_tile(to: u32, rows: array<vec4<f32>, 4>) {
  tile[to] = vec4<f32>(vec4<f32>(rows[0].x, rows[1].x, rows[2].x, rows[3].x));
  tile[to + 96u] = vec4<f32>(vec4<f32>(rows[0].y, rows[1].y, rows[2].y, rows[3].y));
  tile[to + 192u] = vec4<f32>(vec4<f32>(rows[0].z, rows[1].z, rows[2].z, rows[3].z));
  tile[to + 288u] = vec4<f32>(vec4<f32>(rows[0].w, rows[1].w, rows[2].w, rows[3].w));
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
    let quad = round * 1u + team;
    let owned = team < 1u && quad < 1u;
    var sum = vec4<f32>();
    if (owned) {
      for (var lane = thread % 16u; lane < 96u; lane += 16u) {
        let at = lane * 1u + quad;
        sum += vec4<f32>(tile[at]);
        sum += vec4<f32>(tile[at + 96u]);
        sum += vec4<f32>(tile[at + 192u]);
        sum += vec4<f32>(tile[at + 288u]);
      }
    }
    if (thread < 16u) {
      partial[thread] = sum;
    }
    workgroupBarrier();
    var mean = vec4<f32>();
    if (owned) {
      mean = team_sum(team) / 384.0;
    }
    workgroupBarrier();
    sum = vec4<f32>();
    if (owned) {
      for (var lane = thread % 16u; lane < 96u; lane += 16u) {
        let at = lane * 1u + quad;
        let centred0 = vec4<f32>(tile[at]) - mean;
        sum = fma(centred0, centred0, sum);
        let centred1 = vec4<f32>(tile[at + 96u]) - mean;
        sum = fma(centred1, centred1, sum);
        let centred2 = vec4<f32>(tile[at + 192u]) - mean;
        sum = fma(centred2, centred2, sum);
        let centred3 = vec4<f32>(tile[at + 288u]) - mean;
        sum = fma(centred3, centred3, sum);
      }
    }
    if (thread < 16u) {
      partial[thread] = sum;
    }
    workgroupBarrier();
    var scale = vec4<f32>();
    if (owned) {
      scale = inverseSqrt(team_sum(team) / 384.0 + 0.000001);
    }
    if (owned) {
      for (var lane = thread % 16u; lane < 96u; lane += 16u) {
        let at = lane * 1u + quad;
        tile[at] = vec4<f32>((vec4<f32>(tile[at]) - mean) * scale);
        tile[at + 96u] = vec4<f32>((vec4<f32>(tile[at + 96u]) - mean) * scale);
        tile[at + 192u] = vec4<f32>((vec4<f32>(tile[at + 192u]) - mean) * scale);
        tile[at + 288u] = vec4<f32>((vec4<f32>(tile[at + 288u]) - mean) * scale);
      }
    }
    workgroupBarrier();
  }
}

fn fill_tile(image: u32, firstRow: u32, firstColumn: u32, thread: u32) {
  for (var i = thread; i < 96u; i += 32u) {
    let segment = i / 96u;
    let lane = i % 96u;
    let row = segment / 1u;
    let column = segment % 1u * 2u;
    let sums = convolve(image, firstRow + row, firstColumn + column, lane);
    put_tile(lane * 1u + segment * 1u + 0u, array<vec4<f32>, 4>(act_linear(sums[0]), act_linear(sums[1]), vec4<f32>(), vec4<f32>()));
  }
  workgroupBarrier();
  normalize(thread);
}

fn pixel_at(image: u32, row: u32, column: u32) -> u32 {
  let exists = row < uniforms.outHeight && column < uniforms.outWidth;
  return select(uniforms.pixels, (image * uniforms.outHeight + row) * uniforms.outWidth + column, exists);
}

fn output_pixel(image: u32, firstRow: u32, firstColumn: u32, row: u32) -> u32 {
  let pixel = row / 4u * 2u + row % 4u;
  let at = pixel_at(image, firstRow + pixel / 2u, firstColumn + pixel % 2u);
  return select(uniforms.pixels, at, row % 4u < 2u && pixel < 2u);
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
  let firstRow = workgroup / uniforms.tilesAcross % uniforms.tilesDown * 1u;
  let firstColumn = workgroup % uniforms.tilesAcross * 2u;
  fill_tile(image, firstRow, firstColumn, thread);
  for (var i = thread; i < 96u; i += 32u) {
    let quad = i / 96u;
    let lane = i % 96u;
    let channel0 = vec4<f32>(tile[0u * 96u + lane * 1u + quad]);
    let channel1 = vec4<f32>(tile[1u * 96u + lane * 1u + quad]);
    let channel2 = vec4<f32>(tile[2u * 96u + lane * 1u + quad]);
    let channel3 = vec4<f32>(tile[3u * 96u + lane * 1u + quad]);
    let at0 = output_pixel(image, firstRow, firstColumn, 4u * quad);
    if (at0 < uniforms.pixels) {
      store(at0, lane, vec4<f32>(channel0[0], channel1[0], channel2[0], channel3[0]));
    }
    let at1 = output_pixel(image, firstRow, firstColumn, 4u * quad + 1u);
    if (at1 < uniforms.pixels) {
      store(at1, lane, vec4<f32>(channel0[1], channel1[1], channel2[1], channel3[1]));
    }
    let at2 = output_pixel(image, firstRow, firstColumn, 4u * quad + 2u);
    if (at2 < uniforms.pixels) {
      store(at2, lane, vec4<f32>(channel0[2], channel1[2], channel2[2], channel3[2]));
    }
    let at3 = output_pixel(image, firstRow, firstColumn, 4u * quad + 3u);
    if (at3 < uniforms.pixels) {
      store(at3, lane, vec4<f32>(channel0[3], channel1[3], channel2[3], channel3[3]));
    }
  }
}
