/** Each setting as text, in links and in the page's memory: its name there, what it may be, and how it is read and written. */
import {BACKENDS, type Settings} from './settings.ts';

interface Field<T> {
  /** Where tfjs's local-benchmark page has a parameter of the same meaning, its name. */
  readonly param: string;
  /** What a value must be, for a sentence. */
  readonly must: string;
  /** Returns undefined where the text is no such value. */
  readonly read: (text: string) => T | undefined;
  /** Returns null where the value is said by leaving the parameter out. */
  readonly write: (value: T) => string | null;
}

type Fields = {readonly [Name in keyof Settings]: Field<Settings[Name]>};

/** Whole numbers that a setting can be. */
export const RANGES = {
  batch: {min: 1, max: 256},
  inputSize: {min: 8, max: 4096},
  runs: {min: 1, max: 1000},
  threads: {min: 1, max: 64},
} as const;
export type RangeName = keyof typeof RANGES;

/** Returns what a number must be, for a sentence. */
export function rangeText(name: RangeName): string {
  const {min, max} = RANGES[name];
  return `a whole number from ${min} to ${max}`;
}

/** Returns the number that the text is; undefined where it is none, or out of range. */
export function readNumber(name: RangeName, text: string): number | undefined {
  const {min, max} = RANGES[name];
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

function oneOf<T extends string>(param: string, values: readonly T[]): Field<T> {
  return {
    param,
    must: `one of ${values.join(', ')}`,
    read: (text) => values.find((value) => value === text),
    write: String,
  };
}

function number(param: string, name: RangeName): Field<number> {
  return {param, must: rangeText(name), read: (text) => readNumber(name, text), write: String};
}

export const FIELDS: Fields = {
  backend: oneOf('backend', BACKENDS),
  simd: oneOf('simd', ['auto', 'simd']),
  threads: {
    param: 'threads',
    must: `auto, or ${rangeText('threads')}`,
    read: (text) => (text === 'auto' ? 'auto' : readNumber('threads', text)),
    write: String,
  },
  precision: oneOf('precision', ['float32', 'float16']),
  batch: number('batch', 'batch'),
  inputSize: {
    param: 'inputSize',
    must: rangeText('inputSize'),
    read: (text) => readNumber('inputSize', text),
    write: (value) => (value === null ? null : String(value)),
  },
  runs: number('run', 'runs'),
  blocks: oneOf('blocks', ['when-faster', 'all']),
  analysis: {
    param: 'analysis',
    must: 'true or false',
    read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
    write: String,
  },
};

const NAMES = Object.keys(FIELDS) as (keyof Settings)[];

/** A parameter whose value is none. */
export interface BadParameter {
  readonly param: string;
  readonly text: string;
  readonly must: string;
}

/** Any field: its value and its name belong together, which the table above says. */
type AnyField = Field<Settings[keyof Settings]>;
const fieldOf = (name: keyof Settings): AnyField => FIELDS[name] as unknown as AnyField;

/** Returns the settings that the parameters give, and those that are none. */
export function readFields(params: URLSearchParams): {settings: Partial<Settings>; bad: BadParameter[]} {
  const settings: Partial<Record<keyof Settings, unknown>> = {};
  const bad: BadParameter[] = [];
  for (const name of NAMES) {
    const {param, must, read} = fieldOf(name);
    const text = params.get(param);
    if (text === null) continue;
    const value = read(text);
    if (value === undefined) bad.push({param, text, must});
    else settings[name] = value;
  }
  return {settings: settings as Partial<Settings>, bad};
}

/** Writes the settings of those names into the parameters. */
export function writeFields(
  params: URLSearchParams,
  settings: Settings,
  names: readonly (keyof Settings)[] = NAMES,
): void {
  for (const name of names) {
    const {param, write} = fieldOf(name);
    const text = write(settings[name]);
    if (text !== null) params.set(param, text);
  }
}

/** Returns the names of the settings that mean something on the settings' backend. */
export function namesInUse({backend}: Settings): (keyof Settings)[] {
  return NAMES.filter((name) => {
    if (name === 'simd' || name === 'threads') return backend === 'wasm';
    return name !== 'precision' || backend === 'webgpu';
  });
}
