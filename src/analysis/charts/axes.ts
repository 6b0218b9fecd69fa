/** How the charts' axes look, and where values are in the frame. */
import * as Plot from '@observablehq/plot';
import type {Canvas} from './figure.ts';
import type {Point} from './labels.ts';
import type {Inks} from './theme.ts';

/** Returns what all axes have in common. */
export function axisStyle({muted, text}: Inks): Plot.AxisXOptions & Plot.AxisYOptions {
  return {fontSize: 11, stroke: muted, fill: text, labelAnchor: 'center', labelArrow: 'none'};
}

/** Returns what all lines behind a chart have in common. */
export function gridStyle({grid}: Inks): Plot.GridXOptions & Plot.GridYOptions {
  return {stroke: grid, strokeOpacity: 1};
}

/** Returns the upright scale of a frame, in pixels. */
export function upright(scale: Plot.ScaleOptions, {top, bottom}: Pick<Canvas, 'top' | 'bottom'>): Plot.Scale {
  return Plot.scale({y: {...scale, range: [bottom, top]}});
}

/** Returns what maps values to pixels of the frame. */
export function pixelOf(
  scales: {readonly x: Plot.ScaleOptions; readonly y: Plot.ScaleOptions},
  canvas: Canvas,
): (at: Point) => Point {
  const along = Plot.scale({x: {...scales.x, range: [canvas.left, canvas.right]}});
  const up = upright(scales.y, canvas);
  return ({x, y}) => ({x: along.apply(x) as number, y: up.apply(y) as number});
}
