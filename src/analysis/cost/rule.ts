/** What a cost rule takes and returns. The tables beside this file hold the rules, a file for each family of kernels. */
import {elements} from '../../../ops/shape.ts';

export {elements};

/** Sizes along the axes. */
export type TensorShape = readonly number[];

/** A kernel's call, as far as its cost depends on it. */
export interface KernelCall {
  /** As tfjs registers it. */
  readonly name: string;
  /** By the kernel's own names of its inputs; of a list, '0', '1' and so on. */
  readonly inputShapes: Readonly<Record<string, TensorShape>>;
  /** Of all outputs. */
  readonly outputShapes: readonly TensorShape[];
  /** What it was called with beside tensors. */
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** What a kernel computes, and where it reads less than all of its inputs. Absent is none. */
export interface KernelWork {
  /** Of products: convolutions, matrices. Units: MACs, taps on padding included, as TensorFlow counts them. */
  readonly macs?: number;
  /** All other arithmetic. Units: operations. */
  readonly ops?: number;
  /** By input: what is read of it, where that may be less than all. Units: elements. */
  readonly reads?: Readonly<Record<string, number>>;
}

/** Returns a call's work; null where the rule does not know such a call. */
export type CostRule = (call: KernelCall) => KernelWork | null;

/** Rules by the names of kernels. */
export type CostRules = Readonly<Record<string, CostRule>>;

/** Returns one rule for several kernels, named in a line. */
export function each(names: string, rule: CostRule): CostRules {
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]));
}

/** Returns the elements of an input; 0 where it is absent, as an optional one may be. */
export function inputElements({inputShapes}: KernelCall, name: string): number {
  const shape = inputShapes[name];
  return shape === undefined ? 0 : elements(shape);
}

/** Returns the elements of all outputs. */
export function outputElements({outputShapes}: KernelCall): number {
  return outputShapes.reduce((sum, shape) => sum + elements(shape), 0);
}

/** Returns what is read of an input: at most `max` elements, and none twice. */
export function reads(call: KernelCall, input: string, max: number): Record<string, number> {
  return {[input]: Math.min(inputElements(call, input), max)};
}
