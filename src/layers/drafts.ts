/**
 * Nodes of a graph while it is written: they hold each other and not each other's names, and constants their values, so that a later
 * pass can put one in the place of others. All have one output.
 */
import type {NodeDef} from '../graph/graphDef.ts';
import {constNode, FLOAT, INT32, type NodeAttrs, shapeDef} from '../graph/nodeAttrs.ts';
import {unsupportedLayer} from './errors.ts';
import {type Constant, type StoredWeight, weightsOf} from '../graph/weights.ts';

export interface Draft {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Draft[];
  /** −1 for an open size. */
  readonly shape: readonly number[];
  readonly attrs: NodeAttrs;
  /** Of a constant. */
  readonly weight?: StoredWeight;
}

export interface DraftFields {
  readonly op: string;
  /** Taken with a number behind it where another node has it. */
  readonly name: string;
  readonly inputs: readonly Draft[];
  readonly shape: readonly number[];
  /** Default: that it computes in float32. */
  readonly attrs?: NodeAttrs;
}

/** Large networks come to about 3000. A model within a model is written anew at each call: k of them, each called twice, come to 2ᵏ. */
const MAX_NODES = 20_000;

/** Makes drafts, each with a name of its own. */
export class Drafts {
  readonly #names = new Set<string>();

  /**
   * Returns a name that no other node has; in it only what a GraphDef's names may have.
   * Throws: `unsupported-model` for one node too many.
   */
  unique(name: string): string {
    if (this.#names.size === MAX_NODES)
      throw unsupportedLayer('modelTopology', `must come to ${MAX_NODES} nodes at most`, `more, at layer ${name}`);
    const bare = name.replaceAll(/[^\w./-]/g, '_');
    let own = bare;
    for (let number = 1; this.#names.has(own); number++) own = `${bare}_${number}`;
    this.#names.add(own);
    return own;
  }

  node({name, attrs = {T: FLOAT}, ...fields}: DraftFields): Draft {
    return {...fields, name: this.unique(name), attrs};
  }

  /** A model input; the batch is open. */
  input(name: string, sizes: readonly number[], dtype: 'float32' | 'int32'): Draft {
    const shape = [-1, ...sizes];
    const attrs = {shape: {shape: shapeDef(shape)}, dtype: dtype === 'int32' ? INT32 : FLOAT};
    return this.node({op: 'Placeholder', name, inputs: [], shape, attrs});
  }

  floats(name: string, shape: readonly number[], values: Float32Array): Draft {
    return this.#constant(name, shape, values);
  }

  ints(name: string, values: readonly number[], shape: readonly number[] = [values.length]): Draft {
    return this.#constant(name, shape, Int32Array.from(values));
  }

  /** A weight as it is stored, with its bytes in place; `shape` may put its elements into other rows. */
  stored(name: string, {spec, pieces}: StoredWeight, shape: readonly number[]): Draft {
    const own = this.unique(name);
    return constant({spec: {...spec, name: own, shape: [...shape]}, pieces});
  }

  #constant(name: string, shape: readonly number[], values: Float32Array | Int32Array): Draft {
    const dtype = values instanceof Int32Array ? 'int32' : 'float32';
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return constant({spec: {name: this.unique(name), shape: [...shape], dtype}, pieces: [bytes]});
  }
}

function constant(weight: StoredWeight): Draft {
  const {name, shape} = weight.spec;
  return {name, op: 'Const', inputs: [], shape, attrs: {}, weight};
}

/** Returns the numbers of a constant. */
export function valuesOf({name, weight}: Draft): Constant['data'] {
  return weightsOf([weight!]).constant(name)!.data;
}

/** Returns the nodes that outputs are computed from, each after its inputs. */
export function reachable(outputs: readonly Draft[]): Draft[] {
  const done = new Set<Draft>();
  const open = [...outputs].reverse();
  while (open.length > 0) {
    const draft = open.at(-1)!;
    const missing = done.has(draft) ? [] : draft.inputs.filter((input) => !done.has(input));
    if (missing.length === 0) {
      open.pop();
      done.add(draft);
    } else open.push(...missing.reverse());
  }
  return [...done];
}

/** Returns how many inputs of these nodes each node is. */
export function readerCounts(drafts: readonly Draft[]): ReadonlyMap<Draft, number> {
  const counts = new Map<Draft, number>();
  for (const input of drafts.flatMap(({inputs}) => inputs)) counts.set(input, (counts.get(input) ?? 0) + 1);
  return counts;
}

/** Returns the nodes as a GraphDef has them. */
export function nodeDefs(drafts: readonly Draft[]): NodeDef[] {
  return drafts.map(({name, op, inputs, attrs, weight}) =>
    weight === undefined
      ? {name, op, ...(inputs.length > 0 ? {input: inputs.map((input) => input.name)} : {}), attr: attrs}
      : constNode(weight.spec),
  );
}
