/** The third step: a comparison as it runs and what came of it; on a wide screen beside what was run and what may be done next. */
import type {VNode} from 'preact';
import {modelName} from '../models/modelName.ts';
import type {Settings} from '../settings/settings.ts';
import {Actions} from './Actions.tsx';
import {AnswerCard} from './AnswerCard.tsx';
import {BlocksCard} from './BlocksCard.tsx';
import {ChartCard} from './ChartCard.tsx';
import {EnvironmentCard} from './EnvironmentCard.tsx';
import {FiguresCard} from './FiguresCard.tsx';
import {NetworkCard} from './NetworkCard.tsx';
import type {Page, RunRecord} from './pageState.ts';
import {Progress} from './Progress.tsx';
import {SamplesCard} from './SamplesCard.tsx';
import {Setup} from './Setup.tsx';
import {BACKEND_TITLES, settingsText} from './words.ts';

interface ResultProps {
  readonly page: Page;
  readonly run: RunRecord;
  /** As they are now: after a failure they are changed here. */
  readonly settings: Settings;
}

export function Result({page, run, settings}: ResultProps): VNode {
  const {state} = run;
  const hasFailed = state.failure !== null;
  return (
    <div class={hasFailed && state.model === null ? 'result failed' : 'result'}>
      <div class="result-aside">
        {state.failure === null ? (
          <section class="card stack" aria-label="Comparison">
            <div>
              <p class="label muted">Model</p>
              <h1 class="result-title" tabIndex={-1}>
                {modelName(run.model)}
              </h1>
              <p class="hint">
                {BACKEND_TITLES[run.settings.backend]}, {settingsText(run.settings)}
              </p>
            </div>
            {state.status === 'running' ? <Progress page={page} run={run} /> : <Actions page={page} run={run} />}
          </section>
        ) : (
          <Setup page={page} model={run.model} settings={settings} notices={[]} failure={state.failure} />
        )}
      </div>
      <Findings run={run} />
      {state.environment !== null && (
        <div class="result-environment">
          <EnvironmentCard environment={state.environment} />
        </div>
      )}
    </div>
  );
}

/** What is known so far. Cards that come first have their place from the start, so that nothing jumps when they are filled. */
function Findings({run}: {run: RunRecord}): VNode | null {
  const {state} = run;
  const {status, model, comparison, network, charts, environment} = state;
  const isRunning = status === 'running';
  if (!isRunning && model === null) return null;
  const hasTimes = comparison === null || comparison.passed;
  return (
    <div class="findings">
      <AnswerCard state={state} />
      {(network !== null || (isRunning && hasTimes)) && <NetworkCard network={network} />}
      {hasTimes && (isRunning || state.samples.stock.length > 0) && <SamplesCard run={run} />}
      {model !== null && <BlocksCard model={model} comparison={comparison} />}
      {comparison !== null && environment !== null && (
        <FiguresCard comparison={comparison} adapter={environment.adapter} model={model} />
      )}
      {(['waterline', 'roofline', 'gap'] as const).map((name) => {
        const svg = charts[name];
        return svg === undefined ? null : <ChartCard key={name} name={name} svg={svg} run={run} />;
      })}
    </div>
  );
}
