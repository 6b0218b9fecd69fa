/** How far float16 is from float32, over all block cases: stated, bounded, and shown to be there. */
import {referenceBlock} from '../../ops/reference/loops.ts';
import {worstDifference} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {type BlockCase, LAYERED_BLOCKS, MODEL_BLOCKS, randomParams, SMALL_BLOCKS} from '../helpers/blockCases.ts';
import {float16Block, FLOAT16_TOLERANCE, roundToFloat16} from '../suites/float16.ts';

/** Units: 2⁻¹¹, half a unit of a float16 near one. */
function errorOf({spec, height, width}: BlockCase, seed: number): number {
  const input = {x: randomFloats(height * width * spec.inChannels, {seed}), batch: 1, height, width};
  const params = randomParams(spec, seed);
  const {worst} = worstDifference(float16Block(spec, input, params), referenceBlock(spec, input, params));
  return worst * 2 ** 11;
}

describe('float16', () => {
  it('rounds values to the nearest of its own', () => {
    expect([...roundToFloat16(Float64Array.of(1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, -2049, 1e9))]).toEqual([
      1,
      1,
      1 + 2 ** -9,
      -2048,
      Infinity,
    ]);
  });

  it('differs from float32 by less than the tolerance on every block, and by half of it on some', () => {
    const blocks = [...SMALL_BLOCKS, ...LAYERED_BLOCKS, ...MODEL_BLOCKS];
    const errors = blocks.flatMap((block) => [1, 2].map((seed) => errorOf(block, seed)));
    const worst = Math.max(...errors);
    expect(worst * 2 ** -11).toBeLessThan(FLOAT16_TOLERANCE);
    expect(worst * 2 ** -11).toBeGreaterThan(FLOAT16_TOLERANCE / 2);
    // What is typical: half of all blocks are within one and a half units.
    expect(errors.sort((a, b) => a - b)[errors.length / 2]).toBeLessThan(1.5);
  });

  it('does not fade with depth, as a block of one rounding would', () => {
    for (const block of MODEL_BLOCKS) expect(errorOf(block, 3)).toBeGreaterThan(0.25);
  });
});
