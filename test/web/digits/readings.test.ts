/** What logits and times say on the digits page, and in which words. */
import {failureOf} from '../../../web/src/digits/failure.ts';
import {LatestTimes, WINDOW} from '../../../web/src/digits/latestTimes.ts';
import {agree, answerOf, softmax} from '../../../web/src/digits/scores.ts';
import {engineText, errorText, msText, speedText} from '../../../web/src/digits/words.ts';

describe('scores', () => {
  it('are the softmax, of large logits too', () => {
    const scores = softmax([1000, 1000 + Math.log(3), -1000]);
    expect(scores[0]).toBeCloseTo(0.25, 12);
    expect(scores[1]).toBeCloseTo(0.75, 12);
    expect(scores[2]).toBe(0);
    expect(answerOf([1000, 1001, -1000])).toBe(1);
  });

  it('agree where logits differ by rounding alone', () => {
    expect(agree({maxAbsError: 9e-5, maxAbsOutput: 10})).toBe(true);
    expect(agree({maxAbsError: 1.1e-4, maxAbsOutput: 10})).toBe(false);
    expect(agree({maxAbsError: Infinity, maxAbsOutput: 10})).toBe(false);
    expect(agree({maxAbsError: NaN, maxAbsOutput: 10})).toBe(false);
  });
});

it('takes medians of the latest samples alone', () => {
  const times = new LatestTimes();
  for (let i = 0; i < WINDOW; i++) times.add({stock: 100, fused: 50});
  for (let i = 0; i < WINDOW; i++) times.add({stock: 2 + (i % 3), fused: 1});
  expect(times.samples).toBe(WINDOW);
  expect(times.medians()).toEqual({stock: 3, fused: 1});
});

describe('words', () => {
  it('say which side is the faster', () => {
    expect(speedText({stock: 3, fused: 1})).toBe('Fused is 3.0× as fast');
    expect(speedText({stock: 1, fused: 2})).toBe('Fused takes 2.0× as long');
    expect([msText(0.284), msText(12.34), errorText(0), errorText(1.24e-6)]).toEqual([
      '0.28 ms',
      '12.3 ms',
      '0',
      '1.2e-6',
    ]);
  });

  it('say on what it runs, and of a page that is not isolated why it has no more threads', () => {
    const engine = {
      ...({backend: 'wasm', adapter: null, simd: 'simd', threads: 1} as const),
      fusedThreads: {count: 1, reason: 'the page is not isolated'},
    };
    const userAgent = 'Firefox/153.0';
    expect(engineText(engine, {userAgent, isolated: true})).toBe('Firefox 153, WebAssembly with SIMD, 1 thread');
    expect(engineText(engine, {userAgent, isolated: false})).toBe(
      'Firefox 153, WebAssembly with SIMD, 1 thread (the page is not isolated)',
    );
  });

  it.each([
    [
      'WebAssembly.instantiate(): violates the following Content Security policy directive: "script-src \'self\'"',
      'policy',
    ],
    ['Failed to fetch', 'connection'],
    ['Aborted(OOM)', 'memory'],
    ['x is not a function', 'stopped'],
  ])('say plainly what %s means', (text, word) => {
    const {message, detail} = failureOf(new Error(text));
    expect(message).toContain(word);
    expect(detail).toBe(text);
  });
});
