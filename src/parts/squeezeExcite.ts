/**
 * Squeeze-and-excite: an image times a gate that is made from the image's own mean. The image and what the mean is taken of may
 * differ by affines alone, which are folded: into what reads the mean, and behind the product.
 */
import {sameDim, sameShape} from '../graph/dims.ts';
import type {GraphNode, Value} from '../graph/graph.ts';
import {compose, IDENTITY, isUnshifted, scaleBy, shiftBy} from './affine.ts';
import {isRoundingOf} from './algebra.ts';
import type {PartsContext} from './context.ts';
import {type ActivationPart, type Affine, type FoldedPointwise, isRefusal, type Part, type Step} from './parts.ts';
import {imageMean} from './imageMean.ts';

/** Lifts the product of an image with its gate; null for any other. */
export function liftSqueezeExcite(node: GraphNode, context: PartsContext): Step | null {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return null;
  return excite(node, {image: a, gate: b}, context) ?? excite(node, {image: b, gate: a}, context);
}

interface Product {
  readonly image: Value;
  readonly gate: Value;
}

function excite(node: GraphNode, product: Product, context: PartsContext): Step | null {
  const spread = beforeBroadcast(product, context);
  if (spread === null) return null;
  const path = backToMean(spread.gate, context);
  if (path === null) return null;
  const {mean} = path;
  const meeting = meet(product.image, mean.image, context);
  if (meeting === null)
    return unlike('whose gate is made from another value than the one that it scales', {
      input: product.image,
      nodes: [...path.nodes, node],
    });

  const {input, ofImage, ofMean} = meeting;
  const nodes = [...meeting.nodes, ...mean.nodes, ...path.nodes, ...spread.nodes, node];
  const parts = partsOfGate([scaleBy(mean.scale), ...path.parts], ofMean);
  if (typeof parts === 'string') return unlike(parts, {input, nodes});
  if (!isUnshifted(ofImage)) return unlike('of an image with a constant added to it', {input, nodes});
  return {parts: [...parts, ofImage], input, nodes};
}

/** One that no block has: `how` it is unlike. */
function unlike(how: string, {input, nodes}: Omit<Step, 'parts'>): Step {
  return {parts: [{kind: 'unfused', name: `squeeze-and-excite ${how}`}], input, nodes};
}

/** A gate `[n, 1, 1, c]` of an image of several pixels, seen through a Tile or BroadcastTo; null where the shapes are not those of one. */
function beforeBroadcast(
  {image, gate}: Product,
  {shapes}: PartsContext,
): {gate: Value; nodes: readonly GraphNode[]} | null {
  const shape = shapes.shape(image);
  const {op, inputs} = gate.node;
  const isSpread = (op === 'Tile' || op === 'BroadcastTo') && inputs[0] !== undefined;
  const own = isSpread ? inputs[0]! : gate;
  const whole = shapes.shape(gate);
  const [batch, height, width, channels, ...more] = shapes.shape(own) ?? [];
  if (shape?.length !== 4 || batch === undefined || channels === undefined || more.length > 0) return null;
  if (shape[1] === 1 && shape[2] === 1) return null;
  if (height !== 1 || width !== 1 || !sameDim(batch, shape[0]!) || !sameDim(channels, shape[3]!)) return null;
  if (!isSpread) return {gate, nodes: []};
  return whole !== null && sameShape(whole, shape) ? {gate: own, nodes: [gate.node]} : null;
}

interface GatePath {
  readonly mean: NonNullable<ReturnType<typeof imageMean>>;
  /** From the mean to the gate. */
  readonly parts: readonly Part[];
  readonly nodes: readonly GraphNode[];
}

/** Parts that a gate may be made of; one of more is another layer. */
const MAX_GATE_PARTS = 24;

/** Back from a gate to the mean that it is made from; null where it is made from none by parts alone. */
function backToMean(gate: Value, context: PartsContext): GatePath | null {
  let value = gate;
  let parts: readonly Part[] = [];
  let nodes: readonly GraphNode[] = [];
  while (parts.length < MAX_GATE_PARTS) {
    const mean = imageMean(value, context);
    if (mean !== null) return {mean, parts, nodes};
    const lifted = context.lift(value);
    if (isRefusal(lifted) || lifted.parts.some(({kind}) => kind === 'spatial')) return null;
    parts = [...lifted.parts, ...parts];
    nodes = [...lifted.nodes, ...nodes];
    value = lifted.input;
  }
  return null;
}

