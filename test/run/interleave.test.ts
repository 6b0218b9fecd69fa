import {interleave, isSteady, warmupMs} from '../../src/run/interleave.ts';

/** A clock that only moves when a side spends its time. */
function fakeSides(): {now: () => number; order: string[]; spend: (name: string, ms: number) => () => void} {
  let time = 0;
  const order: string[] = [];
  return {
    now: () => time,
    order,
    spend: (name, ms) => () => {
      order.push(name);
      time += ms;
    },
  };
}

describe('interleave', () => {
  it('runs the sides in turns after warming up each', async () => {
    const {now, order, spend} = fakeSides();
    const times = await interleave({a: spend('a', 10), b: spend('b', 20)}, {runs: 3, now});
    expect(times).toEqual({a: [10, 10, 10], b: [20, 20, 20]});
    expect(order.join('')).toBe('aaabbb' + 'ababab');
  });

  it('hands out each timed sample as it is taken, and none of the runs before', async () => {
    const {now, order, spend} = fakeSides();
    const samples: [string, number, number][] = [];
    await interleave(
      {a: spend('a', 10), b: spend('b', 20)},
      {runs: 2, now, onSample: (name, ms) => samples.push([name, ms, order.length])},
    );
    expect(samples).toEqual([
      ['a', 10, 7],
      ['b', 20, 8],
      ['a', 10, 9],
      ['b', 20, 10],
    ]);
  });

  it('goes on warming up until the times are steady, within its limit', async () => {
    const {now, order, spend} = fakeSides();
    const warmups = [50, 40, 10, 10, 10];
    const side = (): void => {
      spend('a', warmups[order.length] ?? 10)();
    };
    const times = await interleave({a: side}, {runs: 1, now});
    expect(times.a).toEqual([10]);
    expect(order).toHaveLength(5 + 1);
    const everSlower = (): void => {
      spend('a', order.length)();
    };
    await interleave({a: everSlower}, {runs: 1, maxWarmups: 2, now});
    expect(order).toHaveLength(6 + 2 + 1);
  });

  it('warms up for as long as is wanted, however steady the times are', async () => {
    const {now, order, spend} = fakeSides();
    await interleave({a: spend('a', 10)}, {runs: 1, minWarmupMs: 100, maxWarmups: 4, now});
    expect(order).toHaveLength(10 + 1);
  });

  it('makes a sample of a short side from several runs and gives the time of one', async () => {
    const {now, order, spend} = fakeSides();
    const times = await interleave({short: spend('s', 1)}, {runs: 2, minSampleMs: 4, now});
    expect(times.short).toEqual([1, 1]);
    expect(order).toHaveLength(3 + 2 * 4);
  });

  it('waits for sides that finish later', async () => {
    let finished = 0;
    const later = async (): Promise<void> => {
      await Promise.resolve();
      finished++;
    };
    await interleave({later}, {runs: 2, minSampleMs: 0.001});
    expect(finished).toBeGreaterThanOrEqual(5);
  });
});

describe('warmupMs', () => {
  it('is shorter for fewer runs than usual, and not longer for more', () => {
    expect([1, 5, 10, 20, 40].map((runs) => warmupMs(runs, 20))).toEqual([75, 375, 750, 1500, 1500]);
  });
});

describe('isSteady', () => {
  it('wants three runs close together', () => {
    expect(isSteady([10, 10])).toBe(false);
    expect(isSteady([10, 10, 12])).toBe(false);
    expect(isSteady([99, 10, 10.4, 10.2])).toBe(true);
  });
});
