/**
 * The plans of a block on a WebGPU device: in one, two or three passes, or in two sweeps, each with the tiles that the cost model finds fastest.
 * Pure: numbers in, data out. The entry of this folder.
 *
 * Its words, which wgsl/ shares:
 * - pass: one dispatch.
 * - cut: a way to divide the layers of a block among passes. What one pass hands to the next is a tensor in memory.
 * - step: what one pass of a cut does, before its tile is chosen: the tensors that it reads and writes, and its candidates.
 * - variant: a shader as data; it holds all that the shader's text depends on.
 * - tile: what a workgroup owns of a pass's output: a rectangle of pixels, or pixels in the order in which they lie in memory; of
 *   a product also its columns, which are output channels. One that reaches beyond the output's edge counts as a whole one.
 * - halo: the pixels of the conv's input under all windows of a rectangle of output pixels, those outside the image included.
 * - segment: neighbouring output pixels of a row that one invocation convolves together; it reads what their windows share once.
 * - lane: four neighbouring channels, one vector.
 * - slab: the inputs of a product whose weights are staged, which is to say copied into workgroup memory, at a time.
 * - chunk: the hidden channels that are taken at a time: expanded, convolved where the conv comes after, used by project, dropped.
 * - quad: four neighbouring rows of a product, a vector of workgroup memory for each channel.
 * - sweep: what is computed of all pixels of an image before anything that follows; sums: what a tile of the first one adds up to;
 *   gate: the factor of a channel of an image, by which the second one multiplies.
 * - part: of a workgroup's invocations those that take the same share of a product's inputs.
 * - family: GPUs of one kind of registers, waves and compilers (families.ts).
 * - count, price: what an invocation does, in units of the shaders' text, and what each of a count takes (counts.ts, prices.ts).
 */
import {describeBlock} from '../../block.ts';
import type {BlockProblem} from '../../blockKernel.ts';
import {cutsOf} from './cuts.ts';
import type {DeviceTraits} from './device.ts';
import {describePasses, planReason, secondsOf} from './explanation.ts';
import {FAMILIES} from './families.ts';
import {fastestPass, type Pass} from './pass.ts';
import {blockOnDevice} from './tensors.ts';

/** The passes that compute a block, in order. */
export interface WebGPUPlan {
  readonly passes: readonly Pass[];
  /** For people: passes, tiles and workgroups, and why it ranks where it does. */
  readonly description: string;
  readonly reason: string;
}

/**
 * Returns the plans that the device can hold, of each number of passes the fastest, the fastest of all first; or the reason why
 * there is none.
 */
export function planBlock(problem: BlockProblem, traits: DeviceTraits): readonly WebGPUPlan[] | string {
  const block = blockOnDevice(problem, traits);
  const cuts = cutsOf(block).map((steps) => steps.map((step) => fastestPass(block, step)));
  const ranked = cuts.filter(isWhole).sort((a, b) => secondsOf(a) - secondsOf(b));
  if (ranked.length === 0) {
    const refusals = new Set(cuts.flat().filter((pass) => typeof pass === 'string'));
    return `no plan of ${describeBlock(problem.spec)} fits the device: ${[...refusals].join('; ')}`;
  }
  return ranked.map((passes, rank) => ({
    passes,
    description: describePasses(passes),
    reason: planReason(ranked, rank, FAMILIES[traits.family].gpu),
  }));
}

/** Returns what the plan's passes move through memory, every tensor and weight once a pass. Units: bytes. */
export function planBytes({passes}: WebGPUPlan): number {
  return passes.reduce((sum, {cost}) => sum + cost.bytes, 0);
}

function isWhole(passes: (Pass | string)[]): passes is Pass[] {
  return passes.every((pass) => typeof pass !== 'string');
}
