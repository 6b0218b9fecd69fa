/** A machine, and what each part of a block takes on it. */
import type {MachineRates} from './bounds.ts';
import type {FusedPart} from './fusedWork.ts';
import type {StockPart} from './stockWork.ts';
import type {Rates} from './work.ts';

/** What a unit of each part takes. Units: MACs at the machine's peak. */
export interface BlockRates {
  readonly fused: Rates<FusedPart>;
  readonly stock: Rates<StockPart>;
}

/** Rates, and the machine that they are of. */
export interface RatedMachine extends BlockRates, MachineRates {
  /** In words, for people. */
  readonly machine: string;
}
