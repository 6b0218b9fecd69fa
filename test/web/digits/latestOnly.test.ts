/** While one drawing is being read, only the latest of those after it waits. */
import {LatestOnly} from '../../../web/src/digits/latestOnly.ts';

describe('LatestOnly', () => {
  const started = (): {sent: number[]; latest: LatestOnly<number>} => {
    const sent: number[] = [];
    return {sent, latest: new LatestOnly<number>((value) => sent.push(value))};
  };

  it('sends the first at once, then the latest of those that came meanwhile', () => {
    const {sent, latest} = started();
    for (const value of [1, 2, 3, 4]) latest.offer(value);
    expect(sent).toEqual([1]);
    latest.done();
    expect(sent).toEqual([1, 4]);
    latest.done();
    expect(sent).toEqual([1, 4]);
    latest.offer(5);
    expect(sent).toEqual([1, 4, 5]);
  });

  it('drops what waits, and goes on afterwards', () => {
    const {sent, latest} = started();
    latest.offer(1);
    latest.offer(2);
    latest.drop();
    latest.done();
    latest.offer(3);
    expect(sent).toEqual([1, 3]);
  });
});
