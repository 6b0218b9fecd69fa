import {paced} from '../../../web/src/compare/paced.ts';
import {after, cancelled, progressOf, stagesOf, STARTED} from '../../../web/src/compare/runState.ts';
import type {Failure, RunEvent} from '../../../web/src/run/protocol.ts';
import {DEFAULTS} from '../../../web/src/settings/settings.ts';

const FAILURE: Failure = {about: 'model', message: 'It is broken.', detail: null, code: null};
const sample = (side: 'stock' | 'fused', ms: number): RunEvent => ({type: 'sample', side, ms});
const AGREED: RunEvent = {
  type: 'agreement',
  agreement: {
    notFinite: {stock: 0, fused: 0},
    maxAbsError: 0,
    maxAbsOutput: 1,
    tolerance: 1e-5,
    passed: true,
    chosen: null,
  },
};
const all = (...events: RunEvent[]) => events.reduce(after, STARTED);

describe('after', () => {
  it('puts together what comes', () => {
    const state = all(
      {type: 'stage', stage: 'timing', detail: 'timing both sides'},
      sample('stock', 2),
      sample('fused', 1),
      sample('stock', 3),
      {type: 'chart', chart: 'gap', svg: '<svg/>'},
      {type: 'done'},
    );
    expect(state).toMatchObject({
      status: 'done',
      stage: 'timing',
      samples: {stock: [2, 3], fused: [1], fusedOneThread: []},
      charts: {gap: '<svg/>'},
      failure: null,
    });
  });

  it('changes nothing of a comparison that has ended', () => {
    const failed = all(sample('stock', 2), {type: 'failed', failure: FAILURE});
    expect(failed).toMatchObject({status: 'failed', failure: FAILURE});
    expect(after(failed, sample('stock', 9))).toBe(failed);
    const ended = cancelled(all(sample('stock', 2)));
    expect(ended).toMatchObject({status: 'cancelled', samples: {stock: [2]}});
    expect(after(ended, {type: 'done'})).toBe(ended);
    expect(cancelled(failed)).toBe(failed);
  });

  it('leaves the state before it as it was', () => {
    all(sample('stock', 2));
    expect(STARTED.samples.stock).toEqual([]);
  });
});

describe('progressOf', () => {
  it('grows from stage to stage, and with the samples of the timing', () => {
    const settings = {...DEFAULTS, runs: 4};
    const steps = [
      STARTED,
      all({type: 'stage', stage: 'agreement', detail: ''}),
      all({type: 'stage', stage: 'timing', detail: ''}),
      all({type: 'stage', stage: 'timing', detail: ''}, sample('stock', 1), sample('stock', 1)),
      all({type: 'stage', stage: 'blocks', detail: ''}, ...[1, 2, 3, 4, 5].map((ms) => sample('stock', ms))),
      all({type: 'done'}),
    ].map((state) => progressOf(state, settings));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(new Set(steps).size).toBe(steps.length);
    expect([steps[0], steps.at(-1)]).toEqual([0, 1]);
  });

  it('has no stages of the analysis where that is not asked for', () => {
    expect(stagesOf({...DEFAULTS, analysis: false})).not.toContain('machine');
    expect(stagesOf(DEFAULTS)).toContain('waterline');
  });
});

describe('paced', () => {
  it('hands on in order, all small events of a frame at once and one large one', () => {
    const frames: (() => void)[] = [];
    const got: string[][] = [];
    const tell = paced(
      (events) => got.push(events.map(({type}) => type)),
      (callback) => frames.push(callback),
    );
    const chart: RunEvent = {type: 'chart', chart: 'gap', svg: ''};
    for (const event of [sample('stock', 1), sample('fused', 1), AGREED, chart, chart, {type: 'done'} as const])
      tell(event);
    expect([frames.length, got.length]).toEqual([1, 0]);
    for (let frame = frames.shift(); frame !== undefined; frame = frames.shift()) frame();
    expect(got).toEqual([['sample', 'sample', 'agreement'], ['chart'], ['chart'], ['done']]);
    tell(sample('stock', 1));
    expect(frames).toHaveLength(1);
  });
});
