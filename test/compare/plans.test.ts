import {blockSpec} from '../../ops/block.ts';
import {blockCost} from '../../ops/cost.ts';
import {paramsLayout} from '../../ops/params.ts';
import {movedBytes, peakBytes, type ProfiledKernel} from '../../src/compare/blockKernels.ts';
import {plannedKinds, planOf} from '../../src/compare/plans.ts';
import {CONV_FIRST} from '../helpers/blockCases.ts';

const SPEC = blockSpec(CONV_FIRST);
const SMALL = {spec: SPEC, size: {batch: 1, height: 8, width: 8}, precision: 'float32'} as const;
const LARGE = {...SMALL, size: {batch: 2, height: 16, width: 16}};
const WASM = {backend: 'wasm', device: null};
const WEBGPU = {backend: 'webgpu', device: null};

const kernel = (name: string, inputShapes: number[][], outputShape: number[]): ProfiledKernel => ({
  ...{name, inputShapes, outputShapes: [outputShape], totalBytesSnapshot: 1000},
});
const FUSED = kernel('FusedResidualBlock', [[1, 8, 8, 16], [paramsLayout(SPEC).length]], [1, 8, 8, 16]);

describe('plannedKinds', () => {
  it('has each spec and size once, and nothing where there is no kernel', async () => {
    expect(await plannedKinds([SMALL, LARGE, SMALL], WASM)).toMatchObject([
      {count: 2, size: SMALL.size, dispatches: 1},
      {count: 1, size: LARGE.size, dispatches: 1},
    ]);
    expect(await plannedKinds([SMALL], {backend: 'cpu', device: null})).toEqual([]);
  });
});

describe('planOf', () => {
  it.each([WASM, WEBGPU])('says what the plan moves on $backend, and what one kernel a layer would', async (place) => {
    const {fusedBytes, layeredBytes} = blockCost(SPEC, SMALL.size);
    const {bytes, words, dispatches} = (await planOf(SMALL, place))!;
    expect(bytes.stock).toBe(layeredBytes);
    expect(bytes.fused).toBeGreaterThanOrEqual(fusedBytes);
    expect(words).not.toMatch(/stock ops/);
    expect(dispatches).toBeGreaterThanOrEqual(1);
  });
});

describe('of a profile', () => {
  const known = {specs: [SPEC], place: WASM};

  it('what moves is inputs and outputs, nothing for a new shape, and of a block what its plan says', async () => {
    expect(await movedBytes([kernel('Add', [[2, 3], [3]], [2, 3])], known)).toBe(4 * (6 + 3 + 6));
    const renamed = ['Reshape', 'Identity', 'ExpandDims'].map((name) => kernel(name, [[2, 3]], [6]));
    expect(await movedBytes(renamed, known)).toBe(0);
    expect(await movedBytes([FUSED], known)).toBe((await planOf(SMALL, WASM))!.bytes.fused);
  });

  it('the peak has the scratch of a block beside the tensors', async () => {
    expect(await peakBytes([FUSED], known)).toBe(1000 + (await planOf(SMALL, WASM))!.scratchBytes);
    expect(await peakBytes([FUSED], {...known, specs: []})).toBe(1000);
  });
});
