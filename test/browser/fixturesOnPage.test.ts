/** The converted models of test/fixtures, loaded over HTTP and run fused in the browser. */
import * as tf from '@tensorflow/tfjs-core';
import {type Fixture, fixtureSuite, type Numbers} from '../suites/convertedModels.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';
import {FIXTURES, PAGE_IS_ISOLATED} from '../helpers/page.ts';

interface Entry {
  readonly file: string;
  readonly shape: number[];
}

describe('a converted model, fused, on wasm', () => {
  fixtureSuite(readFixture);
});

if (PAGE_IS_ISOLATED)
  describeWebGPU('a converted model, fused, on webgpu', () => {
    fixtureSuite(readFixture);
  });

async function readFixture(name: string): Promise<Fixture> {
  const folder = `${FIXTURES}${name}/`;
  const {inputs, outputs} = (await (await fetch(`${folder}case.json`)).json()) as Record<'inputs' | 'outputs', [Entry]>;
  const numbers = async ({file, shape}: Entry): Promise<Numbers> => ({
    shape,
    data: new Float32Array(await (await fetch(folder + file)).arrayBuffer()),
  });
  return {
    handler: tf.io.http(`${folder}model.json`),
    input: await numbers(inputs[0]),
    golden: await numbers(outputs[0]),
  };
}