interface Meeting {
  /** What both are made from. */
  readonly input: Value;
  readonly ofImage: Affine;
  readonly ofMean: Affine;
  readonly nodes: readonly GraphNode[];
}

/** Back from both values through affines to one that both are made from. */
function meet(image: Value, mean: Value, context: PartsContext): Meeting | null {
  const [imagePath, meanPath] = [affinePath(image, context), affinePath(mean, context)];
  for (const ofMean of meanPath) {
    const ofImage = imagePath.find(({value}) => value === ofMean.value);
    if (ofImage === undefined) continue;
    const nodes = [...new Set([...ofImage.nodes, ...ofMean.nodes])];
    return {input: ofMean.value, ofImage: ofImage.affine, ofMean: ofMean.affine, nodes};
  }
  return null;
}

interface AffineStep {
  readonly value: Value;
  /** From this value to the end of the path. */
  readonly affine: Affine;
  readonly nodes: readonly GraphNode[];
}

/** Steps back that are looked at: a scale, a shift, an Identity. */
const MAX_STEPS = 4;

function affinePath(end: Value, context: PartsContext): AffineStep[] {
  const path: AffineStep[] = [{value: end, affine: IDENTITY, nodes: []}];
  while (path.length <= MAX_STEPS) {
    const {value, affine, nodes} = path.at(-1)!;
    const lifted = context.lift(value);
    if (isRefusal(lifted) || !lifted.parts.every((part): part is Affine => part.kind === 'affine')) break;
    const before = lifted.parts.reduce((first: Affine, part) => compose(part, first), IDENTITY);
    path.push({
      value: lifted.input,
      affine: compose(affine, before),
      nodes: [...lifted.nodes, ...nodes],
    });
  }
  return path;
}

/** What is said of a gate that is made of other layers. */
export const OTHER_LAYERS = 'by other layers than two products, an activation and a sigmoid';

/** Squeeze-and-excite and the scale after it, from the parts between mean and product; or what is unlike it, in words. */
function partsOfGate(path: readonly Part[], beforeMean: Affine): Part[] | string {
  const parts = path.filter(({kind}) => kind !== 'view');
  let at = 0;
  const affines = (): Affine => {
    let affine = IDENTITY;
    for (let part = parts[at]; part?.kind === 'affine'; part = parts[++at]) affine = compose(part, affine);
    return affine;
  };
  const product = (before: Affine): FoldedPointwise | null => {
    const part = parts[at];
    if (part?.kind !== 'pointwise') return null;
    at++;
    return {part, before, after: affines()};
  };
  const activation = (): ActivationPart | null => {
    const part = parts[at];
    if (part?.kind !== 'activation') return null;
    at++;
    return part;
  };

  const reduce = product(compose(affines(), beforeMean));
  const between = activation();
  const expand = reduce && product(affines());
  if (!reduce || !expand) return OTHER_LAYERS;
  const gate = activation();
  const after = affines();
  if (at < parts.length) return OTHER_LAYERS;
  const last = gate && gateOf(gate, expand, after);
  if (gate === null || last === null || !isUnshifted(last.scale)) return 'by another gate than sigmoid or hard-sigmoid';
  const {approximation} = gate;
  return [
    {
      ...{kind: 'squeeze-excite', reduce, activation: between, expand: last.expand, gate: last.gate},
      ...(approximation && {approximation}),
    },
    last.scale,
  ];
}

interface Gate {
  readonly gate: 'sigmoid' | 'hard-sigmoid';
  readonly expand: FoldedPointwise;
  /** After the gate. */
  readonly scale: Affine;
}

/** ReLU6 is a hard sigmoid of three less, six times as large. */
function gateOf({activation}: ActivationPart, expand: FoldedPointwise, scale: Affine): Gate | null {
  if (activation === 'sigmoid' || activation === 'hard-sigmoid') return {gate: activation, expand, scale};
  if (activation !== 'relu6') return null;
  const sixth = compose(scale, scaleBy(6));
  return {gate: 'hard-sigmoid', expand: {...expand, after: compose(shiftBy(-3), expand.after)}, scale: nearOne(sixth)};
}

/** The sixth of a hard sigmoid is rounded to float32. */
function nearOne(affine: Affine): Affine {
  return isRoundingOf(affine.scale, 1) ? {...affine, scale: 1} : affine;
}
