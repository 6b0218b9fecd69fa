/** The tests that the bundle takes along: imported when WebGPU is there, since tfjs looks for it when it is imported. */
import {webgpuSuite} from '../../test/suites/stockOnWebGPU.ts';
import {webgpuKernelSuite} from '../../test/suites/webgpuKernel.ts';

/** Defines them for the runner at hand: of the small blocks every so many. */
export function defineSuites({every}: {every: number}): void {
  webgpuSuite();
  webgpuKernelSuite({every});
}
