/** Every public function that takes options refuses one that it does not know, and names the nearest that it does. */
import {type io, ready} from '@tensorflow/tfjs-core';
import {nearestName} from '../../ops/options.ts';
import {efficiencyGapChart, rooflineChart, waterlineChart} from '../../src/charts.ts';
import {machineOf, modelWaterline, traceModel, traceRun, waterline} from '../../src/analysis.ts';
import {fusedIOHandler, fuseModelArtifacts, loadFusedGraphModel, registerBlockFusion} from '../../src/index.ts';
import {createFusedWebGPUBackend} from '../../src/webgpu.ts';
import '@tensorflow/tfjs-backend-cpu';

beforeAll(() => ready());

/** What is refused before anything else of a call is looked at. */
const nothing = {} as never;
const handler: io.IOHandler = {load: () => Promise.resolve({})};
const model = {executeAsync: () => undefined} as never;

const CALLS: Readonly<Record<string, readonly [call: (options: never) => unknown, misspelled: string, known: string]>> =
  {
    loadFusedGraphModel: [(options) => loadFusedGraphModel(handler, options), 'blokcs', 'blocks'],
    fuseModelArtifacts: [(options) => fuseModelArtifacts({}, options), 'keepNode', 'keepNodes'],
    fusedIOHandler: [(options) => fusedIOHandler(handler, options), 'exlude', 'exclude'],
    registerBlockFusion: [
      (options) => {
        registerBlockFusion(options);
      },
      'TF',
      'tf',
    ],
    createFusedWebGPUBackend: [(options) => createFusedWebGPUBackend(options), 'precison', 'precision'],
    modelWaterline: [(options) => modelWaterline(handler, options), 'run', 'runs'],
    traceModel: [(options) => traceModel(model, {}, options), 'run', 'runs'],
    traceRun: [(options) => traceRun(() => undefined, options), 'run', 'runs'],
    waterline: [(options) => waterline(nothing, nothing, options), 'block', 'blocks'],
    machineOf: [(options) => machineOf(options), 'bandwith', 'bandwidth'],
    waterlineChart: [(options) => waterlineChart(nothing, nothing, options), 'hight', 'height'],
    rooflineChart: [(options) => rooflineChart(nothing, nothing, options), 'them', 'theme'],
    efficiencyGapChart: [(options) => efficiencyGapChart(nothing, options), 'widht', 'width'],
  };

it.each(Object.entries(CALLS))('%s', async (_, [call, misspelled, known]) => {
  const options = {[misspelled]: 1} as never;
  await expect(Promise.resolve().then(() => call(options))).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining(`got ${misspelled}; write ${known}`) as string,
  });
});

it('no name is near to what is nothing like it', () => {
  expect(nearestName('colour', ['blocks', 'backend'])).toBeNull();
});
