import '@tensorflow/tfjs-backend-wasm';
import {readFile} from 'node:fs/promises';
import {argMax, tensor} from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from 'tfjs-block-fusion';

const model = await loadFusedGraphModel('model/model.json');
console.log(model.fusionReport.summary);

const {shape, scale, labels} = JSON.parse(await readFile('digits/test.json', 'utf8'));
const bytes = await readFile('digits/images.bin');
const images = tensor(
  Float32Array.from(bytes, (byte) => byte / scale),
  shape, // [360, 32, 32, 1]
);

const logits = model.predict(images);
const answers = await argMax(logits, 1).data();
const right = labels.filter((label, i) => label === answers[i]).length;
console.log(`${right} of ${labels.length} digits read right`);

const [first] = await logits.array();
console.log(`Logits of the first: ${first.map((logit) => logit.toFixed(4)).join(' ')}`);
