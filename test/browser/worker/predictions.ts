/** A Worker that loads tfjs and the package itself, and predicts: karma serves it, threadsOnPage.test.ts starts it. */
import '../../helpers/fourCores.ts';
import {type ManyPredictions, predictMany} from '../../helpers/manyPredictions.ts';

declare const self: {
  onmessage: ((event: MessageEvent<ManyPredictions>) => void) | null;
  postMessage(answer: unknown): void;
};

self.onmessage = ({data}): void => {
  predictMany(data).then(
    (counts) => {
      self.postMessage({counts});
    },
    (error: unknown) => {
      self.postMessage({error: String(error)});
    },
  );
};
