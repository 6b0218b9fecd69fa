/** The messages between the CLI and its page: plain values, which can be serialized. */
import type {BlockFusionErrorCode} from '../../../../ops/errors.ts';
import type {Machine} from '../../../analysis/machine/machine.ts';
import type {ModelWaterline, ModelWaterlineOptions} from '../../../analysis/modelWaterline.ts';
import type {LabelledImages} from '../../../compare/accuracy.ts';
import type {CompareOptions, Comparison} from '../../../compare/compareModels.ts';
import type {BackendName, Engine} from '../../../run/engine.ts';

export interface StartRequest {
  readonly backend: BackendName;
  /** The folder of the wasm backend's .wasm files, with a slash at its end. */
  readonly wasmPath: string;
}

export interface CompareRequest {
  readonly modelUrl: string;
  readonly options: Omit<CompareOptions, 'onProgress' | 'images'>;
  /** The test set, if any; its pixels are fetched, as float32. */
  readonly images: (Omit<LabelledImages, 'pixels'> & {readonly url: string}) | null;
}

export interface WaterlineRequest {
  readonly modelUrl: string;
  readonly options: Omit<ModelWaterlineOptions, 'onProgress'>;
}

/** The page's tasks. `start` comes first. */
interface Tasks {
  start: {request: StartRequest; result: Engine};
  compare: {request: CompareRequest; result: Comparison};
  measureMachine: {request: null; result: Machine};
  waterline: {request: WaterlineRequest; result: ModelWaterline};
}
export type TaskName = keyof Tasks;
export type TaskRequest<Name extends TaskName> = Tasks[Name]['request'];
export type TaskResult<Name extends TaskName> = Tasks[Name]['result'];

export type PageTasks = {
  readonly [Name in TaskName]: (request: TaskRequest<Name>) => Promise<TaskResult<Name>>;
};

/** A result, or an error's message and code. */
export type PageAnswer<Result> =
  {readonly result: Result} | {readonly message: string; readonly code: BlockFusionErrorCode | null};

declare global {
  /** Set by the page. */
  var doTask: <Name extends TaskName>(name: Name, request: TaskRequest<Name>) => Promise<PageAnswer<TaskResult<Name>>>;
  /** Set by the CLI. */
  var reportProgress: (what: string) => Promise<void>;
}
