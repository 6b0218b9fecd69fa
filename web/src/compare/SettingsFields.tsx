/** Settings that most people can leave alone, behind a disclosure. */
import type {ComponentChildren, VNode} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {type RangeName, rangeText, readNumber} from '../settings/fields.ts';
import type {Settings} from '../settings/settings.ts';
import {FailureNote, type Failed} from './FailureNote.tsx';
import type {Page} from './pageState.ts';
import {settingsText} from './words.ts';

interface SettingsProps {
  readonly page: Page;
  readonly settings: Settings;
  readonly failure: Failed | undefined;
}

export function SettingsFields({page, settings, failure}: SettingsProps): VNode {
  const set = (changed: Partial<Settings>): void => {
    page.set(changed);
  };
  const {backend, simd, threads, precision, batch, inputSize, runs, blocks, analysis} = settings;
  return (
    <details class="settings" open={failure?.about === 'settings'}>
      <summary>
        <span class="label">Settings</span> <span class="hint">{settingsText(settings)}</span>
      </summary>
      <div class="stack settings-body">
        <FailureNote failure={failure} about="settings" />
        <div class="settings-grid">
          {backend === 'wasm' && (
            <Select
              label="SIMD"
              id="simd"
              value={simd}
              options={[
                ['auto', 'The best of this browser'],
                ['simd', 'Plain SIMD, not relaxed'],
              ]}
              onChange={(value) => {
                set({simd: value});
              }}
            />
          )}
          {backend === 'wasm' && <Threads threads={threads} set={set} />}
          {backend === 'webgpu' && (
            <Select
              label="Precision of fused blocks"
              id="precision"
              value={precision}
              options={[
                ['float32', 'float32, as stock'],
                ['float16', 'float16, less exact'],
              ]}
              onChange={(value) => {
                set({precision: value});
              }}
            />
          )}
          <NumberField
            label="Images at a time (batch)"
            name="batch"
            value={batch}
            hint="Where the model leaves it open"
            onChange={(value) => {
              set({batch: value ?? 1});
            }}
          />
          <NumberField
            label="Image size in pixels"
            name="inputSize"
            value={inputSize}
            isOptional
            hint="Empty: the model’s own"
            onChange={(value) => {
              set({inputSize: value});
            }}
          />
          <NumberField
            label="Timed runs of each side"
            name="runs"
            value={runs}
            hint="More runs, steadier medians"
            onChange={(value) => {
              set({runs: value ?? 1});
            }}
          />
          <Select
            label="Blocks to fuse"
            id="blocks"
            value={blocks}
            options={[
              ['when-faster', 'Those expected to be faster'],
              ['all', 'All that can be'],
            ]}
            onChange={(value) => {
              set({blocks: value});
            }}
          />
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={analysis}
            onChange={({currentTarget}) => {
              set({analysis: currentTarget.checked});
            }}
          />
          <span>
            Show where the time goes
            <span class="hint">Measures this machine once, some seconds more</span>
          </span>
        </label>
      </div>
    </details>
  );
}

function Threads({threads, set}: Pick<Settings, 'threads'> & {set: (changed: Partial<Settings>) => void}): VNode {
  const cores = navigator.hardwareConcurrency || 1;
  const counts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32].filter((count) => count <= cores);
  if (typeof threads === 'number' && !counts.includes(threads)) counts.push(threads);
  return (
    <Select
      label="Threads"
      id="threads"
      value={String(threads)}
      options={[
        ['auto', 'As many as help'],
        ...counts.map((count): [string, string] => [String(count), String(count)]),
      ]}
      disabled={!crossOriginIsolated}
      hint={crossOriginIsolated ? undefined : 'One alone: this page is not isolated'}
      onChange={(value) => {
        set({threads: value === 'auto' ? 'auto' : Number(value)});
      }}
    />
  );
}

interface SelectProps<T extends string> {
  readonly label: string;
  readonly id: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, words: string])[];
  readonly disabled?: boolean;
  readonly hint?: ComponentChildren;
  readonly onChange: (value: T) => void;
}

function Select<T extends string>({
  label,
  id,
  value,
  options,
  disabled = false,
  hint,
  onChange,
}: SelectProps<T>): VNode {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={value}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={({currentTarget}) => {
          onChange(currentTarget.value as T);
        }}
      >
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface NumberProps {
  readonly label: string;
  readonly name: RangeName;
  readonly value: number | null;
  /** Whether it may be left empty, which is null. */
  readonly isOptional?: boolean;
  readonly hint: string;
  readonly onChange: (value: number | null) => void;
}

/** Text that is no such number stays as it is, with words below, and nothing runs until it is mended. */
function NumberField({label, name, value, isOptional = false, hint, onChange}: NumberProps): VNode {
  const [text, setText] = useState(value === null ? '' : String(value));
  const read = (given: string): number | null | undefined =>
    isOptional && given.trim() === '' ? null : readNumber(name, given);
  const isWrong = read(text) === undefined;
  useEffect(() => {
    if (read(text) !== value) setText(value === null ? '' : String(value));
  }, [value]);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        class="input number"
        type="text"
        inputMode="numeric"
        autocomplete="off"
        value={text}
        aria-invalid={isWrong}
        aria-describedby={`${name}-hint`}
        onInput={({currentTarget}) => {
          setText(currentTarget.value);
          const number = read(currentTarget.value);
          if (number !== undefined) onChange(number);
        }}
      />
      <p class={isWrong ? 'hint wrong' : 'hint'} id={`${name}-hint`}>
        {isWrong ? `It must be ${rangeText(name)}${isOptional ? ', or empty' : ''}.` : hint}
      </p>
    </div>
  );
}
