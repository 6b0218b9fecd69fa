/** What programs take on a GPU by the model, each compiled by the GPU's compiler, run as SPIR-V for its trips, and priced. */
import {mkdir, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {getOrMake} from '../../ops/getOrMake.ts';
import {type Assembly, parseAssembly} from './assembly/loops.ts';
import {READERS} from './assembly/readers.ts';
import type {Compiled} from './compiled.ts';
import {compileFor} from './compilers.ts';
import {figuresOf, issueCycles, type ShaderFigures, wavesOf} from './figures.ts';
import type {GPU} from './gpus.ts';
import type {Program} from './programs.ts';
import {runInvocation, trafficOf} from './spirv/invocation.ts';
import {wholeWork} from './spirv/loops.ts';
import type {Module} from './spirv/module.ts';
import {readModule} from './spirv/shader.ts';
import {dispatchTime, type DispatchTime, waveWork, type WaveWork} from './time.ts';
import {type Trips, tripsOf} from './trips.ts';

/** A dispatch on a GPU. */
export interface ProgramTime extends ShaderFigures, DispatchTime {
  readonly program: Program;
  readonly waveWork: WaveWork;
  /** Cycles in which its SIMD issues an instruction of a wave. */
  readonly passes: number;
  /** By an invocation. */
  readonly macs: number;
  /** The MACs of the assembly by the trips that were found, as a share of those that the SPIR-V runs. */
  readonly coverage: number;
  /** Whether the trips that were found are wrong, or the compiler's arithmetic is another than the shader's. */
  readonly isDoubtful: boolean;
}

/** Fewer MACs are not a loop's: how a compiler writes a division or an exponential counts as much. */
export const MIN_COVERED_MACS = 64;
const MAX_UNCOVERED = 0.15;

/**
 * Returns the times of all programs on the GPU, in their order. `folder` keeps WGSL, SPIR-V, assembly and statistics.
 * Throws: what a compiler that fails says, or of which program the trips cannot be counted.
 */
export async function timesOf(gpu: GPU, programs: readonly Program[], folder: string): Promise<ProgramTime[]> {
  await mkdir(folder, {recursive: true});
  const files = new Map<string, string>();
  for (const {wgsl, name} of programs) getOrMake(files, wgsl, () => join(folder, `${name}.wgsl`));
  await Promise.all([...files].map(async ([wgsl, file]) => writeFile(file, wgsl)));
  const compiled = await compileFor(gpu, [...files.values()], folder);
  const shaders = new Map<string, Shader>();
  for (const [wgsl, file] of files) {
    const made = compiled.get(basename(file, '.wgsl'))!;
    shaders.set(wgsl, {
      compiled: made,
      assembly: parseAssembly(READERS[gpu.vendor], made.assembly),
      module: await readModule(file.replace(/\.wgsl$/, '.spv')),
    });
  }
  const known = new Map<string, Omit<ProgramTime, 'program'>>();
  return programs.map((program) => ({
    program,
    ...getOrMake(known, keyOf(program), () => namedTimeOf(gpu, program, shaders.get(program.wgsl)!)),
  }));
}

function namedTimeOf(gpu: GPU, program: Program, shader: Shader): Omit<ProgramTime, 'program'> {
  try {
    return timeOf(gpu, program, shader);
  } catch (cause) {
    throw new Error(`${program.name} for ${gpu.name}: ${(cause as Error).message}`, {cause});
  }
}

interface Shader {
  readonly compiled: Compiled;
  readonly assembly: Assembly;
  readonly module: Module;
}

/** What a program's time depends on. */
function keyOf({wgsl, dispatch, uniforms, bindings}: Program): string {
  return JSON.stringify([wgsl, dispatch, [...uniforms], bindings]);
}

function timeOf(gpu: GPU, program: Program, {compiled, assembly, module}: Shader): Omit<ProgramTime, 'program'> {
  const ran = runInvocation(module, program);
  const {loops} = ran;
  const trips: Trips[] = tripsOf(assembly, loops);
  const waves = wavesOf(compiled);
  const lanes = Math.ceil(compiled.threads / waves);
  const traffic = trafficOf(module, program, {ran, lanes, sectorBytes: gpu.sectorBytes});
  const workgroups = program.dispatch.reduce((product, side) => product * side);
  const wave = waveWork(gpu, compiled, {assembly, trips, traffic});
  const {macs} = wholeWork(loops);
  const coverage = macs === 0 ? 1 : wave.macs / macs;
  return {
    ...figuresOf(gpu, compiled, workgroups),
    ...dispatchTime(gpu, {workgroups, compiled, wave, traffic, bindings: program.bindings}),
    ...{waveWork: wave, passes: issueCycles(gpu, compiled), macs, coverage},
    isDoubtful: macs >= MIN_COVERED_MACS && Math.abs(coverage - 1) > MAX_UNCOVERED,
  };
}
