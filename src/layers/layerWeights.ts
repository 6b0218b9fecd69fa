/** The weights of a LayersModel by the layers that they belong to, found as tf.loadLayersModel finds them: by name. */
import type {io} from '@tensorflow/tfjs-core';
import {createWeights, type StoredWeight} from '../graph/weights.ts';
import type {Draft, Drafts} from './drafts.ts';
import {brokenModel} from './errors.ts';
import {type Layer, titleOf} from './layer.ts';

/** Stands for whatever name a layer's only weight has. */
export const ANY_NAME = '*';

export class LayerWeights {
  readonly #byName = new Map<string, StoredWeight>();
  /** By the ends of their names, from the second part from the end on: Keras may put a model's name, or a cell's, in between. */
  readonly #byEnd = new Map<string, StoredWeight[]>();
  readonly #takers = new Map<StoredWeight, Layer>();
  readonly #made = new Map<StoredWeight, Draft>();
  readonly #drafts: Drafts;

  /** Throws: `invalid-model` where manifest and data do not belong together. */
  constructor(artifacts: io.ModelArtifacts, drafts: Drafts) {
    this.#drafts = drafts;
    for (const weight of createWeights(artifacts).all) {
      // An optimizer's state may be stored beside, under any name.
      if (weight.spec.group === 'optimizer') continue;
      this.#byName.set(weight.spec.name, weight);
      for (const end of endsOf(weight.spec.name)) {
        const others = this.#byEnd.get(end);
        if (others === undefined) this.#byEnd.set(end, [weight]);
        else others.push(weight);
      }
    }
  }

  /**
   * Returns the constant of a layer's weight, the same one at each of the layer's calls. `path` names it; `as` puts its elements into
   * another shape.
   * Throws: `invalid-model` where it is missing, of another shape, or another layer's.
   */
  draft(
    layer: Layer,
    {path, names, shape, as}: {path: string; names: readonly string[]; shape: readonly number[]; as: readonly number[]},
  ): Draft {
    const weight = this.#find(layer, names);
    const {spec} = weight;
    if (spec.shape.join() !== shape.join())
      throw brokenModel(titleOf(layer), `weight ${spec.name} must be of shape [${shape.join(', ')}]`, spec.shape);
    if (spec.dtype !== 'float32') throw brokenModel(titleOf(layer), `weight ${spec.name} must be float32`, spec.dtype);
    const taker = this.#takers.get(weight) ?? layer;
    if (taker !== layer)
      throw brokenModel('layers', 'those with weights must have names of their own', `${layer.name} twice`);
    this.#takers.set(weight, layer);
    const made = this.#made.get(weight) ?? this.#drafts.stored(`${path}/${names[0]!}`, weight, as);
    this.#made.set(weight, made);
    return made;
  }

  #find(layer: Layer, names: readonly string[]): StoredWeight {
    for (const name of names) {
      const full = `${layer.name}/${name}`;
      const exact = this.#byName.get(full);
      if (exact !== undefined) return exact;
      const [only, ...more] = this.#byEnd.get(full) ?? [];
      if (only !== undefined && more.length === 0) return only;
    }
    const own = [...this.#byName.keys()].filter((name) => name.split('/').includes(layer.name));
    if (names.includes(ANY_NAME) && own.length === 1) return this.#byName.get(own[0]!)!;
    throw brokenModel(
      titleOf(layer),
      `the weights manifest must have ${layer.name}/${names[0]!}`,
      own.length === 0 ? 'none of this layer' : own,
    );
  }
}

/** `c/d` and `a/d` of `a/b/c/d`, and what ends so: of a whole name without its first parts, or without its last but one. */
function endsOf(name: string): ReadonlySet<string> {
  const parts = name.split('/');
  const without = [...parts.slice(0, -2), parts.at(-1)!];
  return new Set([parts, without].flatMap((all) => all.map((_, i) => all.slice(i).join('/')).slice(0, -1)));
}
