import './wasmPaths';
import {browser, div, expandDims, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {type FusedGraphModel, loadFusedGraphModel} from 'tfjs-block-fusion';

const model = await loadFusedGraphModel('/model/model.json');
const {summary, threads} = model.fusionReport;
show('fused', summary);
show('threads', `Threads: ${threads?.count}${threads?.reason ? ` (${threads.reason})` : ''}`);

const picture = document.querySelector<HTMLImageElement>('#picture')!;
await picture.decode();
const logits = await classify(model, picture);
show('digit', `${logits.indexOf(Math.max(...logits))}`);
for (const logit of logits) {
  const item = document.createElement('li');
  item.textContent = logit.toFixed(4);
  document.querySelector('#logits')!.append(item);
}

/** Returns a number for each digit: the largest is the model's answer. */
async function classify(model: FusedGraphModel, picture: HTMLImageElement): Promise<number[]> {
  const output = tidy(() => {
    const image = div(browser.fromPixels(picture, 1), 255); // [32, 32, 1], from 0 to 1
    return model.predict(expandDims(image)) as Tensor;
  });
  const logits = await output.data();
  output.dispose();
  return [...logits];
}

function show(id: string, text: string): void {
  document.getElementById(id)!.textContent = text;
}
