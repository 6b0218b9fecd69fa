import '@tensorflow/tfjs-backend-cpu';
import * as converter from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import {decodeBlockAttrs, decodePrecision, encodeBlockAttrs, readRawBlockAttrs} from '../../ops/attrs.ts';
import {describeBlock} from '../../ops/block.ts';
import {PART_BLOCKS, SMALL_BLOCKS} from '../helpers/blockCases.ts';

/** The attrs of a node, as the converter hands them to a custom op. */
async function throughConverter(attr: object): Promise<Record<string, unknown>> {
  let seen: Record<string, unknown> = {};
  converter.registerOp('AttrProbe', (node) => {
    seen = node.attrs;
    return tf.scalar(0);
  });
  const modelTopology = {
    node: [{name: 'probe', op: 'AttrProbe', input: [], attr: JSON.parse(JSON.stringify(attr)) as object}],
    versions: {producer: 1},
  };
  const model = converter.loadGraphModelSync({modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0)});
  tf.dispose(await model.executeAsync({}, 'probe'));
  model.dispose();
  converter.deregisterOp('AttrProbe');
  return seen;
}

beforeAll(() => tf.setBackend('cpu'));

describe('attrs of a fused node', () => {
  for (const {spec} of [...SMALL_BLOCKS, ...PART_BLOCKS])
    it(`come back through JSON and tfjs's own decoding: ${describeBlock(spec)}`, async () => {
      const attr = encodeBlockAttrs(spec);
      expect(decodeBlockAttrs(await throughConverter(attr))).toEqual(spec);
      expect(decodeBlockAttrs(readRawBlockAttrs(attr))).toEqual(spec);
    });

  it('of a block without squeeze-and-excite, response norm and output activation are those that there were before these', () => {
    const {spec} = SMALL_BLOCKS[0]!;
    const attr = encodeBlockAttrs(spec);
    expect(Object.keys(attr)).toEqual([
      ...['order', 'in_channels', 'hidden_channels', 'out_channels', 'kernel_size', 'stride', 'padding', 'group_width'],
      ...['spatial_activation', 'hidden_activation', 'residual', 'params_layout'],
    ]);
    const {squeezeExcite, responseNorm, outputActivation} = decodeBlockAttrs(readRawBlockAttrs(attr));
    expect([squeezeExcite, responseNorm, outputActivation]).toEqual([null, null, 'linear']);
  });

  it.each(['float32', 'float16'] as const)('tell params in %s, and the same spec', async (precision) => {
    const [{spec}] = SMALL_BLOCKS as [(typeof SMALL_BLOCKS)[0]];
    const attr = encodeBlockAttrs(spec, precision);
    for (const attrs of [await throughConverter(attr), readRawBlockAttrs(attr)]) {
      expect(decodePrecision(attrs)).toBe(precision);
      expect(decodeBlockAttrs(attrs)).toEqual(spec);
    }
  });

  it('give the same spec object for the same attrs', () => {
    const attr = encodeBlockAttrs(SMALL_BLOCKS[0]!.spec);
    expect(decodeBlockAttrs(readRawBlockAttrs(attr))).toBe(decodeBlockAttrs(readRawBlockAttrs(attr)));
  });

  it('refuse an unknown params layout, and missing or wrong attrs', () => {
    const attr = encodeBlockAttrs(SMALL_BLOCKS[0]!.spec);
    const decodeWith = (changes: object) => () => decodeBlockAttrs({...readRawBlockAttrs(attr), ...changes});
    expect(decodeWith({params_layout: 9})).toThrow('params_layout must be 1 or 2, got 9; fuse the model again');
    expect(decodeWith({params_layout: undefined})).toThrow('params_layout must be 1 or 2, got undefined');
    expect(decodeWith({order: undefined})).toThrow('order must be one of');
    expect(decodeWith({padding: 'explicit'})).toThrow('padding must be');
    expect(decodeWith({stride: 4})).toThrow('stride must be 1 or 2');
  });
});
