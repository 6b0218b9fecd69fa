import {layOut, partAfterKey} from '../../../web/src/compare/networkLayout.ts';
import type {NetworkPart} from '../../../web/src/run/protocol.ts';

const part = (stockMs: number | null, fusedMs: number | null): NetworkPart => ({
  ...{kind: 'fused', name: 'a', title: 'a block', detail: null, stockMs, fusedMs},
});

describe('layOut', () => {
  it('draws both sides by one scale, which the slower fills', () => {
    const {parts, isTimed, stockMs, fusedMs} = layOut({parts: [part(6, 1), part(2, 2), part(0, 1)]}, 100);
    expect([isTimed, stockMs, fusedMs]).toEqual([true, 8, 4]);
    expect(parts.map(({stock}) => stock)).toEqual([
      {x: 0, width: 75},
      {x: 75, width: 25},
      {x: 100, width: 0},
    ]);
    expect(parts.map(({fused}) => fused.width)).toEqual([12.5, 25, 12.5]);
  });

  it.each([[[part(null, null), part(null, null)]], [[part(1, null), part(1, 1)]], [[part(0, 0), part(0, 0)]]])(
    'draws all alike where times are not known: %#',
    (parts) => {
      const layout = layOut({parts}, 100);
      expect(layout).toMatchObject({isTimed: false, stockMs: null, fusedMs: null});
      expect(layout.parts.map(({stock, fused}) => [stock, fused])).toEqual([
        [
          {x: 0, width: 50},
          {x: 0, width: 50},
        ],
        [
          {x: 50, width: 50},
          {x: 50, width: 50},
        ],
      ]);
    },
  );

  it('has nothing to draw of nothing', () => {
    expect(layOut({parts: []}, 100).parts).toEqual([]);
  });
});

test.each([
  ['ArrowRight', 0, 1],
  ['ArrowRight', 2, 2],
  ['ArrowLeft', 0, 0],
  ['ArrowUp', 2, 1],
  ['Home', 2, 0],
  ['End', 0, 2],
  ['a', 1, null],
  ['Tab', 1, null],
])('%s leads from part %d of three to %j', (key, at, next) => {
  expect(partAfterKey(key, at, 3)).toBe(next);
});
