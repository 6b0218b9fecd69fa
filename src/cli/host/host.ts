/** Where a command runs models and measures: in this process, or on a page in headless Chromium. Commands do not ask which. */
import {type Machine, measureMachine} from '../../analysis/machine/machine.ts';
import {type ModelWaterline, modelWaterline, type ModelWaterlineOptions} from '../../analysis/modelWaterline.ts';
import {compareModels, type CompareOptions, type Comparison} from '../../compare/compareModels.ts';
import type {BackendName, Engine} from '../../run/engine.ts';
import {modelHandler, readModel} from '../modelArgument.ts';
import {startBackend} from './backend.ts';
import type {CompareRequest} from './browser/protocol.ts';
import {type BrowserSession, openSession} from './browser/session.ts';

/** What a host runs on. */
export interface HostEngine {
  readonly engine: Engine;
  /** The browser's version; null in Node. */
  readonly browser: string | null;
}

/** A backend that is started, and what commands do on it. A model is named as on the command line. */
export interface Host extends HostEngine {
  /** Throws: as compareModels, and what reading the model throws. */
  compare(model: string, options: CompareOptions): Promise<Comparison>;
  /** Throws: as measureMachine. */
  measureMachine(options: {onProgress: (what: string) => void}): Promise<Machine>;
  /** Throws: as modelWaterline, and what reading the model throws. */
  waterline(model: string, options: ModelWaterlineOptions): Promise<ModelWaterline>;
  close(): Promise<void>;
}

/**
 * Returns the host, with its backend started.
 * Throws: `missing-dependency` for a package, a browser or a driver that it needs and is not there.
 */
export async function openHost({
  backend,
  browser = false,
}: {
  backend: BackendName;
  browser?: boolean | undefined;
}): Promise<Host> {
  return browser ? pageInChromium(await openSession(backend)) : thisProcess(await startBackend(backend));
}

function thisProcess(engine: Engine): Host {
  return {
    engine,
    browser: null,
    compare: (model, options) => compareModels(modelHandler(model), options),
    measureMachine: (options) => measureMachine(options),
    waterline: (model, options) => modelWaterline(modelHandler(model), options),
    close: () => Promise.resolve(),
  };
}

/** Models are read here and served to the page: it may not read files, nor what other sites do not share. */
function pageInChromium(session: BrowserSession): Host {
  const served = async (model: string): Promise<string> => session.addModel(await readModel(model));
  return {
    engine: session.engine,
    browser: session.browserVersion,
    compare: async (model, {onProgress, images, ...options}) => {
      const request = {modelUrl: await served(model), options, images: servedImages(session, images)};
      return session.do('compare', request, onProgress);
    },
    measureMachine: ({onProgress}) => session.do('measureMachine', null, onProgress),
    waterline: async (model, {onProgress, ...options}) =>
      session.do('waterline', {modelUrl: await served(model), options}, onProgress),
    close: () => session.close(),
  };
}

function servedImages(session: BrowserSession, images: CompareOptions['images']): CompareRequest['images'] {
  if (images === undefined) return null;
  const {pixels, shape, labels} = images;
  const {buffer, byteOffset, byteLength} = pixels;
  return {shape, labels, url: session.addBytes(new Uint8Array(buffer, byteOffset, byteLength))};
}
