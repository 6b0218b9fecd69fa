/** The charts of a comparison, as SVG files that follow the reader's light or dark system. */
import type {Machine} from '../../../src/analysis/machine/machine.ts';
import type {ModelWaterline} from '../../../src/analysis/modelWaterline.ts';
import {efficiencyGapChart, rooflineChart, samplesChart, waterlineChart} from '../../../src/charts.ts';
import type {Samples} from './compare.ts';
import type {ChartName} from './protocol.ts';

/** Returns the chart of all samples. `width`: in CSS pixels. */
export function chartTimes({stock, fused, fusedOneThread}: Samples, width: number): string {
  const oneThread = fusedOneThread.length === 0 ? [] : [{label: 'fused, 1 thread', ms: fusedOneThread}];
  return samplesChart([{label: 'stock', ms: stock}, {label: 'fused', ms: fused}, ...oneThread], {width});
}

/** Two waterlines side by side need so much; a narrower page has to scroll. Units: CSS pixels. */
const MIN_WATERLINE_WIDTH = 640;

/** Returns the charts of a model's waterlines, as far as there is something to draw. */
export function chartWaterline(found: ModelWaterline, machine: Machine, width: number): [ChartName, string][] {
  const sides = (['stock', 'fused'] as const)
    .map((label) => ({label, waterline: found[label]}))
    .filter(({waterline}) => waterline.kernels.length > 0);
  const gaps = (['stock', 'fused'] as const).flatMap((side) => found.gap[side] ?? []);
  return [
    ...(sides.length === 0
      ? []
      : ([
          ['waterline', waterlineChart(sides, machine, {width: Math.max(width, MIN_WATERLINE_WIDTH)})],
          ['roofline', rooflineChart(sides, machine, {width})],
        ] satisfies [ChartName, string][])),
    ...(gaps.length === 0
      ? []
      : ([['gap', efficiencyGapChart(gaps, {width, opsPerS: machine.opsPerS})]] satisfies [ChartName, string][])),
  ];
}
