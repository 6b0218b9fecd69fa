/** WebGPU in Chromium, the engine that has it here. It knows nothing of how a page is isolated: one kind of page is enough. */
import {guardedBuffersSuite} from '../suites/guardedBuffersSuite.ts';
import {webgpuSuite} from '../suites/stockOnWebGPU.ts';
import {webgpuDeviceSuite} from '../suites/webgpuDevice.ts';
import {webgpuKernelSuite} from '../suites/webgpuKernel.ts';
import {PAGE_IS_ISOLATED} from '../helpers/page.ts';

/** Compiling with all of the browser's checks takes several times as long as in Node, where all blocks run. */
const SHARE = {every: 40, everyPart: 40, everyLarge: 12};

if (PAGE_IS_ISOLATED) {
  webgpuSuite();
  guardedBuffersSuite({clamped: true});
  webgpuKernelSuite(SHARE);
  webgpuDeviceSuite();
}
