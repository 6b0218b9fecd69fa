/** To be written. */
import type {BlockGeometry, BlockSpec} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import type {Precision} from '../params.ts';
import type {DeviceTraits} from './device.ts';
import type {WebGPUPlan} from './pass.ts';

type PlanBlock = (
  spec: BlockSpec,
  size: ImageSize,
  geometry: BlockGeometry,
  traits: DeviceTraits,
  options: {readonly precision: Precision},
) => readonly WebGPUPlan[] | string;

export const planBlock: PlanBlock = () => 'there is no planner yet';

export function planBytes({passes}: WebGPUPlan): number {
  return passes.reduce((sum, {cost}) => sum + cost.bytes, 0);
}
