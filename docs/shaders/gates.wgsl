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

@group(0) @binding(1) var<storage, read> tileSums: array<vec4<f32>>;

@group(0) @binding(2) var<storage, read> params: array<vec4<f32>>;

@group(0) @binding(3) var<uniform> uniforms: Uniforms;

fn load_tileSums(pixel: u32, lane: u32) -> vec4<f32> {
  return tileSums[pixel * 60u + lane];
}

fn store(pixel: u32, lane: u32, value: vec4<f32>) {
  output[pixel * 60u + lane] = value;
}

fn act_silu(x: vec4<f32>) -> vec4<f32> {
  let above = select(x, vec4<f32>(-17), x < vec4<f32>(-17));
  let c = select(above, vec4<f32>(17), above > vec4<f32>(17));
  let s = c * c;
  let gate = 0.5 + c * fma(fma(fma(fma(vec4<f32>(4.98805502e-11), s, vec4<f32>(1.23617311e-7)), s, vec4<f32>(0.0000626602768)), s, vec4<f32>(0.00861656944)), s, vec4<f32>(0.249999996)) / fma(fma(fma(fma(fma(vec4<f32>(7.27768612e-13), s, vec4<f32>(6.34005328e-9)), s, vec4<f32>(0.00000658000901)), s, vec4<f32>(0.00173394399)), s, vec4<f32>(0.117799599)), s, vec4<f32>(1));
  return x * gate;
}

fn act_sigmoid(x: vec4<f32>) -> vec4<f32> {
  let above = select(x, vec4<f32>(-17), x < vec4<f32>(-17));
  let c = select(above, vec4<f32>(17), above > vec4<f32>(17));
  let s = c * c;
  let gate = 0.5 + c * fma(fma(fma(fma(vec4<f32>(4.98805502e-11), s, vec4<f32>(1.23617311e-7)), s, vec4<f32>(0.0000626602768)), s, vec4<f32>(0.00861656944)), s, vec4<f32>(0.249999996)) / fma(fma(fma(fma(fma(vec4<f32>(7.27768612e-13), s, vec4<f32>(6.34005328e-9)), s, vec4<f32>(0.00000658000901)), s, vec4<f32>(0.00173394399)), s, vec4<f32>(0.117799599)), s, vec4<f32>(1));
  return gate;
}

var<workgroup> partial: array<vec4<f32>, 240>;
var<workgroup> means: array<f32, 240>;
var<workgroup> reduced: array<f32, 12>;

fn part_sum(image: u32, lane: u32, part: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var first = part; first < uniforms.sums; first += 16u) {
    for (var i = 0u; i < 4u; i++) {
      let tile = first + i * 4u;
      let exists = tile < uniforms.sums;
      let value = load_tileSums(image * uniforms.sums + select(0u, tile, exists), lane);
      sum += select(vec4<f32>(), value, exists);
    }
  }
  return sum;
}

fn image_sum(image: u32, lane: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var part = 0u; part < 4u; part++) {
    sum += partial[part * 60u + lane];
  }
  return sum;
}

@compute @workgroup_size(256)
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
  let image = workgroup;
  for (var item = thread; item < 240u; item += 256u) {
    partial[item] = part_sum(image, item % 60u, item / 60u);
  }
  workgroupBarrier();
  for (var lane = thread; lane < 60u; lane += 256u) {
    let mean = image_sum(image, lane) / f32(uniforms.outHeight * uniforms.outWidth);
    means[4u * lane + 0u] = mean[0];
    means[4u * lane + 1u] = mean[1];
    means[4u * lane + 2u] = mean[2];
    means[4u * lane + 3u] = mean[3];
  }
  workgroupBarrier();
  for (var item = thread; item < 96u; item += 256u) {
    let lane = item / 32u;
    let part = item % 32u;
    var sum = vec4<f32>();
    let weightsAt = 4020u + (lane / 2u) * 480u + lane % 2u;
    for (var first = 0u; first < 240u; first += 128u) {
      for (var i = 0u; i < 4u; i++) {
        let input = first + i * 32u + part;
        let exists = input < 240u;
        let at = select(0u, input, exists);
        sum = select(sum, fma(vec4<f32>(params[weightsAt + 2u * at]), vec4<f32>(means[at]), sum), exists);
      }
    }
    partial[item] = sum;
  }
  workgroupBarrier();
  for (var lane = thread; lane < 3u; lane += 256u) {
    var sum = vec4<f32>(params[4980u + lane]);
    for (var part = 0u; part < 32u; part++) {
      sum += partial[lane * 32u + part];
    }
    let value = act_silu(sum);
    reduced[4u * lane + 0u] = value[0];
    reduced[4u * lane + 1u] = value[1];
    reduced[4u * lane + 2u] = value[2];
    reduced[4u * lane + 3u] = value[3];
  }
  workgroupBarrier();
  for (var lane = thread; lane < 60u; lane += 256u) {
    var sum = vec4<f32>(params[5584u + lane]);
    let weightsAt = 4984u + (lane / 2u) * 20u + lane % 2u;
    for (var first = 0u; first < 10u; first += 4u) {
      for (var i = 0u; i < 4u; i++) {
        let input = first + i;
        let exists = input < 10u;
        let at = select(0u, input, exists);
        sum = select(sum, fma(vec4<f32>(params[weightsAt + 2u * at]), vec4<f32>(reduced[at]), sum), exists);
      }
    }
    output[image * 60u + lane] = act_sigmoid(sum);
  }
}
