/** Activations that TensorFlow fuses into a conv or a matrix product and tfjs does not: as nodes of their own. */
import type {AttrValue} from '../../graph/graphDef.ts';
import type {Draft} from '../edits.ts';

/** What tfjs can fuse, on every backend. */
const FUSABLE = ['relu', 'relu6', 'elu', 'prelu', 'leakyrelu', 'sigmoid'] as const;

/** What they are on a depthwise conv, to which tfjs passes no slope of a leaky ReLU. */
const FUSABLE_DEPTHWISE = FUSABLE.filter((name) => name !== 'leakyrelu');

export const FLOAT: Readonly<Record<string, AttrValue>> = {T: {type: 'DT_FLOAT'}};

/** Returns whether tfjs knows an activation, or none, as one that is fused; any other is an error. */
export function isKnown(activation: string): boolean {
  return activation === '' || (FUSABLE as readonly string[]).includes(activation);
}

/** Returns whether tfjs can fuse an activation, by its lower-cased name. */
export function isFusable(activation: string, {isDepthwise}: {isDepthwise: boolean}): boolean {
  return ((isDepthwise ? FUSABLE_DEPTHWISE : FUSABLE) as readonly string[]).includes(activation);
}

/** An activation, and what some read beside x. */
export interface ActivationCall {
  /** An input name, as slopes is. */
  readonly x: string;
  /** Lower case. */
  readonly activation: string;
  /** Of a PRelu. */
  readonly slopes: string | undefined;
  readonly leakyAlpha: number;
}

type Spelling = (draft: Draft, x: string, call: ActivationCall) => string | null;

const one =
  (op: string): Spelling =>
  (draft, x) =>
    draft.add(op, [x], FLOAT);

const silu: Spelling = (draft, x) => draft.add('Mul', [x, draft.add('Sigmoid', [x], FLOAT)], FLOAT);

const hardSwish: Spelling = (draft, x) => {
  const gate = draft.add('Relu6', [draft.add('AddV2', [x, draft.float('three', 3)], FLOAT)], FLOAT);
  return draft.add('Mul', [draft.add('Mul', [x, gate], FLOAT), draft.float('sixth', 1 / 6)], FLOAT);
};

/** Elementwise, for slopes of any shape: stock wasm repeats those of a Prelu over the last axes alone. */
export function spellPrelu(draft: Draft, x: string, slopes: string): string {
  const negative = draft.add('Mul', [slopes, draft.add('Minimum', [x, draft.float('zero', 0)], FLOAT)], FLOAT);
  return draft.add('AddV2', [draft.add('Relu', [x], FLOAT), negative], FLOAT);
}

const gelu: Spelling = (draft, x) => {
  const scaled = draft.add('Mul', [x, draft.float('root_half', Math.SQRT1_2)], FLOAT);
  const half = draft.add('Mul', [x, draft.float('half', 0.5)], FLOAT);
  const open = draft.add('AddV2', [draft.add('Erf', [scaled], FLOAT), draft.float('one', 1)], FLOAT);
  return draft.add('Mul', [half, open], FLOAT);
};

/** x · sigmoid(2u) in place of x/2 · (1 + tanh u): stock wasm computes a sigmoid in vectors, on its threads, and tanh in neither way. */
const geluTanh: Spelling = (draft, x) => {
  const slope = 2 * Math.sqrt(2 / Math.PI);
  const bend = draft.add('Mul', [draft.add('Square', [x], FLOAT), draft.float('cubic', 0.044715 * slope)], FLOAT);
  const sum = draft.add('AddV2', [bend, draft.float('linear', slope)], FLOAT);
  const gate = draft.add('Sigmoid', [draft.add('Mul', [x, sum], FLOAT)], FLOAT);
  return draft.add('Mul', [x, gate], FLOAT);
};

/** By the names that TensorFlow's graph optimizer writes into `fused_ops`, lower-cased. */
const SPELLINGS: Readonly<Record<string, Spelling>> = {
  relu: one('Relu'),
  relu6: one('Relu6'),
  elu: one('Elu'),
  sigmoid: one('Sigmoid'),
  tanh: one('Tanh'),
  leakyrelu: (draft, x, {leakyAlpha}) => draft.add('LeakyRelu', [x], {...FLOAT, alpha: {f: leakyAlpha}}),
  prelu: (draft, x, {slopes}) => (slopes === undefined ? null : spellPrelu(draft, x, slopes)),
  swish: silu,
  silu,
  _fusedswish: silu,
  hardswish: hardSwish,
  _fusedhardswish: hardSwish,
  gelu,
  geluexact: gelu,
  geluapproximate: geluTanh,
};

/** Adds the activation; says whether stock ops are known for it. */
export function spellActivation(draft: Draft, call: ActivationCall): boolean {
  if (!Object.hasOwn(SPELLINGS, call.activation)) return false;
  return SPELLINGS[call.activation]!(draft, call.x, call) !== null;
}
