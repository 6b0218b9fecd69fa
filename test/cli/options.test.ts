import {parseShape} from '../../src/cli/options.ts';

describe('parseShape', () => {
  it('collects shapes by name', () => {
    expect(parseShape('b=3', parseShape('a:0=1,224,224,3'))).toEqual({'a:0': [1, 224, 224, 3], b: [3]});
  });

  it.each(['1,2,3', 'x=', 'x=1,', 'x=0,1', 'x=-1,2', 'x=1.5', '=1,2'])('refuses %s', (text) => {
    expect(() => parseShape(text)).toThrow(/name=sizes/);
  });
});
