/** WebGPU in Chromium. It knows nothing of how a page is isolated: one kind of page is enough. */
import {createBackendSuite} from '../suites/createBackend.ts';
import {float16KernelSuite} from '../suites/float16Kernel.ts';
import {floatParamsSuite} from '../suites/floatParams.ts';
import {webgpuSuite} from '../suites/webgpu.ts';
import {PAGE_IS_ISOLATED} from './page.ts';

if (PAGE_IS_ISOLATED) {
  webgpuSuite();
  floatParamsSuite();
  createBackendSuite();
  float16KernelSuite();
}
