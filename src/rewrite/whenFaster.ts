/** Which blocks are worth fusing: asked of the backend's own kernel, which can tell what they cost there. */
import type {BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {blockKernelOf} from '../../ops/kernels.ts';

/** Returns why a block would be no faster fused; null where it would. */
export async function reasonNotToFuse(spec: BlockSpec, size: ImageSize, backend: string): Promise<string | null> {
  const kernel = blockKernelOf(backend);
  return kernel === undefined
    ? `there is no fused kernel for backend ${backend}`
    : kernel.reasonNotToFuse({spec, size});
}
