'use client';

import {browser, div, expandDims, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {useEffect, useRef, useState} from 'react';
import {type FusedGraphModel, type FusionReport, loadFusedGraphModel} from 'tfjs-block-fusion';
import './wasmPaths';

/** A picture of a digit, and what the model reads in it. The model is loaded in an effect: in the browser alone. */
export function Digit({picture}: {picture: string}) {
  const image = useRef<HTMLImageElement>(null);
  const [logits, setLogits] = useState<number[]>();
  const [report, setReport] = useState<FusionReport>();

  useEffect(() => {
    let left = false;
    void (async () => {
      const model = await loadFusedGraphModel('/model/model.json');
      await image.current?.decode();
      if (!left && image.current) {
        setLogits(await classify(model, image.current));
        setReport(model.fusionReport);
      }
      model.dispose();
    })();
    return () => {
      left = true;
    };
  }, [picture]);

  const threads = report?.threads;
  return (
    <>
      <img ref={image} src={picture} alt="a handwritten digit" />
      <p>
        Read as <output id="digit">{logits ? logits.indexOf(Math.max(...logits)) : '…'}</output>
      </p>
      <ol id="logits" start={0}>
        {logits?.map((logit, digit) => (
          <li key={digit}>{logit.toFixed(4)}</li>
        ))}
      </ol>
      <p id="fused">{report?.summary}</p>
      <p id="threads">{threads && `Threads: ${threads.count}${threads.reason ? ` (${threads.reason})` : ''}`}</p>
    </>
  );
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
