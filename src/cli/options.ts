/** The flags that commands share, each parsed and checked in one place. */
import {InvalidArgumentError, Option} from 'commander';
import {nearestName} from '../../ops/options.ts';
import {BACKENDS, type BackendName} from '../run/engine.ts';
import type {FuseOptions} from '../rewrite/options.ts';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** What commander makes of the flags. Absent flags without a default are undefined. */
export interface Flags {
  readonly backend: BackendName;
  readonly browser?: boolean;
  readonly shape?: Shapes;
  readonly batch?: number;
  readonly runs?: number;
  readonly seed?: number;
  readonly tolerance?: number;
  readonly images?: string;
  readonly blocks: 'all' | 'when-faster';
  readonly exclude?: readonly string[];
  readonly storage?: 'keep' | 'float32' | 'float16';
  readonly force?: boolean;
  readonly peak?: number;
  readonly bandwidth?: number;
  readonly accuracy?: string;
  readonly out?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** Every flag, by the name of its field. */
export const OPTIONS = {
  backend: () => choice(new Option('--backend <name>', 'the tfjs backend'), BACKENDS).default('wasm'),
  browser: () => new Option('--browser', 'run in headless Chromium (CHROME_BIN, or found on the PATH) instead of Node'),
  shape: () =>
    new Option(
      '--shape <name=sizes>',
      'shape of an input, as in --shape input=1,224,224,3; repeat it for others',
    ).argParser(parseShape),
  batch: () => new Option('--batch <n>', 'images at a time, where the model leaves it open').argParser(parseCount),
  runs: () => new Option('--runs <n>', 'timed samples of each side').argParser(parseCount).default(20),
  seed: () => new Option('--seed <n>', 'seed of the random input').argParser(parseSeed).default(1),
  tolerance: () =>
    new Option(
      '--tolerance <x>',
      'largest absolute difference that passes (default: 1e-5 of the largest output)',
    ).argParser(parsePositive),
  images: () =>
    new Option(
      '--images <folder>',
      'a labelled test set (test.json and its images): say how many images each side gets right',
    ),
  blocks: () => choice(new Option('--blocks <which>', 'which blocks to fuse'), ['all', 'when-faster']).default('all'),
  exclude: () =>
    new Option(
      '--exclude <names>',
      'blocks to leave alone, by the names that inspect gives: a,b or the flag repeated',
    ).argParser(parseNames),
  storage: () =>
    choice(
      new Option(
        '--storage <type>',
        "the type in which fused weights are stored; 'keep': float16 where the model stores its own rounded and the check passes",
      ),
      ['keep', 'float32', 'float16'],
    ).default('keep'),
  force: () => new Option('--force', 'replace the model in OUTDIR'),
  peak: () =>
    new Option('--peak <GFLOP/s>', "the machine's arithmetic, 1 MAC = 2 FLOP (default: measured)").argParser(
      parsePositive,
    ),
  bandwidth: () =>
    new Option('--bandwidth <GB/s>', "its memory's bandwidth (default: measured, caches too)").argParser(parsePositive),
  accuracy: () =>
    new Option('--accuracy <file>', 'how accurate each model is, for the table, the JSON and a chart: see below'),
  out: () => new Option('--out <folder>', 'write charts here, as SVG files'),
  verbose: () => new Option('--verbose', 'name every block, near miss and op that stock tfjs cannot run'),
  json: () => new Option('--json', 'print one JSON object on stdout and nothing else'),
} satisfies Record<keyof Flags, () => Option>;

/** Returns the options of the rewrite that the flags ask for; `inputShape` where a shape is given for the first input. */
export function fuseOptions(
  {blocks, backend, exclude, storage}: Partial<Flags>,
  inputShape?: readonly number[],
): FuseOptions {
  return {
    ...(blocks === undefined ? {} : {blocks}),
    ...(backend === undefined ? {} : {backend}),
    ...(exclude === undefined ? {} : {exclude}),
    ...(storage === undefined ? {} : {storage}),
    ...(inputShape === undefined ? {} : {inputShape}),
  };
}

/** Returns the option with its choices, of which a misspelled one names the nearest. */
function choice(option: Option, choices: readonly string[]): Option {
  return option.choices(choices).argParser((text: string) => {
    if (choices.includes(text)) return text;
    const nearest = nearestName(text, choices);
    const hint = nearest === null ? '' : ` (Did you mean ${nearest}?)`;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.${hint}`);
  });
}

/** Adds `name=1,224,224,3` to the shapes of the flags before it. */
export function parseShape(text: string, before: Shapes = {}): Shapes {
  const [, name, sizes] = /^(.+)=(\d+(?:,\d+)*)$/.exec(text) ?? [];
  const shape = sizes?.split(',').map(Number) ?? [];
  if (name === undefined || shape.includes(0))
    throw new InvalidArgumentError('It must be name=sizes with sizes of at least 1, as in input=1,224,224,3.');
  return {...before, [name]: shape};
}

function parseNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((name) => name !== '')];
}

/** Returns a whole number, at least 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number, at least 1.');
  return count;
}

/** Returns a whole number, at least 0. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (text === '' || !Number.isSafeInteger(seed) || seed < 0)
    throw new InvalidArgumentError('It must be a whole number, at least 0.');
  return seed;
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value < Infinity))
    throw new InvalidArgumentError('It must be a number, at least 0.');
  return value;
}
