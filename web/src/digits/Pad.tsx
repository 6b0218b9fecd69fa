/** The pad: drawn on by mouse, finger or pen, or by the arrow keys. */
import type {VNode} from 'preact';
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import type {Point, Stroke} from './ink.ts';
import {paintLine, paintSample, paintStrokes, type Surface, surfaceOf} from './paint.ts';
import type {SampleImage} from './samples.ts';

/** What is on the pad. */
export type PadContent =
  | {readonly kind: 'strokes'; readonly strokes: readonly Stroke[]}
  | {readonly kind: 'sample'; readonly image: SampleImage; readonly digit: number};

export const EMPTY: PadContent = {kind: 'strokes', strokes: []};

interface PadProps {
  readonly content: PadContent;
  readonly onDraw: (strokes: readonly Stroke[]) => void;
}

/** How far an arrow key moves the pen, against the pad. */
const KEY_STEP = 1 / 28;
const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: {x: -1, y: 0},
  ArrowRight: {x: 1, y: 0},
  ArrowUp: {x: 0, y: -1},
  ArrowDown: {x: 0, y: 1},
};

export function Pad({content, onDraw}: PadProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | null>(null);
  /** The strokes as they grow: the page hears of them, but need not have drawn itself anew between two points. */
  const strokes = useRef<Point[][]>([]);
  /** Lists of strokes that were drawn here: when the page hands one back, the pad is there already, or further. */
  const own = useRef(new WeakSet<readonly Stroke[]>());
  const pointer = useRef<number | null>(null);
  const keys = useRef(new Set<string>());
  const [pen, setPen] = useState<{at: Point; isDown: boolean} | null>(null);

  const shown = useRef(content);
  shown.current = content;

  const repaint = useCallback((): void => {
    if (canvas.current === null) return;
    surface.current = surfaceOf(canvas.current);
    if (surface.current === null) return;
    if (shown.current.kind === 'sample') paintSample(surface.current, shown.current.image);
    else paintStrokes(surface.current, strokes.current);
  }, []);

  useEffect(() => {
    if (content.kind === 'strokes' && own.current.has(content.strokes)) return;
    strokes.current = content.kind === 'strokes' ? content.strokes.map((stroke) => [...stroke]) : [];
    pointer.current = null;
    setPen((now) => (now === null ? null : {...now, isDown: false}));
    repaint();
  }, [content]);

  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const resized = new ResizeObserver(repaint);
    resized.observe(canvas.current!);
    dark.addEventListener('change', repaint);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', repaint);
    };
  }, []);

  const begin = (at: Point): void => {
    if (content.kind === 'sample' && canvas.current !== null) surface.current = surfaceOf(canvas.current);
    strokes.current = [...strokes.current, [at]];
    own.current.add(strokes.current);
    if (surface.current !== null) paintLine(surface.current, [at, at]);
    onDraw(strokes.current);
  };
  const extend = (points: readonly Point[]): void => {
    const stroke = strokes.current.at(-1);
    const from = stroke?.at(-1);
    if (stroke === undefined || from === undefined) return;
    stroke.push(...points);
    if (surface.current !== null) paintLine(surface.current, [from, ...points]);
    onDraw(strokes.current);
  };

  /** Where the pad lies is asked once a stroke: asked at each point, the browser would lay the page out as often. */
  const place = useRef<DOMRect | null>(null);
  const pointOf = ({clientX, clientY}: PointerEvent): Point => {
    const {left, top, width, height} = (place.current ??= canvas.current!.getBoundingClientRect());
    return {x: within((clientX - left) / width), y: within((clientY - top) / height)};
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = pen ?? {at: {x: 0.5, y: 0.2}, isDown: false};
    if (event.key === ' ') {
      event.preventDefault();
      if (event.repeat) return;
      if (!now.isDown) begin(now.at);
      setPen({...now, isDown: !now.isDown});
      return;
    }
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    keys.current.add(event.key);
    let {x, y} = now.at;
    for (const key of keys.current) {
      x = within(x + ARROWS[key]!.x * KEY_STEP);
      y = within(y + ARROWS[key]!.y * KEY_STEP);
    }
    setPen({at: {x, y}, isDown: now.isDown});
    if (now.isDown) extend([{x, y}]);
  };

  return (
    <div class="pad">
      <canvas
        ref={canvas}
        role="application"
        tabIndex={0}
        aria-label="Drawing pad"
        aria-describedby="pad-keys"
        onPointerDown={(event) => {
          if (event.button !== 0 || pointer.current !== null) return;
          pointer.current = event.pointerId;
          canvas.current!.setPointerCapture(event.pointerId);
          place.current = null;
          setPen(null);
          begin(pointOf(event));
        }}
        onPointerMove={(event) => {
          if (event.pointerId !== pointer.current) return;
          const merged = event.getCoalescedEvents();
          extend((merged.length > 0 ? merged : [event]).map(pointOf));
        }}
        onPointerUp={(event) => {
          if (event.pointerId === pointer.current) pointer.current = null;
        }}
        onPointerCancel={(event) => {
          if (event.pointerId === pointer.current) pointer.current = null;
        }}
        onKeyDown={onKeyDown}
        onKeyUp={(event) => {
          keys.current.delete(event.key);
        }}
        onBlur={() => {
          keys.current.clear();
          setPen(null);
        }}
      />
      {pen !== null && (
        <span
          class={pen.isDown ? 'pen down' : 'pen'}
          style={{left: `${100 * pen.at.x}%`, top: `${100 * pen.at.y}%`}}
          aria-hidden="true"
        />
      )}
      {content.kind === 'strokes' && content.strokes.length === 0 && pen === null && (
        <p class="invitation" aria-hidden="true">
          Draw a digit here
        </p>
      )}
    </div>
  );
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}
