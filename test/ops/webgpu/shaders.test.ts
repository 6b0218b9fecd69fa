/** The table of shaders: each variant's workgroup memory is what its text declares, whatever the kernel. */
import {DEFAULT_TRAITS} from '../../../ops/webgpu/planner/device.ts';
import {planBlock} from '../../../ops/webgpu/planner/plan.ts';
import {type Variant, variantKey} from '../../../ops/webgpu/planner/variant.ts';
import {shaderText, workgroupBytes} from '../../../ops/webgpu/wgsl/shaders.ts';
import {LAYERED_BLOCKS, MODEL_BLOCKS, PART_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';
import {declaredBytes, idleBindings} from '../../helpers/shaderText.ts';

/** The shaders of all plans of all blocks of the sweep, each once. */
function sweptVariants(): Variant[] {
  const variants = [...SMALL_BLOCKS, ...LAYERED_BLOCKS, ...MODEL_BLOCKS, ...PART_BLOCKS].flatMap(
    ({spec, height, width}, i) => {
      const size = {batch: 1, height, width};
      const plans = planBlock({spec, size, precision: i % 2 === 0 ? 'float32' : 'float16'}, DEFAULT_TRAITS);
      if (typeof plans === 'string') throw new Error(plans);
      return plans.flatMap(({passes}) => passes.map(({variant}) => variant));
    },
  );
  return [...new Map(variants.map((variant) => [variantKey(variant), variant])).values()];
}

describe('the shaders of all plans', () => {
  const variants = sweptVariants();

  it('are of every kernel', () => {
    expect([...new Set(variants.map(({kernel}) => kernel))].sort()).toEqual([
      'conv-first',
      'expand-first',
      'gates',
      'pointwise',
      'spatial',
    ]);
  });

  it('differ where their keys do', () => {
    expect(new Set(variants.map(shaderText)).size).toBe(variants.length);
  });

  it('declare the workgroup memory that the planner counts, and read or write every binding', () => {
    for (const variant of variants) {
      const text = shaderText(variant);
      expect(declaredBytes(text)).toBe(workgroupBytes(variant));
      expect(idleBindings(text)).toEqual([]);
    }
  });
});
