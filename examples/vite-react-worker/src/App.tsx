import {useEffect, useRef, useState} from 'react';
import type {Answer} from './worker';

/** A picture of a digit, and what the model reads in it: it runs in a Worker, so that the page stays responsive. */
export function App() {
  const picture = useRef<HTMLImageElement>(null);
  const [answer, setAnswer] = useState<Answer>();

  useEffect(() => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {type: 'module'});
    worker.onmessage = ({data}: MessageEvent<Answer>) => setAnswer(data);
    void pixelsOf(picture.current!).then((pixels) => worker.postMessage(pixels, [pixels.data.buffer]));
    return () => worker.terminate();
  }, []);

  return (
    <>
      <img ref={picture} src="/digit.svg" alt="a handwritten digit" />
      <p>
        Read as <output id="digit">{answer?.digit ?? '…'}</output>
      </p>
      <ol id="logits" start={0}>
        {answer?.logits.map((logit, digit) => (
          <li key={digit}>{logit.toFixed(4)}</li>
        ))}
      </ol>
      <p id="fused">{answer?.fused}</p>
      <p id="threads">{answer && `Threads: ${answer.threads}`}</p>
    </>
  );
}

/** A Worker has no elements: it is sent pixels. */
async function pixelsOf(picture: HTMLImageElement): Promise<ImageData> {
  await picture.decode();
  const {naturalWidth: width, naturalHeight: height} = picture;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, width, height);
}
