/** What the CLI and its page tell each other: plain values that survive the way between Node and the browser. */
import type {BlockFusionErrorCode} from '../../../ops/errors.ts';
import type {LabelledImages} from '../../compare/accuracy.ts';
import type {CompareOptions, Comparison} from '../../compare/compareModels.ts';
import type {BackendName, Engine} from '../../compare/engine.ts';

export interface PageRequest {
  readonly modelUrl: string;
  /** The folder of the wasm backend's .wasm files, with a slash at its end. */
  readonly wasmPath: string;
  readonly backend: BackendName;
  readonly options: Omit<CompareOptions, 'onProgress' | 'images'>;
  /** The test set, if any; its pixels are fetched, as float32. */
  readonly images: (Omit<LabelledImages, 'pixels'> & {readonly url: string}) | null;
}

export type PageAnswer =
  | {readonly comparison: Comparison; readonly engine: Engine}
  | {readonly message: string; readonly code: BlockFusionErrorCode | null};

declare global {
  /** Set by the page. */
  var compareInPage: (request: PageRequest) => Promise<PageAnswer>;
  /** Set by the CLI. */
  var reportProgress: (what: string) => Promise<void>;
}
