/**
 * The converted models on WebGPU in Node; test/browser runs the same in Chromium.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {readFixture} from '../helpers/fixtures.ts';
import {fixtureSuite} from '../suites/convertedModels.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

describeWebGPU('a converted model, fused, on webgpu', () => {
  fixtureSuite(async (name) => {
    const {artifacts, ...numbers} = await readFixture(name);
    return {handler: {load: () => Promise.resolve(artifacts)}, ...numbers};
  });
});
