/**
 * Writes a graph as the official converter does: nodes with GraphDef attrs, weights as Const nodes whose values lie in
 * `weightData`. What the nodes of a framework look like is in spellings/; the networks are in convNext.ts, convFirst.ts
 * and mbConv.ts.
 */
import type {io} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../ops/errors.ts';
import type {AttrValue, NodeDef} from '../src/graph/graphDef.ts';
import {constNode, FLOAT, shapeDef} from '../src/graph/nodeAttrs.ts';

export {attr, FLOAT, INT32} from '../src/graph/nodeAttrs.ts';

/** A node's first output. Shapes: as the node gives it, −1 for an open batch. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface NodeFields {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly shape: readonly number[];
  readonly attrs?: Readonly<Record<string, AttrValue>>;
  /** Multiply-accumulates of the node, for one image. */
  readonly macs?: number;
}

/** What a network takes to store and to run. Units: floats; MACs for one image. */
export interface NetworkSize {
  readonly params: number;
  readonly macs: number;
}

interface Constant {
  readonly spec: io.WeightsManifestEntry;
  readonly values: () => Float32Array | Int32Array;
}

/** Returns how many elements a shape has, an open batch counted as one image. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * Math.abs(size), 1);
}

const BYTES = 4;

/** Collects nodes and constants in the order in which they are made. */
export class GraphBuilder {
  readonly #constants: Constant[] = [];
  readonly #nodes: NodeDef[] = [];
  readonly #names = new Set<string>();
  readonly #scopes = new Map<string, number>();
  readonly #inputs: Value[] = [];
  #macs = 0;

  /** Adds a model input. */
  input(name: string, shape: readonly number[]): Value {
    const attrs = {shape: {shape: shapeDef(shape)}, dtype: FLOAT};
    const value = this.node({op: 'Placeholder', name, inputs: [], shape, attrs});
    this.#inputs.push(value);
    return value;
  }

  /**
   * Adds a node.
   * Throws: `invalid-model` where the name is taken.
   */
  node({op, name, inputs, shape, attrs = {T: FLOAT}, macs = 0}: NodeFields): Value {
    this.#take(name);
    this.#nodes.push({name, op, ...(inputs.length > 0 ? {input: inputs.map((value) => value.name)} : {}), attr: attrs});
    this.#macs += macs;
    return {name, shape};
  }

  /** Adds a float constant, whose values are made when the artifacts are. */
  floats(name: string, shape: readonly number[], values: () => Float32Array): Value {
    return this.#constant(name, {shape: [...shape], dtype: 'float32'}, values);
  }

  /** Adds a float of rank 0. */
  float(name: string, value: number): Value {
    return this.floats(name, [], () => Float32Array.of(value));
  }

  /** Adds a vector of ints. */
  ints(name: string, values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#constant(name, {shape: [...shape], dtype: 'int32'}, () => Int32Array.from(values));
  }

  /** Adds an int of rank 0. */
  int(name: string, value: number): Value {
    return this.ints(name, [value], []);
  }

  /** Returns the scope's name, from the second time on with a number, as TensorFlow counts: `x`, `x_1`, `x_2`. */
  fresh(scope: string): string {
    const count = this.#scopes.get(scope) ?? 0;
    this.#scopes.set(scope, count + 1);
    return count === 0 ? scope : `${scope}_${count}`;
  }

  /** Returns the network's size: floats of its weights (scalars apart, which belong to the spelling) and MACs. */
  size(): NetworkSize {
    const weights = this.#constants.filter(({spec}) => spec.dtype === 'float32' && spec.shape.length > 0);
    return {params: weights.reduce((sum, {spec}) => sum + elements(spec.shape), 0), macs: this.#macs};
  }

  /** Returns the model; `output` is its one output, named as the converter names it. */
  artifacts(output: Value): io.ModelArtifacts {
    const identity = this.node({op: 'Identity', name: 'Identity', inputs: [output], shape: output.shape});
    const entry = ({name, shape}: Value) => ({name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shapeDef(shape)});
    return {
      format: 'graph-model',
      generatedBy: '2.15.1',
      convertedBy: 'TensorFlow.js Converter v4.17.0',
      signature: {
        inputs: Object.fromEntries(this.#inputs.map((input) => [input.name, entry(input)])),
        outputs: {output_0: entry(identity)},
      },
      modelTopology: {
        node: [...this.#constants.map(({spec}) => constNode(spec)), ...this.#nodes],
        library: {},
        versions: {producer: 1645},
      },
      weightSpecs: this.#constants.map(({spec}) => spec),
      weightData: this.#weightData(),
    };
  }

  #constant(name: string, spec: Omit<io.WeightsManifestEntry, 'name'>, values: Constant['values']): Value {
    this.#take(name);
    this.#constants.push({spec: {name, ...spec}, values});
    return {name, shape: spec.shape};
  }

  #take(name: string): void {
    if (this.#names.has(name))
      throw new BlockFusionError('invalid-model', {
        where: 'GraphBuilder',
        must: 'a node needs a name of its own',
        got: name,
        fix: 'name it otherwise, or by fresh()',
      });
    this.#names.add(name);
  }

  #weightData(): ArrayBuffer {
    const length = this.#constants.reduce((sum, {spec}) => sum + elements(spec.shape), 0);
    const data = new ArrayBuffer(length * BYTES);
    let offset = 0;
    for (const {spec, values} of this.#constants) {
      const count = elements(spec.shape);
      const view = spec.dtype === 'int32' ? new Int32Array(data, offset, count) : new Float32Array(data, offset, count);
      view.set(values());
      offset += count * BYTES;
    }
    return data;
  }
}
