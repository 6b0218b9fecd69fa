/** One network: its answers, scores and times, stock and fused side by side. */
import type {VNode} from 'preact';
import type {Pair} from '../../../src/run/pair.ts';
import type {LoadedNetwork, NetworkName, NetworkReading} from './protocol.ts';
import {errorText, msText, percentText, speedText} from './words.ts';

const NETWORKS: Readonly<Record<NetworkName, {title: string; what: string}>> = {
  convfirst: {title: 'ConvFirst', what: 'Grouped 3×3 convolutions, 22 618 parameters'},
  convnext: {title: 'ConvNeXt', what: 'Depthwise 7×7 convolutions, 28 666 parameters'},
};

export function titleOf(name: NetworkName): string {
  return NETWORKS[name].title;
}

const SIDES = [
  ['stock', 'Stock'],
  ['fused', 'Fused'],
] as const;
const DIGITS = Array.from({length: 10}, (_, digit) => digit);

interface NetworkCardProps {
  readonly name: NetworkName;
  readonly loaded: LoadedNetwork | null;
  readonly reading: NetworkReading | null;
  readonly times: Pair<number> | null;
}

export function NetworkCard({name, loaded, reading, times}: NetworkCardProps): VNode {
  const {title, what} = NETWORKS[name];
  return (
    <section class="card network" aria-labelledby={`${name}-title`}>
      <div>
        <h2 id={`${name}-title`}>{title}</h2>
        <p class="muted small">
          {what}
          {loaded !== null && `; ${loaded.blocks} blocks fused`}
        </p>
      </div>
      <table>
        <caption class="visually-hidden">Answer, scores and time of {title}, stock and fused</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Row</span>
            </th>
            {SIDES.map(([side, sideTitle]) => (
              <th key={side} scope="col" class={side}>
                {sideTitle}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr class="answers">
            <th scope="row">Reads</th>
            {SIDES.map(([side]) => (
              <td key={side}>{reading?.answers[side] ?? '–'}</td>
            ))}
          </tr>
          {DIGITS.map((digit) => (
            <tr key={digit} class="score">
              <th scope="row">{digit}</th>
              {SIDES.map(([side]) => (
                <td key={side}>
                  <Score
                    side={side}
                    score={reading?.scores[side][digit] ?? null}
                    isAnswer={reading?.answers[side] === digit}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Time</th>
            {SIDES.map(([side]) => (
              <td key={side} class="number" data-time={side}>
                {times === null ? '–' : msText(times[side])}
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
      <div class="verdict">
        <p class="ratio">{times === null ? 'Not timed yet' : speedText(times)}</p>
        <Agreement reading={reading} />
      </div>
    </section>
  );
}

interface ScoreProps {
  readonly side: keyof Pair<unknown>;
  readonly score: number | null;
  readonly isAnswer: boolean;
}

function Score({side, score, isAnswer}: ScoreProps): VNode {
  return (
    <span class={isAnswer ? `bar ${side} answer` : `bar ${side}`}>
      <span class="track" aria-hidden="true">
        <span style={{transform: `scaleX(${score ?? 0})`}} />
      </span>
      <span class="number">{score === null ? '' : percentText(score)}</span>
    </span>
  );
}

function Agreement({reading}: {reading: NetworkReading | null}): VNode {
  if (reading === null) return <p class="muted small">Nothing compared yet</p>;
  const {agrees, maxAbsError} = reading;
  return (
    <p class={agrees ? 'agreement small' : 'agreement bad small'}>
      {agrees ? 'Stock and fused agree' : 'Stock and fused differ'}; worst difference of a logit{' '}
      <span class="number">{errorText(maxAbsError)}</span>
    </p>
  );
}
