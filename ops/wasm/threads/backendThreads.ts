/** The threads of one backend's memory, and the pool that all backends of a page or worker share. */
import type {KernelExports} from '../module.ts';
import type {Schedule} from '../schedule.ts';
import type {Outcome, ThreadPool} from './pool.ts';

/** Imported late: many pages have one thread. */
let starting: Promise<ThreadPool> | null = null;
const users = new Set<BackendThreads>();

async function startPool(): Promise<ThreadPool> {
  try {
    const {ThreadPool: Pool} = await import('./pool.ts');
    return new Pool();
  } catch (error) {
    starting = null;
    throw error;
  }
}

export class BackendThreads {
  private readonly memory: WebAssembly.Memory;
  private readonly module: WebAssembly.Module;
  private wanted: number | null = null;
  private failure: string | null = null;
  /** Once the memory is attached to it. */
  private pool: ThreadPool | null = null;

  constructor(memory: WebAssembly.Memory, module: WebAssembly.Module) {
    this.memory = memory;
    this.module = module;
  }

  /** Has as many threads ready as are wanted, or as many as can be. Default: as many as were wanted before, or `byDefault`. */
  async start(wanted: number | undefined, byDefault: number): Promise<void> {
    this.wanted = wanted ?? this.wanted ?? byDefault;
    if (this.wanted === 1) return;
    try {
      users.add(this);
      starting ??= startPool();
      const pool = await starting;
      if (!users.has(this)) return;
      await pool.attach(this.memory, this.module, this.wanted);
      if (users.has(this)) this.pool = pool;
    } catch (error) {
      this.failure = `no worker could be started: ${String(error)}`;
    }
  }

  /** Threads that the next call can have. */
  get count(): number {
    return this.pool === null ? 1 : Math.min(this.wanted!, this.pool.threads);
  }

  /** Why there are no more, in words; null where there are as many as were wanted, and more than one. */
  get reason(): string | null {
    if (this.wanted === null) return 'none were started';
    if (this.wanted === 1) return 'no more were asked for, or tfjs takes one here';
    return this.count === this.wanted ? null : (this.failure ?? this.pool?.reason ?? 'they are still starting');
  }

  /** Computes all steps of a call, on several threads. */
  run(kernels: KernelExports, schedule: Schedule, records: readonly number[]): Outcome {
    return this.pool!.run({memory: this.memory, kernels, schedule, records});
  }

  /** Lets the memory go; the last to do so ends the workers. */
  end(): void {
    if (!users.delete(this)) return;
    this.pool = null;
    const isLast = users.size === 0;
    void starting?.then((pool) => {
      if (isLast) pool.end();
      else void pool.detach(this.memory);
    });
    if (isLast) starting = null;
  }
}
