/** Whether the two sides agree: by their outputs, and where outputs were chosen, by what they were chosen from. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import {type Graph, inputName, type Value} from '../graph/graph.ts';
import {both, type Pair} from '../run/pair.ts';
import {outputsOf, valuesOf} from '../run/runs.ts';
import {type Choices, choicesOf} from './choices.ts';
import {type Difference, outputDifference, type Values} from './difference.ts';

/** The difference is over all outputs, chosen ones among them. */
export interface Agreement extends Difference {
  /** Of outputs that were not chosen. */
  readonly tolerance: number;
  readonly passed: boolean;
  /** Values of all outputs that are NaN or infinite. Where both sides have the same, they count as equal. */
  readonly notFinite: Pair<number>;
  /** Null where no output was chosen. */
  readonly chosen: ChosenOutputs | null;
}

/**
 * Outputs that depend on a choice, as top-k or non-max suppression makes it. Where the sides chose alike, they must agree as others
 * do; else a rounding error may have turned the choice, and what was chosen from is compared in their place. The difference is that
 * of these outputs.
 */
export interface ChosenOutputs extends Difference {
  /** Their names. */
  readonly outputs: readonly string[];
  /** Whether the model has no others. */
  readonly isAll: boolean;
  /** The ops that chose. */
  readonly ops: readonly string[];
  /** Whether both sides chose alike; null where that cannot be read, as in a loop. */
  readonly alike: boolean | null;
  readonly candidates: readonly ComparedValue[];
  /** Of the outputs that were not chosen. */
  readonly others: Difference;
}

/** A value inside the graph, compared as an output is. */
export interface ComparedValue extends Difference {
  readonly name: string;
  readonly tolerance: number;
}

export interface ComparedSides extends Pair<GraphModel> {
  /** Of the model as it is stored. */
  readonly graph: Graph;
  readonly inputs: NamedTensorMap;
  /** The largest difference that passes where values are as large as these. */
  readonly toleranceOf: (difference: Difference) => number;
}

/** Returns how far the sides' outputs differ, and whether they pass. */
export async function agreementOf(sides: ComparedSides): Promise<Agreement> {
  const {stock, fused, graph, inputs, toleranceOf} = sides;
  const outputs = {fused: await outputsOf(fused, inputs), stock: await outputsOf(stock, inputs)};
  const difference = outputDifference(outputs.fused, outputs.stock);
  const notFinite = both(outputs, countNotFinite);
  const choices = choicesOf(graph);
  if (choices === null) {
    const tolerance = toleranceOf(difference);
    return {...difference, tolerance, passed: difference.maxAbsError <= tolerance, notFinite, chosen: null};
  }
  const chosen = await chosenOutputs(sides, outputs, choices);
  const tolerance = toleranceOf(chosen.others);
  return {
    ...difference,
    tolerance,
    passed: chosen.others.maxAbsError <= tolerance && passes(chosen, toleranceOf),
    notFinite,
    chosen,
  };
}

function countNotFinite(outputs: readonly Values[]): number {
  let count = 0;
  for (const values of outputs) for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) count++;
  return count;
}

function passes({alike, candidates, ...difference}: ChosenOutputs, toleranceOf: ComparedSides['toleranceOf']): boolean {
  const agree = candidates.every(({maxAbsError, tolerance}) => maxAbsError <= tolerance);
  return agree && (alike !== true || difference.maxAbsError <= toleranceOf(difference));
}

async function chosenOutputs(
  sides: ComparedSides,
  outputs: Pair<readonly Values[]>,
  choices: Choices,
): Promise<ChosenOutputs> {
  const names = sides.stock.outputs.map(({name}) => name);
  const part = (isPart: (name: string) => boolean): Difference => {
    const of = (all: readonly Values[]): Values[] => all.filter((_, i) => isPart(names[i]!));
    return outputDifference(of(outputs.fused), of(outputs.stock));
  };
  const chosen = names.filter((name) => choices.outputs.has(name));
  return {
    ...part((name) => choices.outputs.has(name)),
    outputs: chosen,
    isAll: chosen.length === names.length,
    ops: choices.ops,
    alike: await chooseAlike(sides, choices),
    candidates: await compareCandidates(sides, choices),
    others: part((name) => !choices.outputs.has(name)),
  };
}

async function chooseAlike({stock, fused, inputs}: ComparedSides, {indices}: Choices): Promise<boolean | null> {
  if (indices === null) return null;
  const chosen = [await valuesOf(fused, inputs, indices), await valuesOf(stock, inputs, indices)] as const;
  const [got, expected] = chosen.map((all) => all.map(({values}) => values)) as [Values[], Values[]];
  return outputDifference(got, expected).maxAbsError === 0;
}

/** Compares the floats that are chosen from. Of others, as the result of a comparison with a threshold, those that they are made of. */
async function compareCandidates(sides: ComparedSides, choices: Choices): Promise<ComparedValue[]> {
  const compared: ComparedValue[] = [];
  const seen = new Set<Value>();
  for (let values = choices.candidates; values.length > 0;) {
    const tried = await compareValues(sides, values);
    values.forEach((value) => seen.add(value));
    compared.push(...tried.filter((each) => each !== null));
    const sources = values.filter((_, i) => tried[i] === null).flatMap((value) => choices.madeOf(value));
    values = [...new Set(sources)].filter((value) => !seen.has(value));
  }
  return compared;
}

/** Returns null of a value that is no float. */
async function compareValues(
  {stock, fused, inputs, toleranceOf}: ComparedSides,
  values: readonly Value[],
): Promise<(ComparedValue | null)[]> {
  const names = values.map(inputName);
  const got = await valuesOf(fused, inputs, names);
  const expected = await valuesOf(stock, inputs, names);
  return names.map((name, i) => {
    if (expected[i]!.dtype !== 'float32') return null;
    const difference = outputDifference([got[i]!.values], [expected[i]!.values]);
    return {name, ...difference, tolerance: toleranceOf(difference)};
  });
}
