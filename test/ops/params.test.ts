import {packParams, type UnpackedLayer, unpackParams} from '../../ops/packParams.ts';
import {type LayerSection, paramsLayout} from '../../ops/params.ts';
import type {BlockSpec} from '../../ops/block.ts';
import {blockSpec, describeBlock} from '../../ops/block.ts';
import {randomFloats} from '../helpers/random.ts';
import {PART_BLOCKS, SMALL_BLOCKS} from '../helpers/blockCases.ts';

const layerOf = ({depth, outputs, slopes}: LayerSection, seed: number): UnpackedLayer => ({
  weights: randomFloats(depth * outputs, {seed}),
  bias: randomFloats(outputs, {seed: seed + 1}),
  ...(slopes === null ? {} : {slopes: randomFloats(outputs, {seed: seed + 2})}),
});

const weightsOf = (spec: BlockSpec) => {
  const {expand, seReduce, seExpand, ...layout} = paramsLayout(spec);
  return {
    spatial: layerOf(layout.spatial, 1),
    ...(expand && {expand: layerOf(expand, 4)}),
    ...(seReduce && {seReduce: layerOf(seReduce, 7)}),
    ...(seExpand && {seExpand: layerOf(seExpand, 10)}),
    ...(layout.responseNorm !== null && {responseNorm: {scale: randomFloats(spec.hiddenChannels, {seed: 13})}}),
    project: layerOf(layout.project, 16),
  };
};

describe('params layout 1', () => {
  for (const {spec} of [...SMALL_BLOCKS, ...PART_BLOCKS])
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
    const {spatial, project, ...layout} = paramsLayout(spec);
    const expand = layout.expand!;
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
    const params = packParams(spec, {spatial: {weights: spatial.weights}, expand: expand!, project});
    expect(unpackParams(spec, params).spatial.bias).toEqual(new Float32Array(spec.inChannels));
  });

  it('lays the parts of a block in the order in which it uses them, and those of before as before', () => {
    const squeezeExcite = {channels: 5, activation: 'prelu', gate: 'sigmoid', beforeActivation: false} as const;
    const base = {...SMALL_BLOCKS[0]!.spec, inChannels: 8, hiddenChannels: 16, outChannels: 8, groupWidth: 1} as const;
    const excited = paramsLayout({...base, order: 'expand-first', kernelSize: [3, 3], squeezeExcite});
    expect(excited.sections).toEqual([
      {layer: 'expand', depth: 8, outputs: 16, weights: 0, bias: 128, slopes: null},
      {layer: 'spatial', depth: 9, outputs: 16, weights: 144, bias: 288, slopes: null},
      {layer: 'seReduce', depth: 16, outputs: 5, weights: 304, bias: 432, slopes: 440},
      {layer: 'seExpand', depth: 5, outputs: 16, weights: 448, bias: 528, slopes: null},
      {layer: 'project', depth: 16, outputs: 8, weights: 544, bias: 672, slopes: null},
    ]);
    expect(excited.length).toBe(680);
    const plain = paramsLayout({...base, kernelSize: [1, 1]});
    const normed = paramsLayout({...base, kernelSize: [1, 1], responseNorm: {epsilon: 1e-6, normEpsilon: 0}});
    expect(plain.project.weights).toBe(8 + 8 + 128 + 16);
    expect(normed.responseNorm).toBe(plain.project.weights);
    expect(normed.project.weights).toBe(plain.project.weights + 16);
  });

  it('takes the shift of a response norm into the bias of project', () => {
    const spec = blockSpec({...SMALL_BLOCKS[0]!.spec, responseNorm: {epsilon: 1e-6, normEpsilon: 0}});
    const {hiddenChannels, outChannels} = spec;
    const {project, responseNorm, ...weights} = weightsOf(spec);
    const shift = randomFloats(hiddenChannels, {seed: 20});
    const shifted = {...responseNorm!, shift};
    const bias = Float32Array.from(project.bias, (value, n) =>
      shift.reduce((sum, by, k) => sum + by * project.weights[k * outChannels + n]!, value),
    );
    const unpacked = unpackParams(spec, packParams(spec, {...weights, project, responseNorm: shifted}));
    unpacked.project.bias.forEach((value, n) => {
      expect(value).toBeCloseTo(bias[n]!, 5);
    });
    expect({...unpacked.project, bias: project.bias}).toEqual(project);
  });

  it('refuses slopes and norms that a block has not, and lacks where it has', () => {
    const {spec} = SMALL_BLOCKS[0]!;
    const {spatial, ...weights} = weightsOf(spec);
    const slopes = new Float32Array(spec.inChannels);
    expect(() => packParams(spec, {...weights, spatial: {...spatial, slopes}})).toThrow(
      'packParams: spatial slopes: must be absent where no PReLU follows',
    );
    expect(() => packParams({...spec, spatialActivation: 'prelu'}, {...weights, spatial})).toThrow(
      'packParams: spatial slopes: must be a Float32Array where a PReLU follows, got undefined',
    );
    const responseNorm = {epsilon: 1e-6, normEpsilon: 0};
    expect(() => packParams({...spec, responseNorm}, {...weights, spatial})).toThrow(
      'packParams: responseNorm: must be {scale: Float32Array',
    );
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
    expect(() => packParams(spec, {expand: weights.expand} as unknown as typeof weights)).toThrow('got undefined');
    expect(() => unpackParams(spec, new Float32Array(5))).toThrow('unpackParams: params');
  });
});
