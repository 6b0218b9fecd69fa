import {BlockFusionError, type BlockFusionErrorCode} from '../../ops/errors.ts';
import {reportError} from '../../src/cli/exit.ts';

describe('reportError', () => {
  let told: string[];
  beforeEach(() => {
    told = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each<[BlockFusionErrorCode, number]>([
    ['invalid-option', 2],
    ['missing-dependency', 2],
    ['unsupported-device', 2],
    ['invalid-model', 1],
    ['output', 1],
  ])('%s ends with %s', (code, exit) => {
    const error = new BlockFusionError(code, {where: 'here', must: 'must hold', got: 'nothing', fix: 'mend it'});
    expect(reportError(error)).toBe(exit);
    expect(told).toEqual(['error: here: must hold, got nothing; mend it\n']);
  });

  it('tells an error of others in one line, and ends with 1', () => {
    expect(reportError(new Error('broken\n  in two'))).toBe(1);
    expect(told).toEqual(['error: broken in two\n']);
  });
});
