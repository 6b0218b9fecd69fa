/** One change to a drawn model, by which it may be another block, or none. */
import type {io} from '@tensorflow/tfjs-core';

import type {NodeDef} from '../../src/graph/graphDef.ts';
import type {Lot} from './draw.ts';

type Mutation = (model: Model, lot: Lot) => boolean;

/** A model's nodes and constants, to be changed in place. */
interface Model {
  readonly nodes: NodeDef[];
  readonly constants: Map<string, Constant>;
  readonly outputs: Record<string, {name: string}>;
}

interface Constant {
  readonly dtype: string;
  shape: number[];
  data: Float32Array | Int32Array;
}

/** Ops of one operand that may stand for one another, and of two. */
const ALIKE = [
  ['Relu', 'Relu6', 'Elu', 'Sigmoid', 'Tanh', 'Abs', 'Neg', 'Square', 'LeakyRelu', 'Identity', 'Softplus'],
  ['Mul', 'AddV2', 'Sub', 'Maximum', 'Minimum', 'SquaredDifference', 'RealDiv'],
  ['Sqrt', 'Rsqrt', 'Reciprocal', 'Abs'],
  ['Mean', 'Sum', 'Max'],
];
const SWAPPED = new Set(['Sub', 'RealDiv', 'Minimum', 'Maximum', 'AddV2', 'Mul', 'Pow']);

const isData = (node: NodeDef): boolean => node.op !== 'Const' && node.op !== 'Placeholder' && node.op !== 'Shape';
const dataNodes = ({nodes}: Model): NodeDef[] => nodes.filter(isData);
const place = (model: Model, at: NodeDef, changed: Partial<NodeDef>): true => {
  model.nodes[model.nodes.indexOf(at)] = {...at, ...changed};
  return true;
};

