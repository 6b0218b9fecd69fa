import './wasmPaths';
import {browser, div, expandDims, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from 'tfjs-block-fusion';
import {drawDigit} from './drawDigit';

const seen = element<HTMLCanvasElement>('seen');
const video = element<HTMLVideoElement>('video');
const file = element<HTMLInputElement>('file');
const webcam = element<HTMLButtonElement>('webcam');

const model = await loadFusedGraphModel('/model/model.json');
const {summary, threads} = model.fusionReport;
show('fused', summary);
show('threads', `Threads: ${threads?.count}${threads?.reason ? ` (${threads.reason})` : ''}`);

file.addEventListener('change', async () => {
  stopWebcam();
  const [chosen] = file.files ?? [];
  if (chosen === undefined) return;
  try {
    const picture = await createImageBitmap(chosen);
    await classify(picture, picture);
    picture.close();
  } catch {
    show('message', `${chosen.name}: not a picture that this browser can open`);
  }
});

webcam.addEventListener('click', async () => {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({video: {facingMode: 'environment'}});
    video.hidden = false;
    await video.play();
  } catch (error) {
    show('message', `No webcam: ${error instanceof Error ? error.message : error}`);
    return;
  }
  while (video.srcObject !== null) {
    await classify(video, {width: video.videoWidth, height: video.videoHeight});
    await new Promise(requestAnimationFrame);
  }
});

function stopWebcam(): void {
  for (const track of (video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  video.hidden = true;
}

/** Shows which digit a picture is of, and the network's number for each: the largest is its answer. */
async function classify(picture: CanvasImageSource, size: {width: number; height: number}): Promise<void> {
  if (!drawDigit(seen, picture, size)) {
    show('message', 'Nothing is written there');
    return;
  }
  const output = tidy(() => {
    const image = div(browser.fromPixels(seen, 1), 255); // [32, 32, 1], from 0 to 1
    return model.predict(expandDims(image)) as Tensor;
  });
  const logits = [...(await output.data())];
  output.dispose();
  show('message', '');
  show('digit', `${logits.indexOf(Math.max(...logits))}`);
  element('logits').replaceChildren(
    ...logits.map((logit) => Object.assign(document.createElement('li'), {textContent: logit.toFixed(4)})),
  );
}

function show(id: string, text: string): void {
  element(id).textContent = text;
}

function element<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}
