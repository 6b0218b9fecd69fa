/**
 * Devices that refuse and that are lost, in Node; test/browser runs the same in Chromium.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {webgpuDeviceSuite} from '../../suites/webgpuDevice.ts';

webgpuDeviceSuite();
