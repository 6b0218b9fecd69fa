/**
 * The plans of a block on a WebGPU device: in one, two or three passes, each with the tiles that the cost model finds fastest.
 * Pure: numbers in, data out.
 */
import {type BlockGeometry, type BlockSpec, describeBlock} from '../../block.ts';
import type {ImageSize} from '../../cost.ts';
import {getOrMake} from '../../getOrMake.ts';
import {paramsLayout, type Precision} from '../../params.ts';
import type {DeviceTraits} from './device.ts';
import type {Pass, WebGPUPlan} from './pass.ts';
import {fastestPass, type Problem, type Step} from './dispatch.ts';
import {planReason, planWords, secondsOf} from './explanation.ts';
import {cutsOf} from './cuts.ts';

/**
 * Returns the plans that the device can hold, of each number of passes the fastest, the fastest of all first; or the reason why
 * there is none.
 */
export function planBlock(
  spec: BlockSpec,
  size: ImageSize,
  geometry: BlockGeometry,
  traits: DeviceTraits,
  {precision = 'float32'}: {readonly precision?: Precision} = {},
): readonly WebGPUPlan[] | string {
  const problem: Problem = {spec, size, geometry, layout: paramsLayout(spec), precision, traits};
  const made = new Map<Step, Pass | string>();
  const passOf = (step: Step): Pass | string => getOrMake(made, step, () => fastestPass(problem, step));
  const cuts = cutsOf(problem).map((steps) => steps.map(passOf));
  const plans = cuts.filter(isWhole).sort((a, b) => secondsOf(a) - secondsOf(b));
  if (plans.length === 0) {
    const refusals = new Set(cuts.flat().filter((pass) => typeof pass === 'string'));
    return `no plan of ${describeBlock(spec)} fits the device: ${[...refusals].join('; ')}`;
  }
  return plans.map((passes, i) => ({
    passes,
    words: planWords(passes),
    reason: planReason(plans, i),
  }));
}

/** Returns what the plan's passes move through memory, every tensor and weight once a pass. Units: bytes. */
export function planBytes({passes}: WebGPUPlan): number {
  return passes.reduce((sum, {cost}) => sum + cost.bytes, 0);
}

function isWhole(passes: (Pass | string)[]): passes is Pass[] {
  return passes.every((pass) => typeof pass !== 'string');
}
