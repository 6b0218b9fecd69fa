/** The converted models of test/fixtures, loaded over HTTP and run fused in Chromium, against their golden outputs. */
import * as tf from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from '../../src/index.ts';
import {expectClose} from '../compare.ts';
import {FIXTURE_CASES} from '../suites/fixtures.ts';
import {FIXTURES} from './page.ts';

interface CaseFile {
  readonly inputs: [{file: string; shape: number[]}];
  readonly outputs: [{file: string; shape: number[]}];
}

describe('a converted model, fused', () => {
  for (const {name, blocks, tolerance} of FIXTURE_CASES)
    it(`${name} gives its golden output`, async () => {
      const folder = `${FIXTURES}${name}/`;
      const {inputs, outputs} = (await (await fetch(`${folder}case.json`)).json()) as CaseFile;
      const model = await loadFusedGraphModel(`${folder}model.json`, {blocks: 'all'});
      expect(model.fusionReport.blocks.length).toBe(blocks);

      const x = tf.tensor(await readFloats(folder + inputs[0].file), inputs[0].shape);
      const y = model.predict(x) as tf.Tensor;
      expect(y.shape).toEqual(outputs[0].shape);
      expectClose(await y.data(), await readFloats(folder + outputs[0].file), tolerance);
      tf.dispose([x, y]);
      model.dispose();
    });
});

async function readFloats(url: string): Promise<Float32Array> {
  return new Float32Array(await (await fetch(url)).arrayBuffer());
}
