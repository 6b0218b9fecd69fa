/** What is known of a comparison so far: put together from its worker's events. */
import type {Machine} from '../../../src/analysis/machine/machine.ts';
import type {ModelWaterline} from '../../../src/analysis/modelWaterline.ts';
import type {Agreement} from '../../../src/compare/agreement.ts';
import type {Comparison} from '../../../src/compare/compareModels.ts';
import {
  type ChartName,
  type Environment,
  type Failure,
  type LoadedModel,
  type NetworkTimes,
  type RunEvent,
  type Samples,
  SIDES,
  type Stage,
  STAGES,
} from '../run/protocol.ts';
import type {Settings} from '../settings/settings.ts';

export interface RunState {
  readonly status: 'running' | 'done' | 'failed' | 'cancelled';
  /** Null before the first. */
  readonly stage: Stage | null;
  readonly detail: string;
  readonly environment: Environment | null;
  readonly model: LoadedModel | null;
  readonly agreement: Agreement | null;
  /** Units: milliseconds. */
  readonly samples: Samples;
  readonly comparison: Comparison | null;
  readonly network: NetworkTimes | null;
  readonly machine: Machine | null;
  readonly waterline: ModelWaterline | null;
  /** SVG files. */
  readonly charts: Readonly<Partial<Record<ChartName, string>>>;
  readonly failure: Failure | null;
}

/** Before the first event. */
export const STARTED: RunState = {
  status: 'running',
  stage: null,
  detail: '',
  environment: null,
  model: null,
  agreement: null,
  samples: {stock: [], fused: [], fusedOneThread: []},
  comparison: null,
  network: null,
  machine: null,
  waterline: null,
  charts: {},
  failure: null,
};

/** Returns what is known after the event. Of a comparison that has ended nothing changes any more. */
export function after(state: RunState, event: RunEvent): RunState {
  if (state.status !== 'running') return state;
  switch (event.type) {
    case 'stage':
      return {...state, stage: event.stage, detail: event.detail};
    case 'environment':
      return {...state, environment: event.environment};
    case 'model':
      return {...state, model: event.model};
    case 'agreement':
      return {...state, agreement: event.agreement};
    case 'sample': {
      const {side, ms} = event;
      return {...state, samples: {...state.samples, [side]: [...state.samples[side], ms]}};
    }
    case 'comparison':
      return {...state, comparison: event.comparison};
    case 'network':
      return {...state, network: event.network};
    case 'machine':
      return {...state, machine: event.machine};
    case 'waterline':
      return {...state, waterline: event.waterline};
    case 'chart':
      return {...state, charts: {...state.charts, [event.chart]: event.svg}};
    case 'failed':
      return {...state, status: 'failed', failure: event.failure};
    case 'done':
      return {...state, status: 'done'};
    default:
      return event satisfies never;
  }
}

/** Returns the state of a comparison that was ended by the person at the page. */
export function cancelled(state: RunState): RunState {
  return state.status === 'running' ? {...state, status: 'cancelled'} : state;
}

/** Returns the stages of a comparison with these settings. */
export function stagesOf({analysis}: Settings): Stage[] {
  return STAGES.filter((stage) => analysis || (stage !== 'machine' && stage !== 'waterline'));
}

/** Returns how much is done, of 1: by stages, and within the timing by samples. */
export function progressOf({status, stage, samples}: RunState, settings: Settings): number {
  if (status === 'done') return 1;
  const stages = stagesOf(settings);
  const at = stage === null ? 0 : Math.max(0, stages.indexOf(stage));
  const taken = Math.max(...SIDES.map((side) => samples[side].length));
  const within = stage === 'timing' ? Math.min(1, taken / settings.runs) : 0;
  return (at + within) / stages.length;
}
