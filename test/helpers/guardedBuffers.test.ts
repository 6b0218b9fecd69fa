/**
 * The guards in Node, where the tests have Dawn clamp nothing; test/browser runs the same in Chromium, which does.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {guardedBuffersSuite} from '../suites/guardedBuffersSuite.ts';

guardedBuffersSuite({clamped: false});
