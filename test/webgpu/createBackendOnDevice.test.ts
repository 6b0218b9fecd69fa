/**
 * @jest-environment ./test/webgpuEnvironment.ts
 */
import {createBackendSuite} from '../suites/createBackend.ts';
createBackendSuite();
