/**
 * NaN on WebGPU in Node; test/browser runs the same in Chromium.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import '@tensorflow/tfjs-backend-cpu';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {fixtureFolder} from '../helpers/fixtures.ts';
import {WEBGPU_MODELS} from '../suites/convertedModels.ts';
import {nanSuite} from '../suites/nan.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

describeWebGPU('webgpu', () => {
  nanSuite({
    backend: 'webgpu',
    models: WEBGPU_MODELS,
    handlerOf: (name) => modelFileHandler(fixtureFolder(name)),
    weightStep: 4,
  });
});
