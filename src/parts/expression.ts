/** From graph to algebra: what a value computes, elementwise, from its sole source. */
import {boolAttr} from '../graph/attrs.ts';
import type {GraphNode, Value} from '../graph/graph.ts';
import type {Constant} from '../graph/weights.ts';
import {Algebra, type Sum} from './algebra.ts';
import {perChannelConstant} from './channelConstant.ts';
import type {PartsContext} from './context.ts';
import {ELEMENTWISE, type SumRule} from './elementwise.ts';
import {commonExtent, type FormulaContext, FULL, isFull, type Operand} from './operand.ts';
import {isRefusal, type Refusal, refuse} from './parts.ts';
import {RESHAPING} from './reshaping.ts';

export interface Expression {
  readonly algebra: Algebra;
  readonly sum: Sum;
  /** What x stands for. */
  readonly source: Value;
  /** The nodes between, the last one among them. */
  readonly nodes: readonly GraphNode[];
}

/** Returns what a node computes from another one that all its data comes through, or why that is not elementwise. */
export function expressionOf(target: GraphNode, base: GraphNode, context: PartsContext): Expression | Refusal {
  return new FormulaReader(base, context).read(target);
}

/** How many nodes a formula may have. Networks take about 40; each is read by a call within the call that reads its reader. */
const MAX_NODES = 200;

/** Reads one formula from its end back to an output of `base`, each value once. */
class FormulaReader {
  private readonly algebra: Algebra;
  private readonly nodes = new Set<GraphNode>();
  private readonly operands = new Map<Value, Operand | Refusal>();
  /** The output of `base` that the formula reads, once it is met. */
  private source: Value | null = null;
  private reads = 0;

  constructor(
    private readonly base: GraphNode,
    private readonly context: PartsContext,
  ) {
    this.algebra = new Algebra(context.tolerance);
  }

  read(target: GraphNode): Expression | Refusal {
    const result = this.readNode(target);
    if (isRefusal(result)) return result;
    if (this.source === null || !isFull(result.extent))
      return refuse(target, 'a formula that is not as large as what it is made from');
    return {algebra: this.algebra, sum: result.sum, source: this.source, nodes: [...this.nodes]};
  }

  private operand(value: Value): Operand | Refusal {
    const known = this.operands.get(value) ?? this.readValue(value);
    this.operands.set(value, known);
    return known;
  }

  private readValue(value: Value): Operand | Refusal {
    const {node, port} = value;
    if (node === this.base) return this.readSource(value);
    const constant = this.context.graph.constant(value);
    if (constant !== null) return this.readConstant(node, constant);
    return port === 0 ? this.readNode(node) : refuse(node, `output ${port} of ${node.op}`);
  }

  private readSource(value: Value): Operand | Refusal {
    if (this.source !== null && this.source !== value)
      return refuse(value.node, `more than one output of ${value.node.op}`);
    this.source = value;
    return {sum: this.algebra.x, extent: FULL};
  }

  private readConstant(node: GraphNode, constant: Constant): Operand | Refusal {
    if (constant.dtype !== 'float32') return refuse(node, `a constant of dtype ${constant.dtype}`);
    const value = perChannelConstant(constant, this.surroundings().shape);
    if (value === null)
      return refuse(node, `a constant of shape [${constant.shape.join(', ')}], which is not one number a channel`);
    return {sum: this.algebra.constant(value), extent: 'constant'};
  }

  private readNode(node: GraphNode): Operand | Refusal {
    const compute = ELEMENTWISE[node.op];
    const reshape = RESHAPING[node.op];
    if ((compute === undefined && reshape === undefined) || node.inputs.length === 0)
      return refuse(node, `${node.op} is no part of a block`);
    if (this.reads++ === MAX_NODES) return refuse(node, `a formula of over ${MAX_NODES} ops`);
    if (this.context.sources.isData(node)) this.nodes.add(node);
    const operands = this.operandsOf(reshape === undefined ? node.inputs : node.inputs.slice(0, 1));
    if (isRefusal(operands)) return operands;
    return reshape === undefined
      ? this.apply(compute!, node, operands)
      : reshape(node, operands[0]!, this.surroundings());
  }

  private operandsOf(inputs: readonly Value[]): readonly Operand[] | Refusal {
    const operands: Operand[] = [];
    for (const input of inputs) {
      const operand = this.operand(input);
      if (isRefusal(operand)) return operand;
      operands.push(operand);
    }
    return operands;
  }

  private apply(compute: SumRule, node: GraphNode, operands: readonly Operand[]): Operand | Refusal {
    const extent = commonExtent(operands);
    if (extent === null) return refuse(node, `${node.op} that broadcasts over other axes than channels`);
    const sums = operands.map(({sum}) => sum);
    const sum = compute(this.algebra, sums, node);
    return sum === null ? refuse(node, withoutMeaning(node)) : {sum, extent};
  }

  private surroundings(): FormulaContext {
    const {context, algebra} = this;
    return {context, algebra, shape: context.shapes.shape(this.source ?? context.graph.output(this.base))};
  }
}

/** What is said of an op that no part has with these operands or attrs. */
function withoutMeaning({op, def}: GraphNode): string {
  if (op.startsWith('FusedBatchNorm') && boolAttr(def, 'is_training', true)) return 'batch norm in training mode';
  return `${op} in a formula of no known layer`;
}
