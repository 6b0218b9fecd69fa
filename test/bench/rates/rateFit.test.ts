import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  farOff,
  fitRates,
  judge,
  type Judged,
  type RateSample,
  type RateSamples,
  verdictOn,
} from '../../../bench/rates/rateFit.ts';
import {recordedMachine} from '../../../src/analysis/prediction/predictBlock.ts';
import {runProgram} from '../../helpers/runNode.ts';

const RECORD = 'bench/results/2026-11-21-epyc-rates-simd.json';
const samples = JSON.parse(readFileSync(RECORD, 'utf8')) as RateSamples;

const timing = (medianMs: number): Judged['measured']['fused'] => ({
  medianMs,
  p10Ms: medianMs,
  p90Ms: medianMs,
  runs: 1,
});
const judgedAt = (name: string, fused: number): Judged => ({
  case: name,
  predicted: {stock: 1000, fused},
  measured: {stock: timing(10), fused: timing(10)},
});

describe('verdictOn', () => {
  const [low, high, tooLow, tooHigh] = [
    judgedAt('a', 7.01),
    judgedAt('b', 12.99),
    judgedAt('c', 6.99),
    judgedAt('d', 13.01),
  ];

  it('holds fused predictions to 30% of the measurement, whatever the stock side', () => {
    expect(farOff([low, high])).toEqual([]);
    expect(verdictOn([low, high])).toBe('2 of 2 fused predictions within 30% of the measurement');
  });

  it('names those that are farther off, either way, and what is no number', () => {
    expect(verdictOn([low, tooLow, high, tooHigh, judgedAt('e', NaN)])).toBe(
      '2 of 5 fused predictions within 30% of the measurement, FAILED for c, d, e',
    );
  });
});

describe('a block without a plan', () => {
  const {spec, size} = samples.judged[0]!;
  // Rows of more bytes than a tile may take.
  const unplanned: RateSample = {...samples.judged[0]!, case: 'wide', spec: {...spec, kernelSize: [4001, 4001]}, size};

  it.each([
    ['judge', () => judge([unplanned], recordedMachine())],
    ['fitRates', () => fitRates({...samples, fitted: [unplanned]})],
  ])('is refused by %s, with its name and the reason', (_, run) => {
    expect(run).toThrow(/^wide: the fused kernel must have a plan .*, got .+; measure another block$/);
  });
});

describe('npm run bench:rates', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'block-fusion-rates-'));
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  it.each([
    {peak: 1, code: 0, last: /^7 of 7 fused predictions within 30% of the measurement$/},
    {peak: 2, code: 1, last: /^0 of 7 fused predictions .*, FAILED for /},
  ])('at $peak × the recorded peak exits with $code, and says why in its last line', async ({peak, code, last}) => {
    const file = join(folder, `${peak}.json`);
    writeFileSync(file, JSON.stringify({...samples, opsPerS: peak * samples.opsPerS}));
    const outcome = await runProgram('bench/rates/rates.ts', '--from', file);
    expect(outcome.stdout.trimEnd().split('\n').at(-1)).toMatch(last);
    expect(outcome.code).toBe(code);
  });
});
