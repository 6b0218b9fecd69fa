/** What a shader's assembly says of its speed: its hottest loop, and how well that can fill a GPU. */
import {outsideLines, ownLines, parseAssembly, type Latencies, type Loop} from './assembly/loops.ts';
import {macsOf, type Mix} from './assembly/mix.ts';
import {READERS} from './assembly/readers.ts';
import type {Compiled} from './compiled.ts';
import type {GPU} from './gpus.ts';

export interface ShaderFigures extends Omit<Compiled, 'assembly'> {
  /** The loop with most arithmetic; of a shader without loops all of it. */
  readonly hot: Mix;
  /** Of the hot loop. */
  readonly macsPerIssue: number;
  /** Bytes of workgroup memory for a MAC of the hot loop. */
  readonly workgroupBytesPerMac: number;
  /** One round of the hot loop by a wave that has its SIMD to itself. Units: cycles. */
  readonly aloneCycles: number;
  /** Share of the GPU's FMA peak that the hot loop reaches with enough waves, and what bounds it. */
  readonly peakShare: number;
  readonly bound: 'issue' | 'workgroup memory';
  /** Waves of the dispatch for each SIMD of the card. */
  readonly wavesInFlight: number;
}

/** Latencies that all GPUs are taken to have. Units: cycles. */
export const LATENCIES: Omit<Latencies, 'workgroup'> = {alu: 5, slow: 20, global: 250};

/** Returns the figures of a shader of which so many workgroups are dispatched. */
export function figuresOf(gpu: GPU, {assembly: text, ...compiled}: Compiled, workgroups: number): ShaderFigures {
  const reader = READERS[gpu.vendor];
  const assembly = parseAssembly(reader, text);
  const loop = hottest(assembly.loops);
  const hot = loop?.mix ?? assembly.outside;
  const lines = loop === null ? outsideLines(assembly) : ownLines(assembly, loop);
  const passes = issueCycles(gpu, compiled);
  const waves = wavesOf(compiled);
  const lanes = compiled.threads / waves;
  const macs = macsOf(hot);
  const issue = (hot.issue + hot.slow) * passes;
  const memory = (hot.workgroupBytes * lanes) / (gpu.workgroupBytesPerCycle / gpu.simds);
  return {
    ...compiled,
    hot,
    macsPerIssue: macs / Math.max(1, hot.issue),
    workgroupBytesPerMac: macs === 0 ? 0 : hot.workgroupBytes / macs,
    aloneCycles: reader.alone(lines, passes, {...LATENCIES, workgroup: gpu.workgroupLatency}),
    peakShare: (macs * lanes) / gpu.lanes / Math.max(issue, memory, 1),
    bound: memory > issue ? 'workgroup memory' : 'issue',
    wavesInFlight: (workgroups * waves) / (gpu.units * gpu.simds),
  };
}

function hottest(loops: readonly Loop[]): Loop | null {
  return loops
    .filter(({mix}) => mix.flops > 0)
    .reduce<Loop | null>((best, loop) => (best === null || macsOf(loop.mix) > macsOf(best.mix) ? loop : best), null);
}

/** Returns the waves of a workgroup. */
export function wavesOf({threads, wave}: Pick<Compiled, 'threads' | 'wave'>): number {
  return Math.ceil(threads / wave);
}

/** Returns the cycles of a wave's instruction. RDNA leaves out the half of a wave without invocations; others run empty lanes too. */
export function issueCycles(gpu: GPU, compiled: Pick<Compiled, 'threads' | 'wave'>): number {
  const lanes = compiled.threads / wavesOf(compiled);
  return gpu.skipsHalves ? Math.ceil(lanes / gpu.lanes) : compiled.wave / gpu.lanes;
}
