import {decode, encode} from '../../engines/message.ts';

it.each([[{a: [1, -0.5, null], b: {c: 'text'}}], [NaN], [[Infinity, -Infinity, {deep: NaN}]], [null]])(
  'a message comes out as it was: %j',
  (message) => {
    expect(decode(encode(message))).toEqual(message);
  },
);
