/** Where `waterline` runs: in this process, or on a page in headless Chromium. */
import {type Machine, measureMachine} from '../analysis/machine/machine.ts';
import {type ModelWaterline, modelWaterline, type ModelWaterlineOptions} from '../analysis/modelWaterline.ts';
import type {BackendName, Engine} from '../run/engine.ts';
import {ALL_TFJS} from '../run/allTfjs.ts';
import {startBackend} from './backend.ts';
import {openSession} from './browser/session.ts';
import {modelHandler, readModel} from './modelArgument.ts';

export interface WaterlinePlace {
  readonly engine: Engine;
  /** Its version; null in Node. */
  readonly browser: string | null;
  readonly measureMachine: (onProgress: (what: string) => void) => Promise<Machine>;
  /** Throws: as modelWaterline, and what reading the model throws. */
  readonly waterline: (model: string, options: ModelWaterlineOptions) => Promise<ModelWaterline>;
  readonly close: () => Promise<void>;
}

/**
 * Returns the place, with its backend started.
 * Throws: `missing-dependency` for what it needs and is not installed.
 */
export async function openPlace({
  backend,
  browser = false,
}: {
  backend: BackendName;
  browser?: boolean | undefined;
}): Promise<WaterlinePlace> {
  return browser ? pageInChromium(backend) : thisProcess(backend);
}

async function thisProcess(backend: BackendName): Promise<WaterlinePlace> {
  return {
    engine: await startBackend(backend),
    browser: null,
    measureMachine: (onProgress) => measureMachine(ALL_TFJS, {onProgress}),
    waterline: (model, options) => modelWaterline(ALL_TFJS, modelHandler(model), options),
    close: () => Promise.resolve(),
  };
}

async function pageInChromium(backend: BackendName): Promise<WaterlinePlace> {
  let onProgress: ((what: string) => void) | undefined;
  const session = await openSession({backend, onProgress: (what) => onProgress?.(what)});
  return {
    engine: session.engine,
    browser: session.browserVersion,
    measureMachine: (tell) => {
      onProgress = tell;
      return session.run('measureMachine', null);
    },
    waterline: async (model, {onProgress: tell, ...options}) => {
      onProgress = tell;
      return session.run('waterline', {modelUrl: session.addModel(await readModel(model)), options});
    },
    close: () => session.close(),
  };
}
