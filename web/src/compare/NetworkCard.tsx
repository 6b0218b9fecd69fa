/** A picture of the network: its parts in order, as long as their time, stock above fused. Each can be pointed at and walked to by keys. */
import type {VNode} from 'preact';
import {useRef, useState} from 'preact/hooks';
import {ms} from '../../../src/report/comparisonFigures.ts';
import type {NetworkPart, NetworkTimes} from '../run/protocol.ts';
import {useWidth} from './hooks.ts';
import {layOut, type NetworkLayout, partAfterKey, type PlacedPart} from './networkLayout.ts';

const ROW = 34;
const BETWEEN = 26;
const HEIGHT = 2 * ROW + BETWEEN;
/** Between neighbours, where they are wide enough. */
const GAP = 1;

const KINDS: Readonly<Record<NetworkPart['kind'], string>> = {
  fused: 'Fused block',
  left: 'Block left alone',
  other: 'Between blocks',
};

export function NetworkCard({network}: {network: NetworkTimes | null}): VNode {
  return (
    <section class="card network" aria-labelledby="network-title">
      <h2 id="network-title">The network</h2>
      {network === null ? (
        <>
          <p class="hint waiting-text">Its parts appear here once each of them has been timed.</p>
          <div class="waiting-row" />
          <div class="waiting-row short" />
        </>
      ) : network.parts.length === 0 ? (
        <p class="muted">It has no parts that can be told apart.</p>
      ) : (
        <Picture network={network} />
      )}
    </section>
  );
}

function Picture({network}: {network: NetworkTimes}): VNode {
  const [ref, width] = useWidth<HTMLDivElement>();
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      network.parts.findIndex(({kind}) => kind === 'fused'),
    ),
  );
  const list = useRef<SVGSVGElement>(null);
  const layout = layOut(network, width);
  const go = (event: KeyboardEvent): void => {
    const next = partAfterKey(event.key, at, layout.parts.length);
    if (next === null) return;
    event.preventDefault();
    setAt(next);
    list.current?.querySelector<SVGGElement>(`[data-part="${next}"]`)?.focus();
  };
  return (
    <div class="stack tight">
      <p class="hint">{lengthText(layout)}</p>
      <div class="network-picture" ref={ref}>
        <p class="network-side hint number">Stock{layout.stockMs === null ? '' : ` ${ms(layout.stockMs)}`}</p>
        {width > 0 && (
          <svg
            ref={list}
            role="listbox"
            aria-label="Parts of the network, in order"
            aria-orientation="horizontal"
            width={width}
            height={HEIGHT}
            viewBox={`0 0 ${width} ${HEIGHT}`}
            onKeyDown={go}
          >
            {layout.parts.map((placed, i) => (
              <Part key={i} placed={placed} index={i} isAt={i === at} count={layout.parts.length} show={setAt} />
            ))}
          </svg>
        )}
        <p class="network-side hint number">Fused{layout.fusedMs === null ? '' : ` ${ms(layout.fusedMs)}`}</p>
      </div>
      <PartFacts part={network.parts[at]!} index={at} count={network.parts.length} />
      <ul class="legend row hint">
        {(Object.keys(KINDS) as NetworkPart['kind'][])
          .filter((kind) => network.parts.some((part) => part.kind === kind))
          .map((kind) => (
            <li key={kind}>
              <span class={`swatch ${kind}`} /> {KINDS[kind]}
            </li>
          ))}
        <li class="keys">Arrow keys go from part to part</li>
      </ul>
    </div>
  );
}

function lengthText({isTimed}: NetworkLayout): string {
  return isTimed
    ? 'From input to output. A part is as long as its kernels take.'
    : 'From input to output. Nothing times single parts here, so all are drawn equally long.';
}

interface PartProps {
  readonly placed: PlacedPart;
  readonly index: number;
  readonly count: number;
  readonly isAt: boolean;
  readonly show: (index: number) => void;
}

function Part({placed: {part, stock, fused}, index, count, isAt, show}: PartProps): VNode {
  const bottom = ROW + BETWEEN;
  const inner = (width: number): number => (width > 3 * GAP ? width - GAP : width);
  const ribbon = `M${stock.x} ${ROW}H${stock.x + inner(stock.width)}L${fused.x + inner(fused.width)} ${bottom}H${fused.x}Z`;
  const look = (): void => {
    show(index);
  };
  return (
    <g
      role="option"
      aria-selected={isAt}
      aria-label={partText(part, index, count)}
      tabIndex={isAt ? 0 : -1}
      data-part={index}
      class={`part ${part.kind}${isAt ? ' at' : ''}`}
      onFocus={look}
      onPointerEnter={look}
      onPointerDown={look}
    >
      <path class="ribbon" d={ribbon} />
      <rect class="stock" x={stock.x} y={0} width={inner(stock.width)} height={ROW} />
      <rect class="fused" x={fused.x} y={bottom} width={inner(fused.width)} height={ROW} />
    </g>
  );
}

function partText(part: NetworkPart, index: number, count: number): string {
  const {kind, title, detail} = part;
  return [`${index + 1} of ${count}, ${KINDS[kind]}: ${title}`, timesText(part), detail ?? '']
    .filter((text) => text !== '')
    .join('. ');
}

function timesText({stockMs, fusedMs}: NetworkPart): string {
  if (stockMs === null && fusedMs === null) return '';
  const text = (time: number | null): string => (time === null ? 'not timed' : ms(time));
  return `Stock ${text(stockMs)}, fused ${text(fusedMs)}`;
}

/** What the names of parts say to those who hear them. */
function PartFacts({part, index, count}: {part: NetworkPart; index: number; count: number}): VNode {
  const {kind, title, detail, stockMs, fusedMs} = part;
  const ratio = stockMs !== null && fusedMs !== null && fusedMs > 0 && kind === 'fused' ? stockMs / fusedMs : null;
  return (
    <div class="part-facts" aria-hidden="true">
      <p class="hint">
        <span class={`swatch ${kind}`} /> {KINDS[kind]}, part {index + 1} of {count}
      </p>
      <p class="part-title">{title}</p>
      <p class="number">
        {timesText(part)}
        {ratio === null ? '' : `: ${ratio.toFixed(2)}× as fast`}
      </p>
      <p class="hint part-detail">{detail ?? ''}</p>
    </div>
  );
}
