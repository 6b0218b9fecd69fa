/**
 * `npm run bench:zoo -- MODELS...`: the efficiency gaps of families of models, stock and fused, against their accuracies, and how a
 * family's fused models compare with the stock models of others that are as accurate. On wasm, in Node.
 */
import {readFile, writeFile} from 'node:fs/promises';
import {Command, Option} from 'commander';
import {BlockFusionError} from '../../../ops/errors.ts';
import {efficiencyGapChart} from '../../../src/analysis/charts/efficiencyGapChart.ts';
import {duration, percent, threeDigits, withUnit} from '../../../src/analysis/charts/units.ts';
import {reportError} from '../../../src/cli/exit.ts';
import {table} from '../../../src/cli/report/table.ts';
import {type EqualPair, equalPairs} from './equalAccuracy.ts';
import {runsOption} from '../../../bench/speed/flags.ts';
import {better, runZoo, type ZooRecord} from './networks.ts';

interface Flags {
  readonly accuracy: string;
  readonly family: string;
  readonly runs: number;
  readonly from?: string;
  readonly chart?: string;
  readonly json?: boolean;
}

const program = new Command('npm run bench:zoo --')
  .argument('[model...]', 'folders of models, named as in the accuracies')
  .option('--accuracy <file>', 'accuracies, as waterline takes them', 'models/zoo/accuracies.json')
  .option('--family <name>', 'the family whose fused models are compared with the others', 'ConvFirst')
  .addOption(runsOption(100))
  .addOption(new Option('--from <file>', 'take what --json printed once, and measure nothing'))
  .addOption(new Option('--chart <file>', 'draw the gaps, as an SVG file'))
  .option('--json', 'one JSON line on stdout, nothing else')
  .parse();
const flags = program.opts<Flags>();
if (flags.from === undefined && program.args.length === 0)
  program.error('error: name folders of models, or a record by --from');

try {
  await bench();
} catch (error) {
  process.exitCode = reportError(error);
}

async function bench(): Promise<void> {
  const record = flags.from === undefined ? await runZoo(program.args, flags) : await readRecord(flags.from);
  const pairs = equalPairs(record.models, flags.family);
  if (flags.chart !== undefined) await writeFile(flags.chart, chart(record));
  process.stdout.write(flags.json === true ? json(record, pairs) : text(record, pairs));
}

async function readRecord(file: string): Promise<ZooRecord> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ZooRecord;
  } catch (cause) {
    throw new BlockFusionError('invalid-option', {
      ...{where: `--from ${file}`, must: 'must be what --json printed', got: cause, fix: 'name such a file'},
    });
  }
}

function json(record: ZooRecord, pairs: readonly EqualPair[]): string {
  return `${JSON.stringify({...record, pairs: pairs.map(pairJson)})}\n`;
}

function pairJson({fused, stock, ...rest}: EqualPair): object {
  return {fused: fused.name, stock: stock.name, ...rest};
}

function chart({models, peaks}: ZooRecord): string {
  const gaps = models.flatMap(({name, family, interval, ...sides}) =>
    (['stock', 'fused'] as const).map((side) => ({...sides[side], name, side, family, accuracyInterval: interval})),
  );
  const {opsPerS} = peaks.reduce(better);
  return efficiencyGapChart(gaps, {opsPerS});
}

function text({environment, peaks, models, times}: ZooRecord, pairs: readonly EqualPair[]): string {
  const spread = (side: string): string => {
    const {medianMs, p10Ms, p90Ms} = times[side]!;
    return `${threeDigits(medianMs)} (${threeDigits(p10Ms)} to ${threeDigits(p90Ms)})`;
  };
  const all = table(models, [
    {title: 'model', text: ({name}) => name},
    {title: 'accuracy', text: ({interval}) => interval.map((end) => percent(end)).join(' to ')},
    {title: 'ideal ms', text: ({stock}) => threeDigits(stock.idealMs), align: 'right'},
    {title: 'stock ms', text: ({stock}) => spread(stock.name), align: 'right'},
    {title: 'efficient', text: ({stock}) => percent(stock.efficiency), align: 'right'},
    {title: 'fused ms', text: ({fused}) => spread(fused.name), align: 'right'},
    {title: 'efficient', text: ({fused}) => percent(fused.efficiency), align: 'right'},
  ]);
  const equal = table(pairs, [
    {title: 'fused', text: ({fused}) => fused.name},
    {title: 'gap', text: ({fused}) => duration(fused.fused.gapMs), align: 'right'},
    {title: 'stock, as accurate', text: ({stock}) => stock.name},
    {title: 'gap', text: ({stock}) => duration(stock.stock.gapMs), align: 'right'},
    {title: 'intervals share', text: (pair) => `${(100 * pair.overlap).toFixed(2)} points`, align: 'right'},
    {title: 'as fast', text: ({ratio}) => `${ratio.toFixed(2)}×`, align: 'right'},
  ]);
  const found = peaks.map(({opsPerS}) => withUnit(opsPerS, 'op/s')).join(' before, ');
  return `${Object.values(environment).join(', ')}\npeak: ${found} after\n\n${all}\n\n${equal}\n`;
}
