/** The second step: how the chosen model is to be run. Where that failed, what went wrong stands beside the control that it is about. */
import type {VNode} from 'preact';
import {useRef} from 'preact/hooks';
import {modelName} from '../models/modelName.ts';
import type {ModelSource} from '../run/protocol.ts';
import type {Settings} from '../settings/settings.ts';
import {BackendFields} from './BackendFields.tsx';
import {chartWidth} from './chartWidth.ts';
import {FailureNote, type Failed} from './FailureNote.tsx';
import {Notices} from './Notices.tsx';
import type {Page} from './pageState.ts';
import {SettingsFields} from './SettingsFields.tsx';
import {bytesText} from './words.ts';

interface SetupProps {
  readonly page: Page;
  readonly model: ModelSource;
  readonly settings: Settings;
  readonly notices: readonly string[];
  /** Why the last run ended early. */
  readonly failure?: Failed | undefined;
}

export function Setup({page, model, settings, notices, failure}: SetupProps): VNode {
  const form = useRef<HTMLFormElement>(null);
  const run = (event: SubmitEvent): void => {
    event.preventDefault();
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (!wrong) {
      page.run(chartWidth(innerWidth));
      return;
    }
    wrong.closest('details')?.setAttribute('open', '');
    wrong.focus();
  };
  return (
    <form ref={form} class="setup stack" onSubmit={run} noValidate aria-label="Comparison">
      <section class="card stack tight" aria-label="Model">
        <div class="setup-model">
          <div>
            <p class="label muted">Model</p>
            <h1 tabIndex={-1}>{modelName(model)}</h1>
            <p class="hint">{modelHint(model)}</p>
          </div>
          <button
            type="button"
            class="button compact"
            onClick={() => {
              page.chooseOther();
            }}
          >
            Other model
          </button>
        </div>
        <FailureNote failure={failure} about="model" />
      </section>
      <Notices notices={notices} />
      <section class="card stack" aria-label="How to run it">
        <BackendFields page={page} settings={settings} failure={failure} />
        <SettingsFields page={page} settings={settings} failure={failure} />
      </section>
      <div class="stack tight">
        <FailureNote failure={failure} about="run" />
        <button type="submit" class="button primary large run-button">
          {failure === undefined ? 'Compare stock and fused' : 'Compare again'}
        </button>
        {failure === undefined && (
          <p class="hint centred">It takes some seconds; a large model longer. You can cancel at any time.</p>
        )}
      </div>
    </form>
  );
}

function modelHint(model: ModelSource): string {
  switch (model.kind) {
    case 'files': {
      const bytes = model.files.reduce((sum, {file}) => sum + file.size, 0);
      return `${model.files.length} file${model.files.length === 1 ? '' : 's'}, ${bytesText(bytes)}, read when it runs. They stay on this device.`;
    }
    case 'url':
      return model.url;
    case 'shipped':
      return 'Comes with this page.';
    default:
      return model satisfies never;
  }
}
