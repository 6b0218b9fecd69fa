/** The text of `inspect`, of findings made up for it. */
import {blockSpec, describeBlock} from '../../../ops/block.ts';
import type {Miss} from '../../../src/blocks/rule.ts';
import {describeInspection, type InspectedBlock, type Inspection} from '../../../src/cli/report/inspectReport.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';
import {plannedKind} from '../../helpers/plannedKind.ts';

const MBCONV = blockSpec({
  ...{order: 'expand-first', inChannels: 8, hiddenChannels: 48, outChannels: 8, kernelSize: [3, 3], stride: 1},
  ...{padding: 'same', groupWidth: 1, layerNormEpsilon: null, spatialActivation: 'relu6'},
  ...{hiddenActivation: 'relu6', residual: true},
});
const CONVNEXT = blockSpec({...CONV_FIRST, layerNormEpsilon: 1e-6});

const block = (name: string, spec = MBCONV, macs: number | null = 1e6): InspectedBlock => ({
  ...{name, rule: spec.order, spec, replaced: ['a', 'b'], description: describeBlock(spec), macs},
  ...{ops: macs === null ? null : 2 * macs, plan: null},
});
const NAME = 'StatefulPartitionedCall/a_model_of_a_long_name/stage_0';
const miss = (i: number, reason: string, rule = 'expand-first'): Miss => ({
  ...{rule, reason, root: `${NAME}/block_${i}/add/AddV2`, at: `${NAME}/block_${i}/squeeze/Mean`},
});

const NOTHING: Inspection = {
  ...{
    model: 'models/a',
    layersModel: false,
    backend: 'wasm',
    blocks: [],
    plans: [],
    blocksBefore: 0,
    left: [],
    misses: [],
  },
  ...{summary: 'no block fused', unsupported: [], inputs: [{name: 'image', shape: [-1, 32, 32, 3]}]},
};
const text = (found: Partial<Inspection>, view = {}): string =>
  describeInspection({...NOTHING, ...found}, {columns: 80, ...view});

const PLANS = {
  blocks: [block('x/a'), block('x/b'), block('x/c', CONVNEXT)],
  plans: [plannedKind(MBCONV, 2), plannedKind(CONVNEXT, 1)],
};
const MISSES = [
  ...Array.from({length: 16}, (_, i) => miss(i, 'squeeze-and-excite before project')),
  ...Array.from({length: 3}, (_, i) => miss(i, `a filter of ${8 * (i + 1)} groups`, 'conv-first')),
];

describe('describeInspection', () => {
  it('starts with how many blocks of each family there are', () => {
    expect(text(PLANS).split('\n')[0]).toBe('a: 3 blocks to fuse (2 × MBConv, 1 × ConvNeXt)');
    expect(text({...PLANS, blocksBefore: 4}).split('\n')[0]).toBe(
      'a: 3 blocks to fuse (2 × MBConv, 1 × ConvNeXt), 4 fused already',
    );
    expect(text({})).toBe(
      'a: 0 blocks to fuse\n\nNothing in this model looks like a residual block that can be fused.',
    );
  });

  it('has a row for each reason, of misses, of blocks left alone, and of ops that stock cannot run', () => {
    const left = ['a', 'b'].map((name) => ({name, reason: 'excluded', spec: MBCONV, nodes: [name]}));
    const unsupported = [16, 32].map((groups) => ({
      ...{name: `n${groups}`, from: `_FusedConv2D: ${groups} groups`, to: 'FusedDepthwiseConv2dNative'},
    }));
    expect(text({misses: MISSES, left, unsupported})).toBe(
      `a: 0 blocks to fuse

2 blocks left alone
  2 × excluded

19 near misses, by what stands in the way
  16 × MBConv: squeeze-and-excite before project
   3 × ConvNeXt or ConvFirst: a filter of 8–24 groups

2 ops that stock tfjs cannot run or computes wrongly, and how to spell them
  2 × _FusedConv2D: 16–32 groups → FusedDepthwiseConv2dNative

--verbose names every block and node.`,
    );
  });

  it('says what tfjs computes wrongly and nothing mends, and names it where asked to', () => {
    const misread = ['a', 'b'].map((name) => ({name, op: 'Mod', reason: 'the sign of the divisor'}));
    const section = '2 ops that tfjs computes wrongly, without an error\n  2 × Mod: the sign of the divisor';
    expect(text({misread})).toContain(`\n\n${section}\n\n--verbose names`);
    expect(text({misread}, {verbose: true})).toContain(`${section}\n      a\n      b\n`);
  });

  it('names all of it where asked to, shortened at the left', () => {
    const named = text({...PLANS, misses: MISSES}, {verbose: true});
    expect(named).toMatch(/^Blocks\n {2}2 × expand-first 8→48→8, .*\n {6}x\/a\n {6}x\/b\n {2}1 × conv/m);
    expect(named).toMatch(/^ {6}last node +stopped at$/m);
    expect(named).toMatch(/^ {6}…\/stage_0\/block_15\/add\/AddV2 +…\/stage_0\/block_15\/squeeze\/Mean$/m);
    expect(named).toContain('--json has every name in full.');
    expect(text({...PLANS, misses: MISSES}, {verbose: true, columns: 200})).toContain(MISSES[0]!.root);
  });

  it.each([80, 60, 120])('fits %d columns', (columns) => {
    for (const verbose of [false, true])
      for (const line of text({...PLANS, misses: MISSES}, {verbose, columns}).split('\n'))
        expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('has the plans, a kind at a time, with what moves', () => {
    expect(text(PLANS)).toMatch(/^Plans on wasm\. MiB moved: with one kernel a layer → fused\.\n {2}2 × expand-first/m);
    expect(text(PLANS)).toMatch(/^ {6}at 8×8: [\d.]+ MMAC, [\d.]+ → [\d.]+ MiB; \w/m);
    expect(text({...PLANS, plans: [], backend: 'cpu'})).toContain('There are no fused kernels for cpu');
  });

  it('says what to type where the size of the images is open', () => {
    const open = {blocks: [block('a', MBCONV, null), block('b', MBCONV, null)]};
    const ask = text({...open, inputs: [{name: 'input_1', shape: [-1, -1, -1, 3]}]});
    expect(ask).toMatch(/2 blocks have no plan yet: the model leaves the size of its input 'input_1'\nopen\. /);
    expect(ask).toContain('\n  npx tfjs-block-fusion inspect models/a --shape input_1=1,224,224,3\n');
    expect(ask).not.toContain('?');
    const rankless = text({...open, inputs: [{name: 'x'}]});
    expect(rankless).toContain(' --shape x=1,224,224,3');
    // The batch alone is no size of an image.
    expect(text(open)).toMatch(/2 blocks have no plan yet: the sizes of their inputs do not follow from/);
  });
});
