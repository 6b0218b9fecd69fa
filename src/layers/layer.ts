/** A layer as a topology states it, and typed getters for its config, whose errors name the layer. */
import {brokenModel, unsupportedLayer} from './errors.ts';

export type Config = Readonly<Record<string, unknown>>;

/** A layer, or a model that is used as one. */
export interface Layer {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
}

export type PairOfSizes = readonly [number, number];

/** Returns how errors name a layer. */
export function titleOf({name, className}: Layer): string {
  return `layer ${name} (${className})`;
}

/** Whether a value is an object with members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a number; `otherwise` where there is none, which undefined makes an error. */
export function numberOf(layer: Layer, key: string, otherwise?: number): number {
  const value = plain(layer.config[key] ?? otherwise);
  if (typeof value !== 'number') throw brokenModel(titleOf(layer), `${key} must be a number`, value);
  return value;
}

/** Returns a whole number above zero. */
export function sizeOf(layer: Layer, key: string, otherwise?: number): number {
  const value = numberOf(layer, key, otherwise);
  if (!isSize(value)) throw brokenModel(titleOf(layer), `${key} must be a whole number above 0`, value);
  return value;
}

/** Returns two whole numbers above zero, down and across: one stands for both. */
export function sizesOf(layer: Layer, key: string, otherwise?: PairOfSizes): PairOfSizes {
  const given = layer.config[key] ?? otherwise;
  const values: readonly unknown[] = [given].flat();
  const [down, across = down] = values;
  if (!isSize(down) || !isSize(across) || values.length > 2)
    throw brokenModel(titleOf(layer), `${key} must be one or two whole numbers above 0`, given);
  return [down, across];
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

/** Returns a boolean. */
export function flagOf(layer: Layer, key: string, otherwise: boolean): boolean {
  const value = layer.config[key] ?? otherwise;
  if (typeof value !== 'boolean') throw brokenModel(titleOf(layer), `${key} must be true or false`, value);
  return value;
}

/** Returns one of some words. */
export function wordOf<Word extends string>(layer: Layer, key: string, words: readonly Word[], otherwise: Word): Word {
  const value = layer.config[key] ?? otherwise;
  const word = words.find((each) => each === value);
  if (word === undefined) throw unsupportedLayer(titleOf(layer), `${key} must be ${words.join(' or ')}`, value);
  return word;
}

/** Returns whole numbers; one stands for a list of one. */
export function intsOf(layer: Layer, key: string, otherwise?: readonly number[]): number[] {
  const given = layer.config[key] ?? otherwise;
  const values: readonly unknown[] = [given].flat();
  if (!values.every((value): value is number => Number.isInteger(value)))
    throw brokenModel(titleOf(layer), `${key} must be whole numbers`, given);
  return [...values];
}

/** Returns axes, counted from the front. */
export function axesOf(layer: Layer, rank: number, otherwise?: number): number[] {
  const axes = intsOf(layer, 'axis', otherwise === undefined ? undefined : [otherwise]);
  return axes.map((axis) => {
    const counted = axis < 0 ? axis + rank : axis;
    if (counted < 0 || counted >= rank)
      throw brokenModel(titleOf(layer), `axis must lie within the input's ${rank}`, axis);
    return counted;
  });
}

/** Some versions of Keras write a scalar as `{type: 'ndarray', value}`. */
function plain(value: unknown): unknown {
  return isRecord(value) && value['type'] === 'ndarray' ? value['value'] : value;
}
