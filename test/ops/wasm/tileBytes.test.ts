import {type BlockSpec, blockGeometry, blockSpec, describeBlock, isGlobal} from '../../../ops/block.ts';
import {blockCost} from '../../../ops/cost.ts';
import {paramsLayout} from '../../../ops/params.ts';
import {planBlock, type WasmPlan} from '../../../ops/wasm/plan.ts';
import {tileBytes} from '../../../ops/wasm/tileBytes.ts';
import {MODEL_BLOCKS, PART_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';

const range = (from: number, to: number): number[] => Array.from({length: to - from}, (_, i) => from + i);

/** Every tile of every image, every pixel that it looks at. */
function countByLoops(spec: BlockSpec, {height, width}: {height: number; width: number}, plan: WasmPlan): number {
  const {outHeight, outWidth, pad} = blockGeometry(spec, height, width);
  const {stride, kernelSize} = spec;
  const {tileHeight, tileWidth} = plan;
  let floats = 0;
  for (let column = 0; column < outWidth; column += tileWidth) {
    const rowsThere = new Set<number>();
    for (let row = 0; row < outHeight; row += tileHeight) {
      floats += paramsLayout(spec).length;
      const endRow = Math.min(outHeight, row + tileHeight);
      const endColumn = Math.min(outWidth, column + tileWidth);
      // From the first tap to the last, whatever lies between the steps of a stride.
      const rows = range(row * stride - pad.top, (endRow - 1) * stride - pad.top + kernelSize[0]);
      const columns = new Set(range(column * stride - pad.left, (endColumn - 1) * stride - pad.left + kernelSize[1]));
      if (spec.order !== 'expand-first')
        for (let i = 0; i < plan.imageColumns; i++) columns.add(column * stride - pad.left + i);
      for (const y of rows) {
        if (y < 0 || y >= height || (plan.keepRows && rowsThere.has(y))) continue;
        rowsThere.add(y);
        for (const x of columns) if (x >= 0 && x < width) floats += spec.inChannels;
      }
      const pixels = (endRow - row) * (endColumn - column);
      floats += pixels * spec.outChannels * (spec.residual ? 2 : 1);
      if (isGlobal(spec)) floats += 2 * pixels * spec.hiddenChannels;
    }
  }
  return 4 * floats;
}

const cases = [...SMALL_BLOCKS, ...PART_BLOCKS, ...MODEL_BLOCKS].map(({spec, height, width}) => ({
  ...{spec, height, width},
  name: `${describeBlock(spec)} at ${height}×${width}`,
}));

describe('what the tiles of the wasm plan read and write', () => {
  test.each(cases)('$name', ({spec, height, width}) => {
    const geometry = blockGeometry(spec, height, width);
    for (const tilePixels of [4, 24, 64]) {
      const limits = {
        tilePixels,
        hiddenChunk: 768,
        hiddenValues: Infinity,
        channelChunk: 32,
        keepRows: [true, false],
        steps: 1,
        partChannels: 8,
      };
      const plan = planBlock(spec, {batch: 1, height, width}, geometry, limits) as WasmPlan;
      const bytes = tileBytes(spec, {batch: 1, height, width}, geometry, plan);
      expect(bytes).toBe(countByLoops(spec, {height, width}, plan));
      expect(tileBytes(spec, {batch: 3, height, width}, geometry, plan)).toBe(3 * bytes);
    }
  });

  it('is no more than must be where one tile holds all', () => {
    const {spec: fields} = MODEL_BLOCKS[0]!;
    const spec = blockSpec({...fields, residual: false});
    const size = {batch: 1, height: 8, width: 8};
    const geometry = blockGeometry(spec, 8, 8);
    const plan = planBlock(spec, size, geometry) as WasmPlan;
    expect(tileBytes(spec, size, geometry, plan)).toBe(blockCost(spec, size).fusedBytes);
  });
});
