/**
 * The webgpu kernels in Node, by Dawn; test/browser runs a share of the same in Chromium.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {webgpuKernelSuite} from '../../suites/webgpuKernel.ts';

webgpuKernelSuite();
