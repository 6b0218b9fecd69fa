/** `compare --browser`: a model compared on a page of its own. */
import type {io} from '@tensorflow/tfjs-core';
import type {CompareOptions, Comparison} from '../../compare/compareModels.ts';
import type {BackendName, Engine} from '../../run/engine.ts';
import type {CompareRequest} from './protocol.ts';
import {type BrowserSession, openSession} from './session.ts';

export interface BrowserComparison {
  readonly comparison: Comparison;
  readonly engine: Engine;
  readonly browserVersion: string;
}

/** Throws: `missing-dependency`, and what the page throws. */
export async function compareInBrowser(
  artifacts: io.ModelArtifacts,
  {backend, options}: {backend: BackendName; options: CompareOptions},
): Promise<BrowserComparison> {
  const {onProgress = () => undefined, images, ...rest} = options;
  const session = await openSession({backend, onProgress});
  try {
    const comparison = await session.run('compare', {
      modelUrl: session.addModel(artifacts),
      options: rest,
      images: images === undefined ? null : servedImages(session, images),
    });
    const {engine, browserVersion} = session;
    return {comparison, engine, browserVersion};
  } finally {
    await session.close();
  }
}

function servedImages(
  session: BrowserSession,
  {pixels, shape, labels}: NonNullable<CompareOptions['images']>,
): NonNullable<CompareRequest['images']> {
  const {buffer, byteOffset, byteLength} = pixels;
  return {shape, labels, url: session.addBytes(new Uint8Array(buffer, byteOffset, byteLength))};
}