const reads = (model: Model, node: NodeDef, {slot, name}: {slot: number; name: string}): true =>
  place(model, node, {input: node.input!.map((input, i) => (i === slot ? name : input))});

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'one reader more': (model, lot) => {
    const {name} = lot.of(dataNodes(model));
    model.nodes.push({name: 'reader', op: 'Abs', input: [name], attr: {T: {type: 'DT_FLOAT'}}});
    model.outputs['reader'] = {name: 'reader:0'};
    return true;
  },
  'a value that is an output': (model, lot) => {
    model.outputs['tap'] = {name: `${lot.of(dataNodes(model)).name}:0`};
    return true;
  },
  'another axis': (model, lot) => {
    const reduced = dataNodes(model).filter(
      ({op, input}) => /^(Mean|Sum)$/.test(op) && model.constants.has(input![1]!),
    );
    if (reduced.length === 0) return false;
    const name = lot.of(reduced).input![1]!;
    const axes = model.constants.get(name)!;
    axes.data = Int32Array.from(axes.data, () => lot.below(4));
    if (new Set(axes.data).size < axes.data.length) axes.data = axes.data.slice(0, 1);
    axes.shape = axes.shape.length === 0 ? [] : [axes.data.length];
    return true;
  },
  'another constant': (model, lot) => {
    const scalars = [...model.constants.values()].filter(({dtype, data}) => dtype === 'float32' && data.length === 1);
    if (scalars.length === 0) return false;
    const constant = lot.of(scalars);
    const value = constant.data[0]!;
    constant.data = Float32Array.of(lot.of([value * 1.01, value * 2, -value, value + 1, 0, 1, 0.5, 6, 3]));
    return true;
  },
  'a constant of another shape': (model, lot) => {
    const vectors = [...model.constants.values()].filter(({dtype, shape}) => dtype === 'float32' && shape.length < 4);
    const constant = lot.of(vectors);
    const width = constant.shape.at(-1) ?? 1;
    if (constant.data.length > width) return false;
    const rows = lot.of([
      [6, 5],
      [1, 5],
      [6, 1],
    ]);
    const count = rows[0]! * rows[1]!;
    constant.shape = [...rows, width];
    constant.data = Float32Array.from(
      {length: count * width},
      (_, i) => constant.data[i % width]! * (1 + 0.01 * (i % 7)),
    );
    return true;
  },
  'operands in another order': (model, lot) => {
    const nodes = dataNodes(model).filter(({op, input}) => SWAPPED.has(op) && input!.length === 2);
    if (nodes.length === 0) return false;
    const node = lot.of(nodes);
    return place(model, node, {input: [...node.input!].reverse()});
  },
  'an input of another value': (model, lot) => {
    const nodes = dataNodes(model);
    const node = lot.of(nodes);
    const slots = node.input!.flatMap((name, i) => (nodes.some((other) => other.name === name) ? [i] : []));
    const before = nodes.slice(0, nodes.indexOf(node));
    if (slots.length === 0 || before.length === 0) return false;
    const slot = lot.of(slots);
    return reads(model, node, {slot, name: lot.of(lot.chance(0.5) ? before : before.slice(-4)).name});
  },
  'a reduction of another value': (model, lot) => {
    const nodes = dataNodes(model);
    const reductions = nodes.filter(({op}) => /^(Mean|Sum|AvgPool)$/.test(op));
    if (reductions.length === 0) return false;
    const node = lot.of(reductions);
    const before = nodes.slice(0, nodes.indexOf(node)).slice(-6);
    return reads(model, node, {slot: 0, name: lot.of(before).name});
  },
  'an op for one reader': (model, lot) => {
    const nodes = dataNodes(model);
    const node = lot.of(nodes);
    const slots = node.input!.flatMap((name, i) => (nodes.some((other) => other.name === name) ? [i] : []));
    if (slots.length === 0) return false;
    const slot = lot.of(slots);
    const name = node.input![slot]!;
    model.constants.set('between/by', {dtype: 'float32', shape: [], data: Float32Array.of(0.5)});
    const by: NodeDef = {name: 'between/by', op: 'Const', attr: {dtype: {type: 'DT_FLOAT'}}};
    const op = lot.of(['AddV2', 'Mul', 'Relu', 'Identity', 'Sub']);
    const input = op === 'Relu' || op === 'Identity' ? [name] : [name, by.name];
    model.nodes.splice(model.nodes.indexOf(node), 0, by, {name: 'between', op, input, attr: {T: {type: 'DT_FLOAT'}}});
    return reads(model, node, {slot, name: 'between'});
  },
  'another op': (model, lot) => {
    const nodes = dataNodes(model).filter(({op}) => ALIKE.some((ops) => ops.includes(op)));
    const node = lot.of(nodes);
    const ops = lot.of(ALIKE.filter((alike) => alike.includes(node.op)));
    return place(model, node, {op: lot.of(ops)});
  },
  'a node left out': (model, lot) => {
    const nodes = dataNodes(model).slice(0, -1);
    const {name, input} = lot.of(nodes);
    for (const node of model.nodes)
      if (node.input?.includes(name))
        place(model, node, {input: node.input.map((each) => (each === name ? input![0]! : each))});
    return true;
  },
  'an op between': (model, lot) => {
    const node = lot.of(dataNodes(model));
    const op = lot.of(['Relu', 'Tanh', 'Neg', 'Square', 'Abs', 'Identity']);
    const at = model.nodes.indexOf(node);
    for (const reader of model.nodes)
      if (reader.input?.includes(node.name))
        place(model, reader, {input: reader.input.map((each) => (each === node.name ? 'between' : each))});
    model.nodes.splice(at + 1, 0, {name: 'between', op, input: [node.name], attr: {T: {type: 'DT_FLOAT'}}});
    return true;
  },
};

export const MUTATION_NAMES: readonly string[] = Object.keys(MUTATIONS);

/** Returns the model with a change that is drawn, and the change's name. */
export function mutate(artifacts: io.ModelArtifacts, lot: Lot): {artifacts: io.ModelArtifacts; mutation: string} {
  for (;;) {
    const mutation = lot.of(MUTATION_NAMES);
    const model = modelOf(artifacts);
    if (MUTATIONS[mutation]!(model, lot)) return {artifacts: artifactsOf(artifacts, model), mutation};
  }
}

function modelOf({modelTopology, weightSpecs, weightData, signature}: io.ModelArtifacts): Model {
  const constants = weightSpecs!.map(({name, shape, dtype}, i): [string, Constant] => {
    const bytes = (weightData as ArrayBuffer[])[i]!;
    const data = dtype === 'int32' ? new Int32Array(bytes.slice()) : new Float32Array(bytes.slice());
    return [name, {dtype, shape: [...shape], data}];
  });
  return {
    nodes: [...(modelTopology as {node: NodeDef[]}).node],
    constants: new Map(constants),
    outputs: {...(signature as {outputs: Model['outputs']}).outputs},
  };
}

function artifactsOf(artifacts: io.ModelArtifacts, {nodes, constants, outputs}: Model): io.ModelArtifacts {
  return {
    ...artifacts,
    modelTopology: {...(artifacts.modelTopology as object), node: nodes},
    signature: {...(artifacts.signature as object), outputs},
    weightSpecs: [...constants].map(([name, {dtype, shape}]) => ({name, shape, dtype: dtype as 'float32'})),
    weightData: [...constants.values()].map(({data}) => new Uint8Array(data.buffer).slice().buffer),
  };
}
