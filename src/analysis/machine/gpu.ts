/**
 * What a GPU can do: float32 multiply-adds from registers, and bytes copied through its memory, by two small shaders on the device
 * of tfjs's webgpu backend. By its timestamps where it has them, else by the clock.
 */
import {type CurvePoint, levelsOf, type MachineLevel} from './levels.ts';
import {bestOf, type ComputePeak} from './peak.ts';
import {type Rate, rateOf} from './rate.ts';

const WORKGROUP = 256;
/** Workgroups of the loop over registers: many times as many as the largest GPU has resident. */
const FMA_WORKGROUPS = 2048;
/** Independent sums of a thread, each of 4 lanes. */
const SUMS = 8;
/** A sample lasts so long, unless it has the most steps or dispatches. */
const MIN_SAMPLE_MS = 4;
const MAX_STEPS = 2 ** 14;
/** Dispatches of a copy in a sample: one alone may be over before the clock ticks. */
const MAX_DISPATCHES = 2 ** 10;
const MIN_SAMPLES = 3;
const MAX_SAMPLES = 8;
/** After that no more than MIN_SAMPLES: a software adapter takes long for each. */
const MAX_SAMPLING_MS = 500;

/** Larger than the last cache of any GPU, where the device allows that. Units: bytes. */
const MAX_WORKING_SET = 2 ** 28;
/** What is copied, and the copy. Units: bytes. */
const WORKING_SETS: readonly number[] = Array.from({length: 9}, (_, i) => MAX_WORKING_SET / 2 ** (8 - i));

/** Returns the rate of multiply-adds. */
export async function measureGPUPeak(device: GPUDevice): Promise<ComputePeak> {
  return withClock(device, async (clock) => bestOf({registers: await fmaRate(device, clock)}));
}

/** Returns the levels of memory by the rates of copies of many sizes. */
export async function measureGPULevels(device: GPUDevice): Promise<MachineLevel[]> {
  return measureLevels(device, WORKING_SETS);
}

/** Returns the level of memory alone, in a fraction of the time. */
export async function measureGPUMemory(device: GPUDevice): Promise<MachineLevel> {
  const [memory] = await measureLevels(device, [MAX_WORKING_SET]);
  return memory!;
}

async function measureLevels(device: GPUDevice, workingSets: readonly number[]): Promise<MachineLevel[]> {
  return levelsOf(await withClock(device, (clock) => copyCurve(device, clock, workingSets)));
}

async function withClock<T>(device: GPUDevice, measure: (clock: GPUClock) => Promise<T>): Promise<T> {
  const clock = new GPUClock(device);
  try {
    return await measure(clock);
  } finally {
    clock.destroy();
  }
}

/**
 * Thread map: a thread owns one number of `sums`, and adds up its own 4·SUMS sums for it. No workgroup memory. `sums`
 * stays zeros: no total is the number that is asked for, which a compiler cannot know.
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

/** Thread map: a thread owns the 4 numbers at its index, read once and written once. */
const COPY_SHADER = `
@group(0) @binding(0) var<storage, read_write> copy: array<vec4f>;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * ${WORKGROUP}u + id.x;
  if (index < arrayLength(&source)) {
    copy[index] = source[index];
  }
}`;

/** Units: operations a second. */
async function fmaRate(device: GPUDevice, clock: GPUClock): Promise<Rate> {
  const threads = FMA_WORKGROUPS * WORKGROUP;
  const sums = device.createBuffer({size: 4 * threads, usage: GPUBufferUsage.STORAGE});
  const module = device.createShaderModule({code: fmaShader()});
  const work = async (steps: number): Promise<Work> => {
    const compute = {module, entryPoint: 'main', constants: {steps}};
    // Only the asynchronous form says what is wrong with a shader.
    const pipeline = await device.createComputePipelineAsync({layout: 'auto', compute});
    return {pipeline, bindings: [{buffer: sums}], groups: [FMA_WORKGROUPS, 1], dispatches: 1};
  };
  let steps = 64;
  while (steps < MAX_STEPS && (await clock.time(await work(steps))) < MIN_SAMPLE_MS) steps *= 4;
  const ops = 2 * threads * steps * SUMS * 4;
  const rate = await clock.rate(await work(steps), ops);
  sums.destroy();
  return rate;
}

/** Bytes are counted as read and as written. */
async function copyCurve(device: GPUDevice, clock: GPUClock, workingSets: readonly number[]): Promise<CurvePoint[]> {
  const {maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension: maxGroups} = device.limits;
  const largest = 2 * Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const sets = [...new Set(workingSets.map((bytes) => Math.min(bytes, largest)))];
  const usage = GPUBufferUsage.STORAGE;
  const buffers = [0, 1].map(() => device.createBuffer({size: sets.at(-1)! / 2, usage}));
  const compute = {module: device.createShaderModule({code: COPY_SHADER}), entryPoint: 'main'};
  const pipeline = await device.createComputePipelineAsync({layout: 'auto', compute});
  const curve: CurvePoint[] = [];
  for (const bytes of sets) {
    const size = bytes / 2;
    const bindings = buffers.map((buffer) => ({buffer, size}));
    const groups = Math.ceil(size / 16 / WORKGROUP);
    const one: Work = {
      pipeline,
      bindings,
      groups: [Math.min(groups, maxGroups), Math.ceil(groups / maxGroups)],
      dispatches: 1,
    };
    let dispatches = 1;
    while (dispatches < MAX_DISPATCHES && (await clock.time({...one, dispatches})) < MIN_SAMPLE_MS) dispatches *= 4;
    curve.push({bytes, rate: await clock.rate({...one, dispatches}, dispatches * bytes)});
  }
  for (const buffer of buffers) buffer.destroy();
  return curve;
}

/** Dispatches of one pipeline, one after the other. */
interface Work {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: readonly GPUBufferBinding[];
  readonly groups: readonly [number, number];
  readonly dispatches: number;
}

const TIMESTAMPS = 2;
const TIMESTAMP_BYTES = 8 * TIMESTAMPS;

/** Times work on the GPU. */
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

  /** Returns the rate of work that amounts to `amount`. The first sample finds cold memory, and is not counted. */
  async rate(work: Work, amount: number): Promise<Rate> {
    await this.time(work);
    const perMs: number[] = [];
    for (let total = 0; perMs.length < MIN_SAMPLES || (perMs.length < MAX_SAMPLES && total < MAX_SAMPLING_MS);) {
      const ms = await this.time(work);
      total += ms;
      perMs.push(amount / ms);
    }
    return rateOf(perMs);
  }

  /** Returns how long the work takes. Units: milliseconds. */
  async time({pipeline, bindings, groups, dispatches}: Work): Promise<number> {
    const {device, queries} = this;
    const entries = bindings.map((resource, binding) => ({binding, resource}));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass(
      queries === null
        ? {}
        : {timestampWrites: {querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1}},
    );
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({layout: pipeline.getBindGroupLayout(0), entries}));
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(...groups);
    pass.end();
    if (queries !== null) {
      encoder.resolveQuerySet(queries, 0, TIMESTAMPS, this.resolved, 0);
      encoder.copyBufferToBuffer(this.resolved, 0, this.read, 0, TIMESTAMP_BYTES);
    }
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    if (queries !== null) return this.msBetweenTimestamps();
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  }

  private async msBetweenTimestamps(): Promise<number> {
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
