/** What a rule of legalize.ts is: a node that stock tfjs cannot run or computes wrongly, and how else to say it. */
import type {Graph, GraphNode, Value} from '../../graph/graph.ts';
import type {Shapes} from '../../graph/shapes.ts';
import type {Draft} from '../edits.ts';

export interface Context {
  readonly graph: Graph;
  readonly shapes: Shapes;
  /** The sizes of a value, −1 where one is open; null where not even the rank is known. */
  readonly sizes: (value: Value) => readonly number[] | null;
  /** Names of nodes that stay as they are. */
  readonly exclude: readonly string[];
}

/** What stock tfjs refuses of a node, or runs slowly; or what it computes wrongly without an error. */
export type Fault = string | {readonly wrong: string};

/**
 * Adds to the draft what is to stand for the node, and returns what was wrong with it; null where nothing is, or where no
 * other spelling is known (the draft is then thrown away).
 */
export type Rule = (node: GraphNode, context: Context, draft: Draft) => Fault | null;
