/**
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {floatParamsSuite} from '../../suites/floatParams.ts';
floatParamsSuite();
