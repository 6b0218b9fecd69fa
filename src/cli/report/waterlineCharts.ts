/** The charts of `waterline --out`: of each model its waterlines and roofline, and the efficiency gap of all. */
import {access, constants, mkdir, stat, writeFile} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {BlockFusionError} from '../../../ops/errors.ts';
import type {Machine} from '../../analysis/machine/machine.ts';
import type {ModelWaterline} from '../../analysis/modelWaterline.ts';
import type {ChartGap, ChartSide} from '../../charts.ts';
import type {Accuracies} from '../accuracies.ts';
import {distinctNames} from '../modelArgument.ts';

export interface ChartedModels {
  readonly models: readonly ModelWaterline[];
  readonly machine: Machine;
  readonly accuracies: Accuracies | null;
}

/** Makes the folder for charts where there is none. Throws: `invalid-option` where it cannot be made, or written. */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(resolve(folder));
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw notWritable('invalid-option', folder, cause);
  }
}

/** mkdir's own way to make those above, too, tries for ever where a file system has no room for folders, as /proc. */
async function makeFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() === true) return;
  if (found === null) await makeFolder(dirname(folder));
  await mkdir(folder);
}

function notWritable(code: 'invalid-option' | 'output', folder: string, got: unknown): BlockFusionError {
  return new BlockFusionError(code, {
    where: `--out ${folder}`,
    must: 'must be a folder that can be written',
    got,
    fix: 'name another',
  });
}

/** Writes the charts into a folder, over those of the same names. Returns how many. Throws: `output` where one cannot be written. */
export async function writeCharts(
  folder: string,
  {waterlineChart, rooflineChart, efficiencyGapChart}: Charts,
  {models, machine, accuracies}: ChartedModels,
): Promise<number> {
  const files = new Map<string, string>();
  const names = distinctNames(models.map(({name}) => name.replace(/[^\w.-]+/g, '-'))); // what files can have in theirs
  for (const [i, model] of models.entries()) {
    const name = names[i]!;
    const sides = sidesOf(model);
    files.set(`${name}-waterline.svg`, waterlineChart(sides, machine, {title: `Waterline of ${model.name}`}));
    files.set(`${name}-roofline.svg`, rooflineChart(sides, machine, {title: `Roofline of ${model.name}`}));
  }
  const gaps = models.flatMap((model) => gapsOf(model, accuracies));
  if (gaps.length > 0) files.set('efficiency-gap.svg', efficiencyGapChart(gaps, {opsPerS: machine.opsPerS}));
  try {
    for (const [name, svg] of files) await writeFile(join(folder, name), svg);
    return files.size;
  } catch (cause) {
    throw notWritable('output', folder, cause);
  }
}

export type Charts = typeof import('../../charts.ts');

/** Returns what draws. Throws: `missing-dependency` without Observable Plot, which is optional. */
export async function importCharts(): Promise<Charts> {
  try {
    return await import('../../charts.ts');
  } catch (cause) {
    throw new BlockFusionError('missing-dependency', {
      where: '--out',
      must: 'the package @observablehq/plot must be installed',
      got: cause,
      fix: 'type: npm install @observablehq/plot',
    });
  }
}

function sidesOf({stock, fused}: ModelWaterline): ChartSide[] {
  return [
    {label: 'stock', waterline: stock},
    {label: 'fused', waterline: fused},
  ].filter(({waterline}) => waterline.kernels.length > 0);
}

/** Stock and fused are two points of one line. */
function gapsOf({name, gap}: ModelWaterline, accuracies: Accuracies | null): ChartGap[] {
  const {family, interval} = accuracies?.get(name) ?? {};
  return (['stock', 'fused'] as const).flatMap((side) => {
    const each = gap[side];
    return each === null ? [] : [{...each, accuracyInterval: interval, family}];
  });
}
