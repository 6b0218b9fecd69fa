/**
 * `tfjs-block-fusion/charts`: SVG files of what the analysis found. An ES module alone; it needs `@observablehq/plot`, which nothing else does.
 *
 * @packageDocumentation
 */
export {
  type ChartGap,
  efficiencyGapChart,
  type EfficiencyGapChartOptions,
} from './analysis/charts/efficiencyGapChart.ts';
export type {ChartOptions} from './analysis/charts/figure.ts';
export type {ChartBandwidth, ChartKernel, ChartMachine, ChartSide, ChartWaterline} from './analysis/charts/inputs.ts';
export {rooflineChart} from './analysis/charts/rooflineChart.ts';
export {type ChartSamples, samplesChart} from './analysis/charts/samplesChart.ts';
export {type Theme, THEMES} from './analysis/charts/theme.ts';
export {waterlineChart, type WaterlineChartOptions} from './analysis/charts/waterlineChart.ts';
