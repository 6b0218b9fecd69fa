/** How far a comparison is, and the way to end it. */
import type {VNode} from 'preact';
import type {Page, RunRecord} from './pageState.ts';
import {progressOf, stagesOf} from './runState.ts';
import {STAGE_TITLES} from './words.ts';

export function Progress({page, run: {state, settings}}: {page: Page; run: RunRecord}): VNode {
  const {stage, detail} = state;
  const stages = stagesOf(settings);
  const at = stage === null ? 0 : stages.indexOf(stage);
  const title = STAGE_TITLES[stage ?? 'backend'];
  return (
    <div class="stack">
      <div class="stack tight">
        <progress max={1} value={progressOf(state, settings)} aria-label="Progress of the comparison" />
        <p class="visually-hidden" role="status">
          {title}
        </p>
        <p class="stage-now label" aria-hidden="true">
          {title}
        </p>
        <p class="progress-detail hint">{detail.toLowerCase() === title.toLowerCase() ? '' : detail}</p>
      </div>
      <ol class="stages">
        {stages.map((each, i) => (
          <li key={each} class={i < at ? 'past' : i === at ? 'now' : ''} aria-current={i === at ? 'step' : undefined}>
            {STAGE_TITLES[each]}
          </li>
        ))}
      </ol>
      <button
        type="button"
        class="button primary large"
        onClick={() => {
          page.cancel();
        }}
      >
        Cancel
      </button>
    </div>
  );
}
