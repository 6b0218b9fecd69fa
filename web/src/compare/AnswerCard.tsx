/** The two things to know: whether the answer is the same, and only then how much faster it comes. */
import type {VNode} from 'preact';
import {answerOf, gainOf} from './answer.ts';
import {Icon} from './Icon.tsx';
import type {RunState} from './runState.ts';

export function AnswerCard({state: {agreement, comparison, status, samples}}: {state: RunState}): VNode {
  const answer = agreement === null ? null : answerOf(agreement);
  const gain = comparison === null ? null : gainOf(comparison);
  return (
    <section class="card answer" aria-label="Result">
      <div class={`answer-part ${answer?.tone ?? 'waiting'}`} aria-live="polite">
        <h2>
          {answer !== null && <Icon name={answer.tone} />}
          {answer?.heading ?? 'Same answer?'}
        </h2>
        {answer === null ? (
          <p class="muted">{status === 'running' ? 'Not known yet.' : 'It was not found out.'}</p>
        ) : (
          answer.lines.map((line) => <p key={line}>{line}</p>)
        )}
      </div>
      {(agreement === null || agreement.passed) && (
        <div class="answer-part" aria-live="polite">
          <h2 class={(gain?.factor ?? null) === null ? '' : 'gain'}>
            {gain === null ? (
              'How much faster?'
            ) : (
              <>
                {gain.factor !== null && <span class="factor number">{gain.factor} </span>}
                {gain.heading}
              </>
            )}
          </h2>
          <p class={gain === null ? 'muted' : 'number'}>{gain?.line ?? waiting(status, samples.stock.length)}</p>
        </div>
      )}
    </section>
  );
}

function waiting(status: RunState['status'], taken: number): string {
  if (status !== 'running') return 'It was not found out.';
  return taken === 0 ? 'Timed once the answer is known to be the same.' : 'Being timed.';
}
