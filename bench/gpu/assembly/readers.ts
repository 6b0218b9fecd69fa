/** The readers, by whose GPU it is. */
import type {Vendor} from '../gpus.ts';
import {amdReader} from './amd.ts';
import {intelReader} from './intel.ts';
import type {AssemblyReader} from './loops.ts';
import {nvidiaReader} from './nvidia.ts';

export const READERS: Readonly<Record<Vendor, AssemblyReader>> = {
  amd: amdReader,
  nvidia: nvidiaReader,
  intel: intelReader,
};
