/**
 * WebGPU in Node, by Dawn; test/browser runs the same in Chromium.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {webgpuSuite} from '../suites/stockOnWebGPU.ts';

webgpuSuite();
