/**
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {float16KernelSuite} from '../../suites/float16Kernel.ts';
float16KernelSuite();
