/** The figures of both sides as a table: times, kernels, dispatches, memory. */
import type {VNode} from 'preact';
import type {Comparison} from '../../../src/compare/compareModels.ts';
import {comparisonFigures} from '../../../src/report/comparisonFigures.ts';
import {LAYERS_MODEL, sideTitles} from '../../../src/report/sideTitles.ts';
import type {Environment, LoadedModel} from '../run/protocol.ts';
import {bytesText} from './words.ts';

interface FiguresProps extends Pick<Environment, 'adapter'> {
  readonly comparison: Comparison;
  readonly model: LoadedModel | null;
}

export function FiguresCard({comparison, adapter, model}: FiguresProps): VNode {
  const titles = sideTitles(comparison);
  return (
    <section class="card stack figures" aria-labelledby="figures-title">
      <h2 id="figures-title">In figures</h2>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{titles.stock}</th>
            <th scope="col">{titles.fused}</th>
          </tr>
        </thead>
        <tbody>
          {comparisonFigures({...comparison, adapter}).map(({what, stock, fused, note}, i) => (
            <tr key={i}>
              <th scope="row">
                {what}
                {note !== '' && <span class="hint">{note}</span>}
              </th>
              <td class="number">{stock}</td>
              <td class="number">{fused}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {model !== null && (
        <p class="hint">
          {bytesText(model.weightBytes)} of weights; input{' '}
          {model.inputs.map(({name, shape}) => `‘${name}’ ${shape.join('×')}`).join(', ')}.
          {model.layersModel && ` It is ${LAYERS_MODEL}.`}
          {comparison.stockForm === 'legalized' &&
            ' The stock side is legalized: what stock TensorFlow.js cannot run or computes wrongly is spelled so that it runs right.'}
        </p>
      )}
    </section>
  );
}
