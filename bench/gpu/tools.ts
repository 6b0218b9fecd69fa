/** Programs of the machine, run. */
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/** Returns what a program prints, on stdout and then on stderr. Throws: what it says where it fails. */
export async function run(program: string, ...parameters: readonly string[]): Promise<string> {
  try {
    const {stdout, stderr} = await promisify(execFile)(program, parameters, {maxBuffer: 2 ** 28});
    return stdout + stderr;
  } catch (cause) {
    const {stdout = '', stderr = ''} = cause as {stdout?: string; stderr?: string};
    throw new Error(`${program} failed:\n${(stderr + stdout).slice(-2000)}`, {cause});
  }
}

/** Returns what `work` makes of each item, of so many at a time, in their order. */
export async function eachOf<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at]!);
  };
  await Promise.all(Array.from({length: atATime}, worker));
  return results;
}

/** Returns where a program lies; null where it is not on the PATH. */
export async function pathOf(program: string): Promise<string | null> {
  return run('which', program).then(
    (path) => path.trim(),
    () => null,
  );
}

/** Returns the sides of a shader's workgroup, from its SPIR-V. */
export async function workgroupSides(spirv: string): Promise<[x: number, y: number, z: number]> {
  const text = await run('spirv-dis', '--raw-id', spirv);
  const [, ...sides] = /OpExecutionMode %\S+ LocalSize (\d+) (\d+) (\d+)/.exec(text)!;
  return sides.map(Number) as [number, number, number];
}

/** Returns the invocations of a shader's workgroup. */
export async function workgroupSize(spirv: string): Promise<number> {
  return (await workgroupSides(spirv)).reduce((product, side) => product * side);
}
