/**
 * @jest-environment ./test/webgpuEnvironment.ts
 */
import {floatParamsSuite} from '../../suites/floatParams.ts';
floatParamsSuite();
