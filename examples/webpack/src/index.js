import './wasmPaths.js';
import {browser, div, expandDims, tidy} from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from 'tfjs-block-fusion';

const model = await loadFusedGraphModel('/model/model.json');
const {summary, threads} = model.fusionReport;
show('fused', summary);
show('threads', `Threads: ${threads.count}${threads.reason ? ` (${threads.reason})` : ''}`);

const picture = document.querySelector('#picture');
await picture.decode();
const output = tidy(() => {
  const image = div(browser.fromPixels(picture, 1), 255); // [32, 32, 1], from 0 to 1
  return model.predict(expandDims(image));
});
const logits = [...(await output.data())]; // a number for each digit: the largest is the model's answer
output.dispose();

show('digit', logits.indexOf(Math.max(...logits)));
for (const logit of logits) {
  const item = document.createElement('li');
  item.textContent = logit.toFixed(4);
  document.querySelector('#logits').append(item);
}

function show(id, text) {
  document.getElementById(id).textContent = text;
}
