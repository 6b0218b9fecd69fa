/** A chart that the worker drew, and the way to keep it as a file. */
import type {VNode} from 'preact';
import {useLayoutEffect, useRef} from 'preact/hooks';
import {modelName} from '../models/modelName.ts';
import type {ChartName} from '../run/protocol.ts';
import {Icon} from './Icon.tsx';
import type {RunRecord} from './pageState.ts';
import {fileName, save} from './saved.ts';
import {drawingOf} from './svgFile.ts';

const TITLES: Readonly<Record<ChartName, string>> = {
  samples: 'Every timed run',
  waterline: 'Waterline',
  roofline: 'Roofline',
  gap: 'Efficiency gap',
};

interface ChartProps {
  readonly name: ChartName;
  readonly svg: string;
  readonly run: RunRecord;
}

export function ChartCard({name, svg, run}: ChartProps): VNode {
  return (
    <section class="card chart-card" aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`} class="visually-hidden">
        {TITLES[name]}
      </h2>
      <Drawing svg={svg} name={name} />
      <SaveSvg name={name} svg={svg} run={run} />
    </section>
  );
}

export function SaveSvg({name, svg, run}: ChartProps): VNode {
  return (
    <button
      type="button"
      class="button quiet compact save"
      aria-label={`Save ‘${TITLES[name]}’ as SVG`}
      onClick={() => {
        save(fileName([modelName(run.model), run.settings.backend, name], 'svg'), svg, 'image/svg+xml');
      }}
    >
      <Icon name="save" /> SVG
    </button>
  );
}

export function Drawing({svg, name}: Omit<ChartProps, 'run'>): VNode {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const drawing = drawingOf(svg);
    if (drawing === null || place.current === null) return;
    // It is laid out when it is scrolled to; until then it takes this room.
    place.current.style.containIntrinsicHeight = `${drawing.getAttribute('height') ?? '400'}px`;
    place.current.replaceChildren(drawing);
  }, [svg]);
  // It can be scrolled by keys where it is wider than its card.
  return <div class="drawing" ref={place} data-chart={name} role="group" aria-label={TITLES[name]} tabIndex={0} />;
}
