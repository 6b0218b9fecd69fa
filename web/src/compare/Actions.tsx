/** What may be done after a comparison: run it again, take another model, keep the results, hand the link on. */
import type {VNode} from 'preact';
import {useState} from 'preact/hooks';
import {modelName} from '../models/modelName.ts';
import {chartWidth} from './chartWidth.ts';
import {Icon} from './Icon.tsx';
import type {Page, RunRecord} from './pageState.ts';
import {fileName, resultJson, save} from './saved.ts';

export function Actions({page, run}: {page: Page; run: RunRecord}): VNode {
  const {status} = run.state;
  return (
    <div class="stack">
      <p role="status" class={status === 'cancelled' ? 'note' : 'visually-hidden'}>
        {status === 'cancelled' ? 'Cancelled. What was found so far stays here.' : 'The comparison is done.'}
      </p>
      <div class="stack tight">
        <button
          type="button"
          class="button primary large"
          onClick={() => {
            page.run(chartWidth(innerWidth));
          }}
        >
          Run again
        </button>
        <div class="pair">
          <button
            type="button"
            class="button"
            onClick={() => {
              page.chooseOther();
            }}
          >
            Other model
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              page.changeSettings();
            }}
          >
            Change settings
          </button>
        </div>
      </div>
      <div class="stack tight keep">
        <div class="pair">
          <CopyLink page={page} />
          <button
            type="button"
            class="button quiet compact"
            onClick={() => {
              const {backend} = run.settings;
              save(fileName([modelName(run.model), backend], 'json'), resultJson(run), 'application/json');
            }}
          >
            <Icon name="save" /> Save as JSON
          </button>
        </div>
        {run.model.kind === 'files' && (
          <p class="hint">A link cannot hold files of this device: it repeats the settings, without the model.</p>
        )}
      </div>
    </div>
  );
}

/** Where the page may not write to the clipboard, the link is there to be copied by hand. */
function CopyLink({page}: {page: Page}): VNode {
  const [copied, setCopied] = useState<'no' | 'yes' | 'refused'>('no');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(page.address());
      setCopied('yes');
      setTimeout(() => {
        setCopied('no');
      }, 3000);
    } catch {
      setCopied('refused');
    }
  };
  return (
    <>
      <button
        type="button"
        class="button quiet compact"
        onClick={() => {
          void copy();
        }}
      >
        <Icon name="link" /> {copied === 'yes' ? 'Link copied' : 'Copy link'}
      </button>
      <span role="status" class="visually-hidden">
        {copied === 'yes' ? 'Link copied' : ''}
      </span>
      {copied === 'refused' && (
        <label class="field whole">
          <span class="hint">This browser keeps pages from its clipboard. Copy it here:</span>
          <input
            class="input"
            readOnly
            value={page.address()}
            onFocus={({currentTarget}) => {
              currentTarget.select();
            }}
          />
        </label>
      )}
    </>
  );
}
