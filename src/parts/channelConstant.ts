/** Constants that are the same at every pixel. */
import {type Dim, sameDim, type Shape} from '../graph/dims.ts';
import type {Constant} from '../graph/weights.ts';
import type {PerChannel} from './algebra.ts';

/** Returns a constant as one number a channel of a value `[…, C]`; null where it differs from pixel to pixel. */
export function perChannelConstant(constant: Constant, beside: Shape | null): PerChannel | null {
  const {shape, length} = constant;
  if (length === 0) return null;
  const width = shape.at(-1) ?? 1;
  const rank = beside?.length ?? 0;
  const fits = (dim: number, axis: number): boolean => {
    const other: Dim | undefined = beside?.[axis - shape.length + rank];
    return dim === 1 ? other !== undefined : other !== undefined && sameDim(dim, other);
  };
  // Before the data is decoded: it may be a large one that is no such constant.
  if (shape.length > 0 && !shape.every(fits)) return null;
  const {data} = constant;
  for (let i = width; i < length; i++) if (data[i] !== data[i - width]) return null;
  const first = data[0]!;
  for (let c = 1; c < width; c++) if (data[c] !== first) return new Float64Array(data.subarray(0, width));
  return first;
}
