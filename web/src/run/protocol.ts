/**
 * The messages between the page and the worker of a comparison: plain values, which can be cloned. One worker does one comparison:
 * to cancel it, the page ends the worker, and all of its memory goes with it.
 */
import type {BlockFusionErrorCode} from '../../../ops/errors.ts';
import type {Machine} from '../../../src/analysis/machine/machine.ts';
import type {ModelWaterline} from '../../../src/analysis/modelWaterline.ts';
import type {Agreement} from '../../../src/compare/agreement.ts';
import type {Comparison} from '../../../src/compare/compareModels.ts';
import type {NetworkTimes} from '../../../src/compare/networkTimes.ts';
import type {PlannedKind} from '../../../src/compare/plans.ts';
import type {FusionReport} from '../../../src/rewrite/report.ts';
import type {Engine} from '../../../src/run/engine.ts';
import type {StockForm} from '../../../src/run/sides.ts';
import type {TimedSide} from '../../../src/run/timeSides.ts';
import type {Settings} from '../settings/settings.ts';

/** Where a model comes from. */
export type ModelSource =
  | {readonly kind: 'shipped'; readonly id: string}
  /** model.json and its shards, with their paths where a folder was dropped. */
  | {readonly kind: 'files'; readonly name: string; readonly files: readonly PickedFile[]}
  | {readonly kind: 'url'; readonly url: string};

export interface PickedFile {
  /** As in `folder/model.json`. */
  readonly path: string;
  readonly file: File;
}

/** To the worker, once. */
export interface RunRequest {
  readonly model: ModelSource;
  readonly settings: Settings;
  /** What this machine was measured to do before, with the same settings of the backend; null to measure it. */
  readonly machine: Machine | null;
  /** How wide charts are drawn. Units: CSS pixels. */
  readonly chartWidth: number;
}

/** What is being done, in order. */
export const STAGES = ['backend', 'model', 'agreement', 'timing', 'blocks', 'machine', 'waterline'] as const;
export type Stage = (typeof STAGES)[number];

/** `fusedOneThread` is there where the fused side has several threads. */
export const SIDES = ['stock', 'fused', 'fusedOneThread'] as const satisfies readonly TimedSide[];
export type {TimedSide};
/** Timed samples of each side, in the order in which they came. Units: milliseconds. */
export type Samples = Readonly<Record<TimedSide, readonly number[]>>;
export type {NetworkPart, NetworkTimes} from '../../../src/compare/networkTimes.ts';

/** To the page, in about this order. */
export type RunEvent =
  | {readonly type: 'stage'; readonly stage: Stage; readonly detail: string}
  | {readonly type: 'environment'; readonly environment: Environment}
  | {readonly type: 'model'; readonly model: LoadedModel}
  | {readonly type: 'agreement'; readonly agreement: Agreement}
  /** A timed sample. Units: milliseconds. */
  | {readonly type: 'sample'; readonly side: TimedSide; readonly ms: number}
  | {readonly type: 'comparison'; readonly comparison: Comparison}
  | {readonly type: 'network'; readonly network: NetworkTimes}
  | {readonly type: 'machine'; readonly machine: Machine}
  | {readonly type: 'waterline'; readonly waterline: ModelWaterline}
  /** An SVG file, which follows the reader's light or dark system. */
  | {readonly type: 'chart'; readonly chart: ChartName; readonly svg: string}
  | {readonly type: 'failed'; readonly failure: Failure}
  | {readonly type: 'done'};

export const CHARTS = ['samples', 'waterline', 'roofline', 'gap'] as const;
export type ChartName = (typeof CHARTS)[number];

/** Why a comparison ended early, in words for the person at the page. */
export interface Failure {
  /** What went wrong, and what to do, beside which control. */
  readonly about: 'model' | 'backend' | 'settings' | 'run';
  readonly message: string;
  /** The error's own text, where it says more. */
  readonly detail: string | null;
  readonly code: BlockFusionErrorCode | null;
}

/** What the comparison runs on. */
export interface Environment extends Engine {
  readonly userAgent: string;
  /** Cross-origin isolated: needed for threads. */
  readonly isolated: boolean;
  readonly hardwareConcurrency: number;
  readonly tfjs: string;
  readonly version: string;
}

/** What the model is, and what became of its blocks: known before anything is timed. */
export interface LoadedModel {
  readonly name: string;
  /** Whether it is stored as a LayersModel, and was converted here. */
  readonly layersModel: boolean;
  /** Units: bytes. */
  readonly weightBytes: number;
  readonly inputs: readonly {readonly name: string; readonly shape: readonly number[]; readonly dtype: string}[];
  readonly stockForm: StockForm;
  readonly report: FusionReport;
  readonly plans: readonly PlannedKind[];
}
