/** The file of `--accuracy`: how accurate each of a family of models is. */
import {readFile} from 'node:fs/promises';
import {BlockFusionError} from '../../ops/errors.ts';

/** What is known of a model's accuracy, as shares of 1. */
export interface Accuracy {
  readonly accuracy: number;
  /** Within which it lies. */
  readonly interval?: readonly [low: number, high: number] | undefined;
  /** Models of one family are drawn alike. */
  readonly family?: string | undefined;
}

/** By model names, as waterline prints them: the models' folders. */
export type Accuracies = ReadonlyMap<string, Accuracy>;

/**
 * Returns what a JSON file says: of each model its accuracy alone, or an object, as in `{"convnext-small": 0.978,
 * "convnext-large": {"accuracy": 0.98, "interval": [0.97, 0.99], "family": "ConvNeXt"}}`. It may have models that are not asked
 * for, but none of them may be missing from it.
 * Throws: `invalid-option`.
 */
export async function readAccuracies(file: string, names: readonly string[]): Promise<Accuracies> {
  const accuracies = new Map(
    Object.entries(await readObject(file)).map(([name, value]) => [name, parsed(file, name, value)]),
  );
  const missing = names.filter((name) => !accuracies.has(name));
  if (missing.length > 0) throw refusal(file, `must have every model: ${missing.join(', ')}`, [...accuracies.keys()]);
  return accuracies;
}

async function readObject(file: string): Promise<object> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw refusal(file, 'must be a JSON file that can be read', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refusal(file, 'must hold one object, a member for each model', value);
  return value;
}

function parsed(file: string, name: string, value: unknown): Accuracy {
  const given = (typeof value === 'number' ? {accuracy: value} : (value ?? {})) as Record<keyof Accuracy, unknown>;
  const {accuracy, interval, family} = given;
  if (!isShare(accuracy) || !(family === undefined || typeof family === 'string'))
    throw refusal(file, `${name} must have an accuracy from 0 to 1, or {accuracy, interval, family}`, value);
  if (!isInterval(interval) || !isWithin(accuracy, interval))
    throw refusal(file, `the interval of ${name} must be [low, high] around its accuracy`, value);
  return {accuracy, interval, family};
}

function isInterval(value: unknown): value is Accuracy['interval'] {
  return value === undefined || (Array.isArray(value) && value.length === 2 && value.every(isShare));
}

function isWithin(accuracy: number, [low, high]: Accuracy['interval'] = [0, 1]): boolean {
  return low <= accuracy && accuracy <= high;
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function refusal(file: string, must: string, got: unknown): BlockFusionError {
  return new BlockFusionError('invalid-option', {where: `--accuracy ${file}`, must, got, fix: 'correct the file'});
}
