import {blazeFaceArtifacts, blazeFaceSize} from '../../models/blazeFace.ts';
import type {NodeDef} from '../../src/graph/graphDef.ts';
import {itIsANetwork} from '../helpers/builtNetwork.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf, type Anatomy} from '../helpers/networks.ts';

/** Input and output channels of the blocks, as published, and the side of the image that they give. */
const BLOCKS = [
  [24, 24, 64], [24, 28, 64], [28, 32, 32], [32, 36, 32], [36, 42, 32], [42, 48, 16], [48, 56, 16], [56, 64, 16],
  [64, 72, 16], [72, 80, 16], [80, 88, 16], [88, 96, 8], [96, 96, 8], [96, 96, 8], [96, 96, 8], [96, 96, 8],
] as const; // prettier-ignore

describe.each([3, 5])('BlazeFace with depthwise convs of %i×%i', (kernelSize) => {
  it('has the parameters and MACs of its blocks, stem and detections', () => {
    const taps = kernelSize ** 2;
    let params = 75 * 24 + 24;
    let macs = 64 ** 2 * 75 * 24;
    for (const [c, out, side] of BLOCKS) {
      params += (taps + 1) * c + (c + 1) * out;
      macs += side ** 2 * (taps * c + c * out);
    }
    params += (88 + 1) * 2 * 17 + (96 + 1) * 6 * 17;
    macs += 16 ** 2 * 88 * 2 * 17 + 8 ** 2 * 96 * 6 * 17;
    expect(blazeFaceSize({kernelSize})).toEqual({params, macs});
  });
});

describe('BlazeFace', () => {
  itIsANetwork((seed) => blazeFaceArtifacts({imageSize: 32, seed}), {imageSize: 32});

  it('has a score and 16 coordinates of 896 anchors', () => {
    const {signature} = blazeFaceArtifacts() as {signature: {outputs: Record<string, {tensorShape: {dim: unknown}}>}};
    expect(signature.outputs['output_0']!.tensorShape.dim).toEqual([{size: '-1'}, {size: '896'}, {size: '17'}]);
  });

  it('has the ops of the real real-blaze-relu, with its attrs', async () => {
    const {artifacts} = await readFixture('real-blaze-relu');
    const attrsOf = (anatomy: Anatomy): [string, string[]][] =>
      Object.entries(anatomy.attrs).filter(([op]) => op !== 'ConcatV2' && op !== '_FusedMatMul');
    expect(new Map(attrsOf(anatomyOf(blazeFaceArtifacts())))).toEqual(new Map(attrsOf(anatomyOf(artifacts))));
  });

  it('adds each block to its input: pooled where it has a stride, with channels of zeros where it is wider', () => {
    const {node} = blazeFaceArtifacts().modelTopology as {node: NodeDef[]};
    const named = new Map(node.map((each) => [each.name, each]));
    const skips = node
      .filter(({op}) => op === 'AddV2')
      .map(({input}) => {
        const ops: string[] = [];
        for (
          let skip = named.get(input![0]!)!;
          ops.at(-1) !== 'Relu' && ops.at(-1) !== '_FusedConv2D';
          skip = named.get(skip.input![0]!)!
        )
          ops.push(skip.op);
        return ops.slice(0, -1).join();
      });
    const expected = BLOCKS.map(([c, out, side], i) => {
      const pooled = i > 0 && BLOCKS[i - 1]![2] > side;
      return [...(out > c ? ['Pad'] : []), ...(pooled ? ['MaxPool'] : [])].join();
    });
    expect(skips).toEqual(expected);
  });
});
