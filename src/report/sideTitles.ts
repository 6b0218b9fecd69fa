/** What the two sides of a comparison are called. A model may bring blocks that are fused already, or have none to fuse. */
import type {Pair} from '../run/pair.ts';
import type {StockForm} from '../run/sides.ts';

export interface ComparedForms {
  readonly stockForm: StockForm;
  readonly blocksBefore: number;
  readonly blocksFused: number;
}

/** Returns the titles of the two sides. */
export function sideTitles({stockForm, blocksBefore, blocksFused}: ComparedForms): Pair<string> {
  if (blocksBefore === 0) return {stock: `stock (${stockForm})`, fused: blocksFused === 0 ? 'nothing fused' : 'fused'};
  const stored = `${stockForm === 'original' ? 'as stored' : stockForm} (${blocksBefore} fused)`;
  return {stock: stored, fused: blocksFused === 0 ? stored : `${blocksBefore + blocksFused} fused`};
}

/** What the stock side of a LayersModel is. */
export const LAYERS_MODEL =
  'a LayersModel: the stock side is the GraphModel that it is converted to here, with no block fused, and not tf.loadLayersModel';
