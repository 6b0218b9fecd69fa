import {packParams, unpackParams} from '../../ops/packParams.ts';
import {paramsLayout} from '../../ops/params.ts';
import type {BlockSpec} from '../../ops/block.ts';
import {describeBlock, spatialChannels} from '../../ops/block.ts';
import {randomFloats} from '../helpers/random.ts';
import {SMALL_BLOCKS} from '../helpers/blockCases.ts';

const weightsOf = (spec: BlockSpec) => {
  const [kh, kw] = spec.kernelSize;
  const spatial = spatialChannels(spec);
  return {
    spatial: {
      weights: randomFloats(kh * kw * spec.groupWidth * spatial, {seed: 1}),
      bias: randomFloats(spatial, {seed: 2}),
    },
    expand: {
      weights: randomFloats(spec.inChannels * spec.hiddenChannels, {seed: 3}),
      bias: randomFloats(spec.hiddenChannels, {seed: 4}),
    },
    project: {
      weights: randomFloats(spec.hiddenChannels * spec.outChannels, {seed: 5}),
      bias: randomFloats(spec.outChannels, {seed: 6}),
    },
  };
};

describe('params layout 1', () => {
  for (const {spec} of SMALL_BLOCKS)
    it(`gives back what was packed: ${describeBlock(spec)}`, () => {
      const weights = weightsOf(spec);
      const params = packParams(spec, weights);
      expect(params).toHaveLength(paramsLayout(spec).length);
      expect(params.length % 8).toBe(0);
      expect(unpackParams(spec, params)).toEqual(weights);
    });

  it('lays panels of 8 outputs, input by input, zeros past the last output', () => {
    const spec = SMALL_BLOCKS.find(({spec: {order, outChannels}}) => order === 'conv-first' && outChannels === 5)!.spec;
    const weights = weightsOf(spec);
    const params = packParams(spec, weights);
    const {spatial, expand, project} = paramsLayout(spec);
    expect([spatial.weights, expand.weights > spatial.bias, project.weights > expand.bias]).toEqual([0, true, true]);
    for (let k = 0; k < spec.hiddenChannels; k++)
      for (let lane = 0; lane < 8; lane++)
        expect(params[project.weights + k * 8 + lane]).toBe(lane < 5 ? weights.project.weights[k * 5 + lane] : 0);
    // Second panel of the spatial filter: outputs 8 to 15, tap-major, then the input channel within the group.
    const {groupWidth, inChannels} = spec;
    for (let tap = 0; tap < 9; tap++)
      for (let input = 0; input < groupWidth; input++)
        expect(params[spatial.weights + 9 * groupWidth * 8 + (tap * groupWidth + input) * 8 + 3]).toBe(
          weights.spatial.weights[(tap * groupWidth + input) * inChannels + 11],
        );
  });

  it('takes an absent bias as zero', () => {
    const {spec} = SMALL_BLOCKS[0]!;
    const {spatial, expand, project} = weightsOf(spec);
    const params = packParams(spec, {spatial: {weights: spatial.weights}, expand, project});
    expect(unpackParams(spec, params).spatial.bias).toEqual(new Float32Array(spec.inChannels));
  });

  it('refuses lengths that do not fit', () => {
    const {spec} = SMALL_BLOCKS[0]!;
    const weights = weightsOf(spec);
    expect(() => packParams(spec, {...weights, expand: {weights: new Float32Array(7)}})).toThrow(
      `packParams: expand weights: length must be ${spec.inChannels * spec.hiddenChannels}, got 7`,
    );
    expect(() => packParams(spec, {...weights, project: {...weights.project, bias: new Float32Array(1)}})).toThrow(
      'packParams: project bias',
    );
    const bare = {...weights, spatial: weights.spatial.weights} as unknown as typeof weights;
    expect(() => packParams(spec, bare)).toThrow('packParams: spatial: must be {weights: Float32Array');
    expect(() => packParams(spec, {expand: weights.expand} as typeof weights)).toThrow('got undefined');
    expect(() => unpackParams(spec, new Float32Array(5))).toThrow('unpackParams: params');
  });
});
