import {type Choices, choicesOf} from '../../src/compare/choices.ts';
import {createGraph, inputName} from '../../src/graph/graph.ts';
import {artifactsOf, int, type SmallGraph} from '../helpers/smallGraphs.ts';

const WEIGHTS = {two: int(2)};

function found(
  nodes: SmallGraph['nodes'],
  library: object = {},
): (Omit<Choices, 'candidates'> & {candidates: string[]}) | null {
  const artifacts = artifactsOf({inputs: {x: [4]}, weights: WEIGHTS, nodes});
  const modelTopology: object = {...(artifacts.modelTopology as object), library};
  const choices = choicesOf(createGraph({...artifacts, modelTopology}));
  return choices && {...choices, candidates: choices.candidates.map(inputName)};
}

describe('choicesOf', () => {
  it('has none where no output depends on a choice', () => {
    expect(found({top: ['TopKV2', ['x', 'two']], out: ['Relu', ['x']]})).toBeNull();
  });

  it('names the outputs, the ops, the indices, and what is chosen from: no constants, no inputs of the model', () => {
    const choices = found({
      score: ['Relu', ['x']],
      top: ['TopKV2', ['score', 'two']],
      best: ['ArgMax', ['x', 'two']],
      out: ['GatherV2', ['top', 'best']],
    });
    expect(choices).toMatchObject({ops: ['TopKV2', 'ArgMax'], indices: ['top:1', 'best'], candidates: ['score']});
    expect([...choices!.outputs]).toEqual(['out']);
  });

  it('leaves out what depends on another choice: its order is not its own', () => {
    const nodes: SmallGraph['nodes'] = {
      score: ['Relu', ['x']],
      top: ['TopKV2', ['score', 'two']],
      sum: ['Add', ['top', 'score']],
      out: ['ArgMax', ['sum', 'two']],
    };
    expect(found(nodes)).toMatchObject({indices: ['top:1', 'out'], candidates: ['score']});
  });

  it('sees choices in loops, and compares what goes into the loop', () => {
    const nodes: SmallGraph['nodes'] = {
      score: ['Relu', ['x']],
      list: ['TensorListFromTensor', ['score', 'two']],
      enterList: ['Enter', ['list']],
      enterScore: ['Enter', ['score']],
      merge: ['Merge', ['enterList', 'next']],
      top: ['TopKV2', ['enterScore', 'two']],
      set: ['TensorListSetItem', ['merge', 'top', 'enterScore']],
      next: ['NextIteration', ['set']],
      exit: ['Exit', ['merge']],
      out: ['TensorListStack', ['exit', 'two']],
    };
    expect(found(nodes)).toMatchObject({ops: ['TopKV2'], indices: null, candidates: ['score']});
  });

  it('sees choices in the functions of While and If, and in those that these call', () => {
    const calls = {attr: {body: {func: {name: 'inner'}}}};
    const library = {
      function: [
        {signature: {name: 'outer'}, nodeDef: [{name: 'a', op: 'StatelessWhile', ...calls}]},
        {signature: {name: 'inner'}, nodeDef: [{name: 'b', op: 'NonMaxSuppressionV5'}]},
        {signature: {name: 'plain'}, nodeDef: [{name: 'c', op: 'Relu'}]},
      ],
    };
    const through = (name: string): ReturnType<typeof found> =>
      found({score: ['Relu', ['x']], out: ['StatelessIf', ['score'], {then_branch: {func: {name}}}]}, library);
    expect(through('outer')).toMatchObject({ops: ['StatelessIf'], indices: null, candidates: ['score']});
    expect(through('plain')).toBeNull();
  });
});
