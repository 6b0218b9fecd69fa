/** Which backend of TensorFlow.js runs both sides. */
import type {VNode} from 'preact';
import {BACKENDS, type Backend, type Settings} from '../settings/settings.ts';
import {FailureNote, type Failed} from './FailureNote.tsx';
import {useWebGPURefusal} from './hooks.ts';
import type {Page} from './pageState.ts';
import {BACKEND_TITLES} from './words.ts';

const HINTS: Readonly<Record<Backend, string>> = {
  wasm: 'The CPU, with SIMD and threads',
  webgpu: 'The GPU',
  cpu: 'The CPU, slowly: no fused kernels',
};

interface BackendProps {
  readonly page: Page;
  readonly settings: Settings;
  readonly failure: Failed | undefined;
}

export function BackendFields({page, settings: {backend}, failure}: BackendProps): VNode {
  const refusal = useWebGPURefusal();
  const isMissing = refusal !== null && backend === 'webgpu';
  return (
    <fieldset class="field" aria-describedby={isMissing ? 'backend-note' : undefined}>
      <legend>Backend</legend>
      <div class="choices">
        {BACKENDS.map((name) => {
          const isRefused = name === 'webgpu' && refusal !== null;
          return (
            <label class="choice" key={name}>
              <input
                type="radio"
                name="backend"
                value={name}
                checked={backend === name}
                disabled={isRefused && backend !== name}
                aria-describedby={`backend-${name}`}
                onChange={() => {
                  page.set({backend: name});
                }}
              />
              <span>
                <span class="choice-title">{BACKEND_TITLES[name]}</span>
                <span class="hint" id={`backend-${name}`}>
                  {isRefused ? refusal : HINTS[name]}
                </span>
              </span>
            </label>
          );
        })}
      </div>
      {isMissing && (
        <p class="note warn" id="backend-note">
          {refusal} Choose WebAssembly, or open this page in a browser with WebGPU.
        </p>
      )}
      <FailureNote failure={failure} about="backend" />
    </fieldset>
  );
}
