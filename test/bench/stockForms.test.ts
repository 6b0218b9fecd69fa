/** The bench's stock side computes the block: a wrong one would make any time meaningless. */
import '@tensorflow/tfjs-backend-cpu';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {stockForms} from '../../bench/speed/stockForms.ts';
import type {BlockSpec} from '../../ops/block.ts';
import {type BlockWeights, packParams} from '../../ops/packParams.ts';
import {paramsLayout} from '../../ops/params.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {CONV_FIRST} from '../helpers/blockCases.ts';

const SPECS: Readonly<Record<string, BlockSpec>> = {
  ConvFirst: CONV_FIRST,
  ConvNeXt: {...CONV_FIRST, groupWidth: 1, kernelSize: [7, 7], layerNormEpsilon: 1e-6, hiddenActivation: 'gelu'},
  'MBConv, grouped': {...CONV_FIRST, order: 'expand-first', spatialActivation: 'silu'},
  'MBConv, GELU twice': {...CONV_FIRST, order: 'expand-first', spatialActivation: 'gelu', hiddenActivation: 'gelu'},
  MobileNetV2: {
    ...CONV_FIRST,
    order: 'expand-first',
    groupWidth: 1,
    spatialActivation: 'relu6',
    hiddenActivation: 'relu6',
  },
  'MobileNetV2, stride 2': {
    ...CONV_FIRST,
    ...{order: 'expand-first', groupWidth: 1, stride: 2, outChannels: 20, residual: false},
    ...{spatialActivation: 'relu6', hiddenActivation: 'relu6'},
  },
  'MobileNetV2, stride 2, padded as in Keras': {
    ...CONV_FIRST,
    ...{order: 'expand-first', groupWidth: 1, stride: 2, outChannels: 20, residual: false},
    ...{padding: {top: 0, right: 1, bottom: 1, left: 0}, spatialActivation: 'relu6', hiddenActivation: 'relu6'},
  },
  'ConvFirst, more zeros than a window holds': {
    ...CONV_FIRST,
    ...{padding: {top: 4, right: 0, bottom: 1, left: 2}, residual: false},
  },
};

function randomWeights(spec: BlockSpec): BlockWeights {
  const {sections, responseNorm} = paramsLayout(spec);
  const layers = sections.map(({layer, depth, outputs, slopes}, i) => [
    layer,
    {
      weights: randomFloats(depth * outputs, {seed: 3 * i + 1}),
      bias: randomFloats(outputs, {seed: 3 * i + 2}),
      ...(slopes === null ? {} : {slopes: randomFloats(outputs, {seed: 3 * i + 3})}),
    },
  ]);
  const norm = responseNorm === null ? {} : {responseNorm: {scale: randomFloats(spec.hiddenChannels, {seed: 20})}};
  return {...(Object.fromEntries(layers) as BlockWeights), ...norm};
}

describe('stockForms', () => {
  for (const [name, spec] of Object.entries(SPECS)) {
    const weights = randomWeights(spec);
    const image = {batch: 2, height: 6, width: 5, x: randomFloats(2 * 6 * 5 * 16, {seed: 9})};
    const expected = referenceBlock(spec, image, packParams(spec, weights));
    const largest = Math.max(...expected.map(Math.abs));
    const forms = spec.groupWidth === 1 ? ['depthwise'] : ['split', 'gather', 'zero-filled'];

    it(`of ${name} are ${forms.join(', ')}`, () => {
      const made = stockForms(tf, spec, weights);
      expect(made.map((form) => form.name)).toEqual(forms);
      for (const form of made) form.dispose();
    });

    it.each(forms)(`compute ${name} in its form %s, and leak nothing`, (form) => {
      const before = tf.memory().numTensors;
      const made = stockForms(tf, spec, weights);
      const x = tf.tensor4d(image.x, [2, 6, 5, 16]);
      const y = made.find((each) => each.name === form)!.run(x);
      expectClose(y.dataSync(), expected, 1e-6 * largest);
      for (const each of [x, y, ...made]) each.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  it('say which activation they lack', () => {
    const spec = {...CONV_FIRST, hiddenActivation: 'elu'} as const;
    expect(() => stockForms(tf, spec, randomWeights(spec))).toThrow(/got elu; add it to bench\/speed\/stockForms.ts/);
  });
});
