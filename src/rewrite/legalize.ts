/**
 * Phase 5 of the rewrite: what stock tfjs cannot run, or runs wrongly without an error, is spelled so that it runs right, with stock ops. Used on what fusion leaves
 * over, where what stock runs slowly is spelled anew, too; and alone: then the result is the stock side of a comparison.
 */
import type {io} from '@tensorflow/tfjs-core';

import {createGraph, type Graph, type GraphNode, writeArtifacts} from '../graph/graph.ts';
import {createShapes, type Shapes} from '../graph/shapes.ts';
import {applyEdits, Draft, type Edit} from './edits.ts';
import {toChannelsLast} from './layout.ts';
import {legalizeBatchMatMul} from './legalize/batchMatMul.ts';
import {legalizeBatchNorm, legalizeBatchNormLayerNorm} from './legalize/batchNorm.ts';
import {legalizeClip} from './legalize/clip.ts';
import {legalizeEinsum} from './legalize/einsum.ts';
import {legalizeFusedOp} from './legalize/fusedOp.ts';
import {takePadIntoConv} from './legalize/paddedConv.ts';
import {legalizePrelu} from './legalize/prelu.ts';
import type {Context, Fault, Rule} from './legalize/rule.ts';
import {legalizeSelect} from './legalize/select.ts';
import type {Legalized} from './report.ts';

export interface LegalizeOptions {
  /** Names of nodes to leave as they are. */
  readonly exclude?: readonly string[] | undefined;
  /** Whether what stock tfjs runs, but slowly, is spelled anew as well. Default: false. */
  readonly faster?: boolean | undefined;
}

const RULES: readonly Rule[] = [
  legalizeFusedOp,
  legalizeEinsum,
  legalizeBatchNormLayerNorm,
  legalizeBatchNorm,
  legalizePrelu,
  legalizeClip,
  legalizeSelect,
  legalizeBatchMatMul,
];
const FASTER_RULES: readonly Rule[] = [...RULES, takePadIntoConv];

/**
 * Returns artifacts that stock tfjs can run, as far as it is known how, and what was changed; the artifacts themselves where
 * nothing was. Weights must be in `weightData`.
 * Throws: `invalid-model`, `unsupported-model`, as createGraph does.
 */
export function legalizeArtifacts(
  artifacts: io.ModelArtifacts,
  options: LegalizeOptions = {},
): {artifacts: io.ModelArtifacts; legalized: Legalized[]} {
  const original = createGraph(artifacts);
  const {exclude = [], faster = false} = options;
  const shapes = createShapes(original);
  const turned = toChannelsLast(original, shapes, {keep: exclude, all: faster});
  const legal = legalize(turned.graph, turned.graph === original ? shapes : createShapes(turned.graph), options);
  return {artifacts: writeArtifacts(legal.graph), legalized: [...turned.legalized, ...legal.legalized]};
}

/** Returns the graph with stock ops that stock tfjs can run, and what was changed. */
export function legalize(
  graph: Graph,
  shapes: Shapes,
  {exclude = [], faster = false}: LegalizeOptions = {},
): {graph: Graph; legalized: Legalized[]} {
  const context: Context = {
    ...{graph, shapes, exclude},
    sizes: sizesIn(shapes),
  };
  const found = graph.nodes.flatMap((node): {edit: Edit; legalized: Legalized}[] => {
    if (exclude.includes(node.name)) return [];
    for (const rule of faster ? FASTER_RULES : RULES) {
      const draft = new Draft(graph, node);
      const fault = rule(node, context, draft);
      if (fault === null) continue;
      const edit = draft.finish();
      return [{edit, legalized: entryOf(node, fault, edit)}];
    }
    return [];
  });
  const edits = found.map(({edit}) => edit);
  return {graph: applyEdits(graph, edits), legalized: found.map(({legalized}) => legalized)};
}

/** Returns how the sizes of a value are looked up: −1 where one is open; null where not even the rank is known. */
export function sizesIn(shapes: Shapes): Context['sizes'] {
  return (value) => shapes.shape(value)?.map((dim) => (typeof dim === 'number' ? dim : -1)) ?? null;
}

function entryOf({name, op}: GraphNode, fault: Fault, edit: Edit): Legalized {
  const to = describe(edit);
  return typeof fault === 'string'
    ? {name, from: `${op}: ${fault}`, to}
    : {name, from: `${op}: ${fault.wrong}`, to, wrong: true};
}

/** The ops of an edit in order, `8 × Conv2D` for many of one kind. */
function describe({nodes}: Edit): string {
  const counts = new Map<string, number>();
  for (const {op} of nodes) if (op !== 'Const') counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => (count === 1 ? op : `${count} × ${op}`)).join(', ');
}
