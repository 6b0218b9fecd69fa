/**
 * The most that a GPU was seen to do: float32 multiply-adds from registers, and bytes copied through memory, by two small shaders
 * on the device of tfjs's webgpu backend. By its timestamps where it has them, else by the clock.
 */
import type {Peak} from './peak.ts';

const WORKGROUP = 256;
/** Workgroups of the loop over registers: many times what the largest GPUs run at once. */
const FMA_WORKGROUPS = 2048;
/** Sums of a thread that do not wait for one another, each of 4 lanes. */
const SUMS = 8;
/** A measured run lasts at least so long, unless it is the longest. */
const RUN_MS = 4;
const MOST_STEPS = 2 ** 14;
/** Larger than the last cache of any GPU, where the device allows that. Units: bytes. */
const COPY_BYTES = 2 ** 27;
const SAMPLES = 8;
/** No more samples then: a CPU that plays the GPU takes long for each. */
const SAMPLING_MS = 500;

/** Returns the device's peak. */
export async function measureGPUPeak(device: GPUDevice): Promise<Peak> {
  const clock = new GPUClock(device);
  try {
    const fma = await fmaRate(device, clock);
    return {gmacsPerS: fma, gbytesPerS: await copyRate(device, clock), loop: 'registers', loops: {registers: fma}};
  } finally {
    clock.destroy();
  }
}

/**
 * Thread map: a thread owns one number of `sums`, and adds up its own 4·SUMS sums for it. No workgroup memory. What starts as
 * zeros stays so: no sum is what is asked for, which no compiler can know.
 */
function fmaShader(): string {
  const sums = Array.from({length: SUMS}, (_, i) => `s${i}`);
  return `
@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
override steps: u32;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let start = vec4f(sums[id.x]);
  let factor = start * 0.5 + 0.999;
${sums.map((sum, i) => `  var ${sum} = start + ${i}.0;`).join('\n')}
  for (var step = 0u; step < steps; step++) {
${sums.map((sum) => `    ${sum} = fma(${sum}, factor, start);`).join('\n')}
  }
  let total = dot(${sums.join(' + ')}, vec4f(1));
  if (total == 12345.0) {
    sums[id.x] = total;
  }
}`;
}

/** Thread map: a thread owns the 4 numbers of its place, read once and written once. */
const COPY_SHADER = `
@group(0) @binding(0) var<storage, read_write> copy: array<vec4f>;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let place = id.y * groups.x * ${WORKGROUP}u + id.x;
  if (place < arrayLength(&source)) {
    copy[place] = source[place];
  }
}`;

/** Units: GMAC/s. */
async function fmaRate(device: GPUDevice, clock: GPUClock): Promise<number> {
  const threads = FMA_WORKGROUPS * WORKGROUP;
  const sums = device.createBuffer({size: 4 * threads, usage: GPUBufferUsage.STORAGE});
  const module = device.createShaderModule({code: fmaShader()});
  const work = async (steps: number): Promise<Work> => {
    const compute = {module, entryPoint: 'main', constants: {steps}};
    // Only the asynchronous form says what is wrong with a shader.
    const pipeline = await device.createComputePipelineAsync({layout: 'auto', compute});
    return {pipeline, buffers: [sums], groups: [FMA_WORKGROUPS, 1]};
  };
  let steps = 64;
  while (steps < MOST_STEPS && (await clock.run(await work(steps))) < RUN_MS) steps *= 4;
  const ms = await clock.best(await work(steps));
  sums.destroy();
  return (threads * steps * SUMS * 4) / ms / 1e6;
}

/** Units: GB/s, read and written. */
async function copyRate(device: GPUDevice, clock: GPUClock): Promise<number> {
  const {maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension: most} = device.limits;
  const size = Math.min(COPY_BYTES, maxBufferSize, maxStorageBufferBindingSize);
  const buffers = [0, 1].map(() => device.createBuffer({size, usage: GPUBufferUsage.STORAGE}));
  const groups = Math.ceil(size / 16 / WORKGROUP);
  const compute = {module: device.createShaderModule({code: COPY_SHADER}), entryPoint: 'main'};
  const pipeline = await device.createComputePipelineAsync({layout: 'auto', compute});
  const ms = await clock.best({pipeline, buffers, groups: [Math.min(groups, most), Math.ceil(groups / most)]});
  for (const buffer of buffers) buffer.destroy();
  return (2 * size) / ms / 1e6;
}

/** One dispatch. */
interface Work {
  readonly pipeline: GPUComputePipeline;
  readonly buffers: readonly GPUBuffer[];
  readonly groups: readonly [number, number];
}

const TIMESTAMPS = 2;
const TIMESTAMP_BYTES = 8 * TIMESTAMPS;

/** Runs dispatches and says how long each took. */
class GPUClock {
  private readonly queries: GPUQuerySet | null;
  private readonly resolved: GPUBuffer;
  private readonly read: GPUBuffer;

  constructor(private readonly device: GPUDevice) {
    const hasTimestamps = device.features.has('timestamp-query');
    this.queries = hasTimestamps ? device.createQuerySet({type: 'timestamp', count: TIMESTAMPS}) : null;
    const {QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ} = GPUBufferUsage;
    this.resolved = device.createBuffer({size: TIMESTAMP_BYTES, usage: QUERY_RESOLVE | COPY_SRC});
    this.read = device.createBuffer({size: TIMESTAMP_BYTES, usage: COPY_DST | MAP_READ});
  }

  /** Returns the shortest of several runs: a peak is what the GPU can do when nothing disturbs it. Units: milliseconds. */
  async best(work: Work): Promise<number> {
    let best = Infinity;
    let total = 0;
    for (let sample = 0; sample < SAMPLES && total < SAMPLING_MS; sample++) {
      const ms = await this.run(work);
      best = Math.min(best, ms);
      total += ms;
    }
    return best;
  }

  /** Units: milliseconds. */
  async run({pipeline, buffers, groups}: Work): Promise<number> {
    const {device, queries} = this;
    const entries = buffers.map((buffer, binding) => ({binding, resource: {buffer}}));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass(
      queries === null
        ? {}
        : {timestampWrites: {querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1}},
    );
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({layout: pipeline.getBindGroupLayout(0), entries}));
    pass.dispatchWorkgroups(...groups);
    pass.end();
    if (queries !== null) {
      encoder.resolveQuerySet(queries, 0, TIMESTAMPS, this.resolved, 0);
      encoder.copyBufferToBuffer(this.resolved, 0, this.read, 0, TIMESTAMP_BYTES);
    }
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    if (queries !== null) return this.timestampsApart();
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  }

  private async timestampsApart(): Promise<number> {
    await this.read.mapAsync(GPUMapMode.READ);
    const [start = 0n, end = 0n] = new BigUint64Array(this.read.getMappedRange());
    const ms = Number(end - start) / 1e6;
    this.read.unmap();
    return ms;
  }

  destroy(): void {
    this.queries?.destroy();
    this.resolved.destroy();
    this.read.destroy();
  }
}
