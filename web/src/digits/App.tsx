/** The page: a pad, sample digits, and what both networks make of the drawing, as it is drawn. */
import type {VNode} from 'preact';
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {FailureNote} from '../shell/FailureNote.tsx';
import {useReader} from './useReader.ts';
import type {Stroke} from './ink.ts';
import {NetworkCard, titleOf} from './NetworkCard.tsx';
import {EMPTY, Pad, type PadContent} from './Pad.tsx';
import {paintImage} from './paint.ts';
import {NETWORK_NAMES, type Reading, type Times} from './protocol.ts';
import {Samples} from './samples.ts';
import {engineText, speedText} from './words.ts';

const samples = new Samples();
const SAMPLES_FAILED = 'The sample digits did not load. Check the connection, then choose one again.';

/** What is told to a screen reader, once a drawing has rested so long. Units: milliseconds. */
const REST_MS = 900;

export function App(): VNode {
  const [content, setContent] = useState<PadContent>(EMPTY);
  const [sampleFailure, setSampleFailure] = useState<string | null>(null);
  const {ready, reading, times, failure, read, clear: forget, restart} = useReader();

  const frame = useRef(0);
  const drawn = useRef<readonly Stroke[]>([]);
  // The pad draws by itself: the rest of the page hears of its strokes once a frame.
  const draw = useCallback(
    (strokes: readonly Stroke[]): void => {
      drawn.current = strokes;
      if (frame.current !== 0) return;
      frame.current = requestAnimationFrame(() => {
        frame.current = 0;
        setContent((now) =>
          now.kind === 'strokes' && now.strokes === drawn.current ? now : {kind: 'strokes', strokes: drawn.current},
        );
        read({kind: 'strokes', strokes: drawn.current});
      });
    },
    [read],
  );
  const stopDrawing = (): void => {
    cancelAnimationFrame(frame.current);
    frame.current = 0;
  };
  const clear = useCallback((): void => {
    stopDrawing();
    setContent(EMPTY);
    forget();
  }, [forget]);
  const choose = async (digit: number): Promise<void> => {
    try {
      const image = await samples.next(digit);
      stopDrawing();
      setSampleFailure(null);
      setContent({kind: 'sample', image, digit});
      read({kind: 'sample', image});
    } catch {
      setSampleFailure(SAMPLES_FAILED);
    }
  };

  useEffect(() => {
    const onKeyDown = ({key}: KeyboardEvent): void => {
      if (key === 'Escape') clear();
    };
    addEventListener('keydown', onKeyDown);
    return () => {
      removeEventListener('keydown', onKeyDown);
    };
  }, [clear]);

  const isEmpty = content.kind === 'strokes' && content.strokes.length === 0;
  return (
    <div class="digits">
      <header class="intro">
        <h1>Draw a digit</h1>
        <p class="lead">
          Two small networks read it as you draw. Each runs twice, in stock TensorFlow.js and with its blocks fused.
        </p>
      </header>
      <section class="card drawing" aria-label="Drawing">
        <Pad content={content} onDraw={draw} />
        <div class="row under-pad">
          <button type="button" class="button" onClick={clear} disabled={isEmpty}>
            Clear
          </button>
          <Seen reading={reading} />
        </div>
        <Glance reading={reading} times={times} />
        <p class="hint" id="pad-keys">
          By keys: arrows move the pen, Space sets it down or lifts it, Escape clears.
        </p>
        <fieldset class="samples">
          <legend class="label">Or choose a sample</legend>
          <div>
            {Array.from({length: 10}, (_, digit) => (
              <button
                key={digit}
                type="button"
                class="button"
                aria-pressed={content.kind === 'sample' && content.digit === digit}
                aria-label={`Sample of ${digit}`}
                onClick={() => void choose(digit)}
              >
                {digit}
              </button>
            ))}
          </div>
          <p class="hint">Digits that the networks were not trained on; press again for another.</p>
        </fieldset>
        {sampleFailure !== null && (
          <p class="note bad" role="alert">
            {sampleFailure}
          </p>
        )}
      </section>
      <div class="results">
        {failure !== null && (
          <FailureNote failure={failure}>
            <button type="button" class="button" onClick={restart}>
              Start again
            </button>
          </FailureNote>
        )}
        <div class="networks">
          {NETWORK_NAMES.map((name) => (
            <NetworkCard
              key={name}
              name={name}
              loaded={ready?.networks[name] ?? null}
              reading={reading?.networks[name] ?? null}
              times={times?.networks[name] ?? null}
            />
          ))}
        </div>
        <div class="facts muted small">
          <p data-environment>
            {ready === null
              ? failure === null
                ? 'The networks are loading …'
                : 'The networks are not running.'
              : `${engineText(ready.engine, {userAgent: navigator.userAgent, isolated: crossOriginIsolated})}.`}
          </p>
          <p data-memory={times === null ? undefined : JSON.stringify(times.memory)}>
            Times are medians of the latest {times?.samples ?? 25} samples, stock and fused in turns, in a worker. All
            blocks are fused, whether that pays or not.
            {ready?.networks.convfirst.stockForm === 'legalized' &&
              ' Stock TensorFlow.js has no grouped convolution, so it runs ConvFirst with each split into plain ones.'}
          </p>
          <p>
            Scores are the softmax of the logits. The networks learnt from thirteen people’s digits: they read a
            stranger’s hand worse.
          </p>
        </div>
      </div>
      <Announcement reading={reading} />
    </div>
  );
}

/** The answers close to the pad, where a narrow screen has the rest below. */
function Glance({reading, times}: {reading: Reading | null; times: Times | null}): VNode {
  return (
    <ul class="glance">
      {NETWORK_NAMES.map((name) => (
        <li key={name}>
          <span>{titleOf(name)}</span>
          <strong>{reading?.networks[name].answers.fused ?? '–'}</strong>
          <span class="muted small">{times === null ? '' : speedText(times.networks[name])}</span>
        </li>
      ))}
    </ul>
  );
}

function Seen({reading}: {reading: Reading | null}): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) paintImage(canvas.current, reading?.image ?? new Float32Array(0));
  }, [reading]);
  return (
    <div class="seen">
      <span class="small muted">The networks see</span>
      <canvas ref={canvas} role="img" aria-label="The drawing as the networks see it, 32 by 32 pixels" />
    </div>
  );
}

/** Says the answers politely, once the drawing rests. */
function Announcement({reading}: {reading: Reading | null}): VNode {
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => {
      setText(reading === null ? '' : announcementOf(reading));
    }, REST_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [reading]);
  return (
    <p class="visually-hidden" role="status">
      {text}
    </p>
  );
}

function announcementOf({networks}: Reading): string {
  const answers = NETWORK_NAMES.map((name) => `${titleOf(name)} reads ${networks[name].answers.fused}`).join(', ');
  const agree = NETWORK_NAMES.every((name) => networks[name].agrees);
  return `${answers}. Stock and fused ${agree ? 'agree' : 'differ'}.`;
}
