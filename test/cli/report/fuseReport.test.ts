/** The text of `fuse`, of a report made up for it. */
import {blockSpec} from '../../../ops/block.ts';
import {describeFusion, type Fusion} from '../../../src/cli/report/fuseReport.ts';
import type {FusedBlock, FusionReport} from '../../../src/rewrite/report.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';

const LONG = `StatefulPartitionedCall/${'a_model_of_a_long_name/'.repeat(4)}block_1/add`;
const block = (inChannels: number, maxError: number): FusedBlock => ({
  ...{name: LONG, rule: 'conv-first', replaced: [], maxError},
  spec: blockSpec({...CONV_FIRST, inChannels, outChannels: inChannels}),
});
const REPORT: FusionReport = {
  summary: '3 blocks fused',
  blocks: [block(16, 1e-7), block(16, 3e-7), block(32, 2e-7)],
  left: [],
  misses: [],
  legalized: [],
};
const text = (changed: Partial<FusionReport>, storage: Fusion['storage'] = 'keep'): string =>
  describeFusion(
    {
      ...{model: 'models/a', layersModel: false, outdir: 'out', bytes: 2 ** 21, storage},
      report: {...REPORT, ...changed},
    },
    {columns: 80},
  );

describe('describeFusion', () => {
  it('has each kind of block once, with the worst error of all of them', () => {
    const lines = text({}).split('\n');
    expect(lines[0]).toBe('a: 3 of 3 blocks fused and verified');
    expect(text({}).replace(/\s+/g, ' ')).toMatch(
      / 2 × conv-first 16→.*: worst error 3\.0e-7 1 × conv-first 32→.*2\.0e-7/,
    );
    expect(lines.at(-1)).toBe('out: 2.00 MiB');
  });

  it('names the blocks that missed their tolerance, and counts others left alone, in 80 columns', () => {
    const differs = 'differs by 0.1, more than the tolerance 0.00001';
    const left = [
      {name: LONG, reason: differs, maxError: 0.1, spec: REPORT.blocks[0]!.spec, nodes: [LONG]},
      ...['a', 'b'].map((name) => ({name, reason: 'excluded', spec: REPORT.blocks[0]!.spec, nodes: [name]})),
    ];
    const all = text({left});
    expect(all).toMatch(/^a: 3 of 6 blocks fused/);
    expect(all).toMatch(/^ {2}2 × left alone: excluded$/m);
    expect(all).toMatch(
      /^ {2}1 × left alone: differs by 0\.1, more than the tolerance 0\.00001\n {4}….*\/block_1\/add$/m,
    );
    for (const line of all.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('says in which type blocks are stored, and why', () => {
    const [a, b, c] = REPORT.blocks.map((each, i) => ({...each, name: 'abc'[i]!}));
    const mixed = {
      blocks: [{...a!, storage: 'float16'} as const, b!, c!],
      inFloat32: [{name: 'b', reason: 'in float16 it differs by 0.1, more than the tolerance 0.001'}],
    };
    const words = text(mixed).replace(/\s+/g, ' ');
    expect(words).toContain('1 × stored in float16, for the model stores its weights rounded');
    expect(words).toContain('1 × stored in float32: in float16 it differs by 0.1, more than the tolerance 0.001');
    expect(words).toContain('1 × stored in float32, for the model does not store all of its weights rounded');
    expect(text(mixed, 'float16')).toContain('1 × stored in float16, as asked');
    expect(text({}, 'float32')).toContain('3 × stored in float32, as asked');
  });

  it('says of constants that are not the own how far they are off', () => {
    const approximations = [{part: 'GELU', error: 1.2e-5}];
    const words = text({blocks: REPORT.blocks.map((each) => ({...each, approximations}))}).replace(/\s+/g, ' ');
    expect(words).toContain("3 × GELU with constants near the model's: off by 1.2e-5 of its largest output");
  });

  it('says where there was nothing to fuse', () => {
    expect(text({blocks: []})).toMatch(/^a: no block to fuse, or all fused already/);
  });
});
