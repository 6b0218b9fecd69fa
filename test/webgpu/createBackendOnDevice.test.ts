/**
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {createBackendSuite} from '../suites/createBackend.ts';
createBackendSuite();
