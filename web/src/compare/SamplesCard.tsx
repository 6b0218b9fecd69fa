/** Every timed sample of each side: drawn as they come in, and at the end by the worker's chart, in the same place. */
import type {VNode} from 'preact';
import {median} from '../../../src/run/statistics.ts';
import {ms} from '../../../src/report/comparisonFigures.ts';
import {SIDES, type TimedSide} from '../run/protocol.ts';
import {Drawing, SaveSvg} from './ChartCard.tsx';
import {useWidth} from './hooks.ts';
import type {RunRecord} from './pageState.ts';

const TITLES: Readonly<Record<TimedSide, string>> = {
  stock: 'Stock',
  fused: 'Fused',
  fusedOneThread: 'Fused, one thread',
};

export function SamplesCard({run}: {run: RunRecord}): VNode {
  const svg = run.state.charts.samples;
  return (
    <section class="card chart-card samples" aria-labelledby="samples-title">
      <h2 id="samples-title" class={svg === undefined ? '' : 'visually-hidden'}>
        Every timed run
      </h2>
      {svg === undefined ? <LiveSamples run={run} /> : <Drawing svg={svg} name="samples" />}
      {svg !== undefined && <SaveSvg name="samples" svg={svg} run={run} />}
    </section>
  );
}

const ROW = 44;
const RADIUS = 4;

function LiveSamples({run: {state, settings}}: {run: RunRecord}): VNode {
  const [ref, width] = useWidth<HTMLDivElement>();
  const {samples} = state;
  const longest = Math.max(...SIDES.flatMap((side) => samples[side]), 0);
  const sides = SIDES.filter((side) => side !== 'fusedOneThread' || samples[side].length > 0);
  const at = (time: number): number => RADIUS + ((width - 2 * RADIUS) * time) / (longest || 1);
  return (
    <div ref={ref} class="live-samples">
      {sides.map((side) => {
        const times = samples[side];
        return (
          <div key={side}>
            <p class="live-label hint number">
              <span>
                {TITLES[side]}: {times.length} of {settings.runs}
              </span>
              <span>{times.length === 0 ? '' : `median ${ms(median(times))}`}</span>
            </p>
            <svg width={width} height={ROW - 20} class={`live-row ${side}`} aria-hidden="true">
              <line x1={0} x2={width} y1={12} y2={12} />
              {/* One element, however many runs: a thousand would hold the page up each time that one more comes in. */}
              <path class="dots" d={times.map((time) => `M${at(time)} 12h0`).join('')} stroke-width={2 * RADIUS} />
              {times.length > 0 && <rect x={at(median(times)) - 1.5} y={1} width={3} height={22} />}
            </svg>
          </div>
        );
      })}
      <p class="hint">
        {longest === 0
          ? 'Each dot will be a run. The two sides take turns.'
          : `From 0 to ${ms(longest)}. The two sides take turns.`}
      </p>
    </div>
  );
}
