/** What the compare page says of errors. */
import {BlockFusionError, type BlockFusionErrorCode} from '../../ops/errors.ts';
import {failureOf, PlainError} from '../../web/src/run/failure.ts';
import type {Failure, Stage} from '../../web/src/run/protocol.ts';
import {DEFAULTS, type Settings} from '../../web/src/settings/settings.ts';

const told = (error: unknown, stage: Stage = 'model', settings: Partial<Settings> = {}): Failure =>
  failureOf(error, {stage, settings: {...DEFAULTS, ...settings}});
const coded = (code: BlockFusionErrorCode, got = 'x'): BlockFusionError =>
  new BlockFusionError(code, {where: 'here', must: 'must be', got, fix: 'mend it'});

describe('failureOf', () => {
  it('hands on what is plain already', () => {
    expect(told(new PlainError('settings', 'Choose a size.', new Error('cause')))).toEqual({
      ...{about: 'settings', message: 'Choose a size.', detail: 'cause', code: null},
    });
  });

  it.each<[string, unknown, Stage, Failure['about'], RegExp]>([
    ['an allocation', coded('out-of-memory'), 'timing', 'model', /more memory than there is/],
    ['an array', new RangeError('Array buffer allocation failed'), 'model', 'model', /more memory than there is/],
    ['a long array', new RangeError('Invalid typed array length: 30000000000'), 'model', 'model', /more memory/],
    [
      'a heap',
      new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded'),
      'timing',
      'model',
      /more memory/,
    ],
    ['an address', new Error('memory access out of bounds'), 'agreement', 'model', /more memory than there is/],
    ['a lost device', coded('device-lost'), 'timing', 'backend', /took the GPU away/],
    ['a backend', new Error('no'), 'backend', 'backend', /WebAssembly could not be started/],
    ['an option', coded('invalid-option'), 'model', 'settings', /do not fit the model/],
    ['a broken model', coded('invalid-model'), 'model', 'model', /damaged/],
    ['an op', coded('unsupported-model', "Unknown op 'Frob'. File an issue"), 'model', 'model', /uses Frob, which/],
    ['a kernel', new Error("Kernel 'Erf' not registered for backend 'wasm'"), 'model', 'model', /uses Erf, which/],
    [
      'a model that stock does not run',
      coded('unsupported-model'),
      'model',
      'model',
      /itself cannot run this model on wasm/,
    ],
    ['anything while timing', new Error('no'), 'timing', 'run', /broke off/],
    ['what is no error', {message: 'no'}, 'timing', 'run', /broke off/],
  ])('says in plain words what %s means', (_, error, stage, about, message) => {
    const failure = told(error, stage);
    expect(failure).toMatchObject({about, message: expect.stringMatching(message) as string});
    expect(failure.detail).not.toBe(null);
  });

  it('names another backend to take, but where it is the last', () => {
    const unknown = new Error("Unknown op 'Frob'");
    expect(told(unknown).message).toContain("'cpu' has the most ops");
    expect(told(unknown, 'model', {backend: 'cpu'}).message).toContain('take another model');
  });
});
