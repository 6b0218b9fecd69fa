/**
 * The efficiency gap of models on a machine: how much longer they take than their arithmetic alone would.
 * Source: A. Lavin, arXiv 2404.03617.
 */
import {BlockFusionError} from '../../ops/errors.ts';

/** A model with its time. */
export interface MeasuredModel {
  /** For people. */
  readonly name: string;
  /** The way in which it was run, as in 'stock' or 'fused': runs of one model share its name. */
  readonly side?: string | undefined;
  /** Of the model, however it is run: 2·MACs, so that stock and fused have one ideal. Units: operations. */
  readonly ops: number;
  /** Of a whole run. Units: milliseconds. */
  readonly actualMs: number;
  /** Where it is known, as a share of 1. */
  readonly accuracy?: number | undefined;
}

/** A model's two points in a diagram of accuracy against latency, and what lies between. Units: milliseconds. */
export interface EfficiencyGap {
  /** Of the model. */
  readonly name: string;
  /** The way in which it was run, where that was said. */
  readonly side?: string;
  /** As a share of 1; null where it is not known. */
  readonly accuracy: number | null;
  /** Ops at the machine's peak. */
  readonly idealMs: number;
  /** Of a whole run. */
  readonly actualMs: number;
  /** actualMs − idealMs, the horizontal distance of the points. */
  readonly gapMs: number;
  /**
   * idealMs ÷ actualMs: the computational efficiency of the model. As its ops are 2·MACs and its time that of a whole run, other
   * arithmetic, and what lies between kernels, is time lost; a Waterline's total has the efficiency of its kernels instead.
   */
  readonly efficiency: number;
}

/**
 * Returns the gap of every model, in order. `opsPerS`: the machine's peak, 2 operations a MAC.
 * Throws: `invalid-option` for what is no positive number, an accuracy out of [0, 1] among it.
 */
export function efficiencyGap(models: readonly MeasuredModel[], machine: {opsPerS: number}): EfficiencyGap[] {
  const {opsPerS} = machine;
  checkPositive('opsPerS', opsPerS);
  return models.map(({name, side, ops, actualMs, accuracy = null}) => {
    checkPositive(`ops of ${name}`, ops);
    checkPositive(`actualMs of ${name}`, actualMs);
    if (accuracy !== null && !(accuracy >= 0 && accuracy <= 1)) refuse(`accuracy of ${name}`, 'a share of 1', accuracy);
    const idealMs = (1e3 * ops) / opsPerS;
    const names = side === undefined ? {name} : {name, side};
    return {...names, accuracy, idealMs, actualMs, gapMs: actualMs - idealMs, efficiency: idealMs / actualMs};
  });
}

function checkPositive(what: string, value: number): void {
  if (!(value > 0 && value < Infinity)) refuse(what, 'a positive number', value);
}

function refuse(what: string, must: string, got: number): never {
  throw new BlockFusionError('invalid-option', {
    where: 'efficiencyGap',
    must: `${what} must be ${must}`,
    got: String(got),
    fix: 'correct it',
  });
}
