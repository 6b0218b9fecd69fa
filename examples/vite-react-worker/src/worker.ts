import './wasmPaths';
import {browser, div, expandDims, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from 'tfjs-block-fusion';

export interface Answer {
  readonly digit: number;
  /** A number for each digit: the largest is the model's answer. */
  readonly logits: readonly number[];
  readonly fused: string;
  readonly threads: string;
}

const loading = loadFusedGraphModel('/model/model.json');

self.onmessage = async ({data: pixels}: MessageEvent<ImageData>) => {
  const model = await loading;
  const output = tidy(() => {
    const image = div(browser.fromPixels(pixels, 1), 255); // [32, 32, 1], from 0 to 1
    return model.predict(expandDims(image)) as Tensor;
  });
  const logits = [...(await output.data())];
  output.dispose();
  const {summary: fused, threads} = model.fusionReport;
  const digit = logits.indexOf(Math.max(...logits));
  const answer: Answer = {
    digit,
    logits,
    fused,
    threads: `${threads?.count}${threads?.reason ? ` (${threads.reason})` : ''}`,
  };
  self.postMessage(answer);
};
