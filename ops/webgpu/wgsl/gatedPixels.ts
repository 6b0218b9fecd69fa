/**
 * Staged pixels of the second of two sweeps: each multiplied by the gate of its image and channel, and then activated. Both are
 * fetched and multiplied as they are put, so that a product does not wait for the next slab's.
 */
import {type ChannelForm, type Gated, QUAD} from '../planner/variant.ts';
import {activatedBy, slopesAt} from './activations.ts';
import {range} from './gemm.ts';
import {existingLane, type PixelsParts, type Staged, stagedPixels} from './staging.ts';

/** Returns the staging of stagedPixels with gates. Of a slab it takes the image, too. */
export function gatedPixels(parts: PixelsParts & {readonly source: ChannelForm}, gated: Gated): Staged {
  const plain = stagedPixels(parts);
  const {slopes} = gated;
  const factors = [
    gated.made === undefined ? 'load_gates(image, lane)' : 'gates[lane]',
    ...(slopes === undefined ? [] : [slopesAt(slopes, 'lane')]),
  ];
  const type = `array<vec4<f32>, ${QUAD + factors.length}>`;
  const rows = range(QUAD).map((row) => `rows[${row}]`);
  const slope = slopes === undefined ? undefined : `fetched[${QUAD + 1}]`;
  const values = range(QUAD).map((row) => activatedBy(gated, `fetched[${row}] * fetched[${QUAD}]`, slope));
  return {
    ...plain,
    name: 'gated',
    type,
    slab: [...plain.slab, 'image'],
    functions: `${plain.functions}

fn origin_gated(i: u32, firstPixel: u32) -> vec2<u32> {
  return origin_${plain.name}(i, firstPixel);
}

fn to_gated(i: u32) -> u32 {
  return to_${plain.name}(i);
}

fn fetch_gated(origin: vec2<u32>, firstLane: u32, image: u32) -> ${type} {
  let rows = fetch_${plain.name}(origin, firstLane);
  let lane = origin.y + firstLane;
  return ${type}(${[...rows, ...factors.map((factor) => existingLane(parts, factor))].join(', ')});
}

fn put_gated(to: u32, fetched: ${type}) {
  put_${plain.name}(to, array<vec4<f32>, ${QUAD}>(${values.join(', ')}));
}`,
  };
}
