require('@tensorflow/tfjs-backend-wasm');
const {readFile} = require('node:fs/promises');
const {argMax, tensor} = require('@tensorflow/tfjs-core');
const {loadFusedGraphModel} = require('tfjs-block-fusion');

async function main() {
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
}

main();
