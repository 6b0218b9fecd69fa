/** The positions of a convolution's or a pool's window: with strides or padding, neither image nor filter need be read whole. */
import {elements} from '../../../ops/shape.ts';
import type {KernelCall, TensorShape} from './rule.ts';

/** Shapes: images as their dataFormat says; windows [...space, ...channels], in 2-D or 3-D. */
export interface Sliding {
  readonly image: TensorShape;
  /** The image that has a pixel for each position of the window. */
  readonly positions: TensorShape;
  readonly window: TensorShape;
  readonly attrs: KernelCall['attrs'];
}

/** Units: elements. */
export interface Met {
  /** Of the image: what the window covers at one position or more. */
  readonly image: number;
  /** Of the window: taps that meet the image, not padding, at one position or more. */
  readonly window: number;
}

/** Returns how much of an image a sliding window covers, and how much of the window ever meets the image. */
export function meeting({image, positions, window, attrs}: Sliding): Met {
  const {strides, dilations, pad} = attrs;
  const met = {image: elements(image), window: elements(window)};
  const firstAxis = String(attrs['dataFormat']).startsWith('NC') ? 2 : 1;
  for (let i = 0; i < image.length - 2; i++) {
    const axis = firstAxis + i;
    const [size, outputs, taps] = [image[axis] ?? NaN, positions[axis] ?? NaN, window[i] ?? NaN];
    const line = {size, outputs, taps, stride: ofAxis(strides, i), dilation: ofAxis(dilations, i)};
    const {pixels, meetingTaps} = meetingOnLine(line, paddingBefore(line, pad, axis));
    met.image *= pixels / size;
    met.window *= meetingTaps / taps;
  }
  return {image: Math.round(met.image), window: Math.round(met.window)};
}

interface Line {
  readonly size: number;
  readonly outputs: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
}

function meetingOnLine(
  {size, outputs, taps, stride, dilation}: Line,
  before: number,
): {pixels: number; meetingTaps: number} {
  const pixels = new Set<number>();
  const meetingTaps = new Set<number>();
  for (let position = 0; position < outputs; position++)
    for (let tap = 0; tap < taps; tap++) {
      const pixel = position * stride + tap * dilation - before;
      if (pixel < 0 || pixel >= size) continue;
      pixels.add(pixel);
      meetingTaps.add(tap);
    }
  return {pixels: pixels.size, meetingTaps: meetingTaps.size};
}

/** The padding before the first pixel, by tfjs's three ways to say it: a word, a number, or a pair for each axis. */
function paddingBefore({size, outputs, taps, stride, dilation}: Line, pad: unknown, axis: number): number {
  if (Array.isArray(pad)) return (pad as [number, number][])[axis]![0];
  if (pad !== 'same') return Number(pad === 'valid' ? 0 : pad);
  return Math.floor(Math.max(0, (outputs - 1) * stride + (taps - 1) * dilation + 1 - size) / 2);
}

/** A list has one for each axis of space, a number is for all. */
function ofAxis(value: unknown, i: number): number {
  return Array.isArray(value) ? (value as number[])[i]! : Number(value ?? 1);
}
