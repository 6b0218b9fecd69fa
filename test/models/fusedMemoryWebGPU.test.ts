/**
 * Memory on WebGPU in Node; test/browser runs the same in Chromium.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {fixtureFolder} from '../helpers/fixtures.ts';
import {WEBGPU_MODELS} from '../suites/convertedModels.ts';
import {memorySuite} from '../suites/memory.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

describeWebGPU('webgpu', () => {
  memorySuite({
    backend: 'webgpu',
    models: WEBGPU_MODELS,
    handlerOf: (name) => modelFileHandler(fixtureFolder(name)),
    rounds: 3,
  });
});
