/** A comparison from start to end, in its worker: the stages in order, and each finding as an event. */
import {modelOf, type OpenedModel} from '../models/source.ts';
import {VERSION} from '../../../src/version.ts';
import type {CompareEvent} from '../../../src/compare/compareModels.ts';
import type {FuseOptions} from '../../../src/rewrite/options.ts';
import type {Settings} from '../settings/settings.ts';
import {type StartedBackend, startBackend} from './backend.ts';
import {failureOf} from './failure.ts';
import type {Environment, RunEvent, RunRequest, Samples, Stage, TimedSide} from './protocol.ts';

type Post = (event: RunEvent) => void;

/** Posts the events of a comparison; the last is 'done' or 'failed'. */
export async function compare(request: RunRequest, post: Post): Promise<void> {
  const run = new Run(request, post);
  try {
    await run.all();
    post({type: 'done'});
  } catch (error) {
    post({type: 'failed', failure: failureOf(error, {stage: run.stage, settings: request.settings})});
  }
}

class Run {
  stage: Stage = 'backend';
  private readonly request: RunRequest;
  private readonly post: Post;

  constructor(request: RunRequest, post: Post) {
    this.request = request;
    this.post = post;
  }

  async all(): Promise<void> {
    const {settings} = this.request;
    this.enter('backend', `starting ${settings.backend}`);
    // What the browser says itself, before tfjs is told otherwise.
    const {hardwareConcurrency} = navigator;
    const started = await startBackend(settings);
    this.post({type: 'environment', environment: environmentOf(started, hardwareConcurrency)});
    await Promise.race([this.work().catch((error: unknown) => unlessLost(error, started)), started.lost]);
  }

  private async work(): Promise<void> {
    const {model: source, settings, chartWidth} = this.request;
    this.enter('model', 'reading the model');
    const model = await modelOf(source, settings, (detail) => {
      this.enter('model', detail);
    });
    const samples = await this.compareSides(model);
    const {chartTimes, chartWaterline} = await import('./charts.ts');
    if (samples !== null) this.post({type: 'chart', chart: 'samples', svg: chartTimes(samples, chartWidth)});
    if (!settings.analysis || samples === null) return;
    const machine = await this.machine();
    this.enter('waterline', 'tracing both sides');
    const {modelWaterline} = await import('../../../src/analysis/modelWaterline.ts');
    const waterline = await modelWaterline(model.handler, {
      ...{name: model.name, machine, runs: Math.min(settings.runs, WATERLINE_RUNS)},
      ...sharedOptions(model, settings),
      onProgress: (detail) => {
        this.enter('waterline', detail);
      },
    });
    this.post({type: 'waterline', waterline});
    for (const [chart, svg] of chartWaterline(waterline, machine, chartWidth)) this.post({type: 'chart', chart, svg});
  }

  /** Returns the samples of each side; null where the sides differ and nothing was timed. */
  private async compareSides(model: OpenedModel): Promise<Samples | null> {
    const {settings} = this.request;
    const samples: Record<TimedSide, number[]> = {stock: [], fused: [], fusedOneThread: []};
    const {compareModels} = await import('../../../src/compare/compareModels.ts');
    const comparison = await compareModels(model.handler, {
      ...sharedOptions(model, settings),
      runs: settings.runs,
      onProgress: (detail) => {
        this.post({type: 'stage', stage: this.stage, detail});
      },
      onEvent: (event) => {
        if (event.type === 'sample') samples[event.side].push(event.ms);
        this.tell(event, model);
      },
    });
    this.post({type: 'comparison', comparison});
    return comparison.passed ? samples : null;
  }

  private tell(event: CompareEvent, {name, layersModel, weightBytes}: OpenedModel): void {
    const {settings} = this.request;
    switch (event.type) {
      case 'loaded':
        this.post({type: 'model', model: {name, layersModel, weightBytes, ...event.loaded}});
        this.enter('agreement', 'checking fused against stock');
        break;
      case 'agreement':
        this.post(event);
        if (event.agreement.passed) this.enter('timing', `timing ${settings.runs} runs of each side`);
        break;
      case 'sample':
        this.post(event);
        break;
      case 'timed':
        this.enter('blocks', 'timing each block');
        break;
      case 'network':
        this.post(event);
        break;
      default:
        event satisfies never;
    }
  }

  private async machine(): Promise<NonNullable<RunRequest['machine']>> {
    this.enter('machine', 'measuring what this machine can do');
    const {measureMachine} = await import('../../../src/analysis/machine/machine.ts');
    const machine =
      this.request.machine ??
      (await measureMachine({
        onProgress: (detail) => {
          this.enter('machine', detail);
        },
      }));
    this.post({type: 'machine', machine});
    return machine;
  }

  private enter(stage: Stage, detail: string): void {
    this.stage = stage;
    this.post({type: 'stage', stage, detail});
  }
}

/** What a lost device breaks may be known before the loss is. Units: milliseconds. */
const LOSS_DEADLINE = 200;

/** Throws the loss of the device, where there is one; else the error. */
async function unlessLost(error: unknown, {lost}: StartedBackend): Promise<never> {
  const later = new Promise((resolve) => setTimeout(resolve, LOSS_DEADLINE));
  await Promise.race([lost, later]);
  throw error;
}

/** Traced runs of each side. */
const WATERLINE_RUNS = 5;

interface SharedOptions {
  readonly shapes: OpenedModel['shapes'];
  readonly fuse: FuseOptions;
  readonly precision: Settings['precision'];
}

/** What comparing and tracing are asked for alike. */
function sharedOptions({shapes}: OpenedModel, {backend, blocks, precision}: Settings): SharedOptions {
  return {shapes, fuse: {blocks}, precision: backend === 'webgpu' ? precision : 'float32'};
}

function environmentOf({engine, tfjs}: StartedBackend, hardwareConcurrency: number): Environment {
  return {
    ...engine,
    userAgent: navigator.userAgent,
    isolated: globalThis.crossOriginIsolated,
    hardwareConcurrency,
    tfjs,
    version: VERSION,
  };
}
