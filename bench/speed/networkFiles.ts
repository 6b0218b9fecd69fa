/** A network of the bench as files, as the converter leaves one: so that loading is timed as users have it. */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {writeModelFiles} from '../../src/load/modelFiles.ts';
import {batchedName, type NetworkCase, type WrittenNetwork} from './cases.ts';

/** Writes the network to a folder of its own, does `work` with it, for so many images at a time, and removes the folder. */
export async function withNetworkFiles<T>(
  network: NetworkCase,
  work: (written: WrittenNetwork) => Promise<T>,
  batch = 1,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'block-fusion-bench-'));
  try {
    const model = join(folder, network.name);
    await writeModelFiles(network.artifacts(), model);
    const name = batchedName(network.name, batch);
    return await work({kind: 'network', name, macs: batch * network.macs(), batch, model});
  } finally {
    await rm(folder, {recursive: true});
  }
}
