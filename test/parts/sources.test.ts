import {createGraph} from '../../src/graph/graph.ts';
import {createSources} from '../../src/parts/sources.ts';
import {artifactsOf, attr, floats, int} from '../helpers/smallGraphs.ts';

/** x is read in the body of a loop alone; `merge` comes before what it is made of. */
const graph = createGraph(
  artifactsOf({
    inputs: {x: [2, 3]},
    weights: {start: floats([3]), zero: int(0), one: int(1), two: int(2)},
    nodes: {
      enter: ['Enter', ['start'], {frame_name: attr.text('loop')}],
      enterX: ['Enter', ['x'], {frame_name: attr.text('loop'), is_constant: attr.bool(true)}],
      count: ['Enter', ['zero'], {frame_name: attr.text('loop')}],
      i: ['Merge', ['count', 'nextI']],
      merge: ['Merge', ['enter', 'next']],
      goesOn: ['LoopCond', ['less']],
      less: ['Less', ['i', 'two']],
      branchI: ['Switch', ['i', 'goesOn']],
      branch: ['Switch', ['merge', 'goesOn']],
      nextI: ['NextIteration', ['addI']],
      addI: ['AddV2', ['branchI:1', 'one']],
      tanh: ['Tanh', ['enterX']],
      sum: ['AddV2', ['branch:1', 'tanh']],
      next: ['NextIteration', ['sum']],
      exit: ['Exit', ['branch']],
      relu: ['Relu', ['exit']],
      both: ['AddV2', ['relu', 'exit']],
      withInput: ['AddV2', ['both', 'x']],
    },
  }),
);
const sources = createSources(graph);

describe('createSources', () => {
  it('knows what depends on the input by what goes round a loop', () => {
    const data = graph.nodes.filter((node) => sources.isData(node)).map(({name}) => name);
    const around = ['merge', 'branch', 'tanh', 'sum', 'next', 'exit', 'relu', 'both', 'withInput'];
    expect(new Set(data)).toEqual(new Set(['x', 'enterX', ...around]));
  });

  it.each([
    ['x', null],
    ['tanh', 'enterX'],
    ['next', 'sum'],
    // By the loop's back edge alone.
    ['merge', 'next'],
    // Of merge and tanh, and merge is made of sum itself.
    ['sum', 'tanh'],
    ['exit', 'branch'],
    ['both', 'exit'],
    ['withInput', 'x'],
  ])('finds the one value that %s is made from', (name, source) => {
    expect(sources.soleSource(graph.node(name)!)?.name ?? null).toBe(source);
  });
});
