/** The charts of a comparison, as SVG files that follow the reader's light or dark system. */
import type {Machine} from '../../../src/analysis/machine/machine.ts';
import type {ModelWaterline} from '../../../src/analysis/modelWaterline.ts';
import {efficiencyGapChart, rooflineChart, samplesChart, waterlineChart} from '../../../src/charts.ts';
import type {ChartName, Samples} from './protocol.ts';

/** Returns the chart of all samples. `width`: in CSS pixels. */
export function chartTimes({stock, fused, fusedOneThread}: Samples, width: number): string {
  const oneThread = fusedOneThread.length === 0 ? [] : [{label: 'fused, 1 thread', ms: fusedOneThread}];
  return samplesChart([{label: 'stock', ms: stock}, {label: 'fused', ms: fused}, ...oneThread], {width});
}

/** Charts of every kernel are no narrower, to be read: on a phone they are scrolled. Units: CSS pixels. */
const MIN_WIDE = 560;

/** Returns the charts of a model's waterlines, as far as there is something to draw. */
export function chartWaterline(found: ModelWaterline, machine: Machine, width: number): [ChartName, string][] {
  const wide = Math.max(width, MIN_WIDE);
  const sides = (['stock', 'fused'] as const)
    .map((label) => ({label, waterline: found[label]}))
    .filter(({waterline}) => waterline.kernels.length > 0);
  const gaps = (['stock', 'fused'] as const).flatMap((side) => found.gap[side] ?? []);
  return [
    ...(sides.length === 0
      ? []
      : ([
          ['waterline', waterlineChart(sides, machine, {width: wide})],
          ['roofline', rooflineChart(sides, machine, {width: wide})],
        ] satisfies [ChartName, string][])),
    ...(gaps.length === 0
      ? []
      : ([['gap', efficiencyGapChart(gaps, {width, opsPerS: machine.opsPerS})]] satisfies [ChartName, string][])),
  ];
}
