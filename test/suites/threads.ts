/** The wasm kernel on several threads: the same bits as on one, whatever becomes of the workers. For isolated pages. */
import {blockGeometry, describeBlock} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {detectSimd} from '../../ops/wasm/detect.ts';
import {compileKernels, instantiateKernels} from '../../ops/wasm/module.ts';
import {planBlock, type WasmPlan} from '../../ops/wasm/plan.ts';
import {type Outcome, ThreadPool} from '../../ops/wasm/threads/pool.ts';
import {WORKER_SOURCE} from '../../ops/wasm/threads/workerSource.ts';
import {
  type BlockCase,
  GLOBAL_BLOCKS,
  LAYERED_BLOCKS,
  MODEL_BLOCKS,
  randomParams,
  SMALL_BLOCKS,
} from '../helpers/blockCases.ts';
import {expectSameBits} from '../helpers/closeness.ts';
import {GuardedMemory} from '../helpers/guardedMemory.ts';
import {type CallInputs, placeCall} from '../helpers/placedCall.ts';
import {randomFloats} from '../helpers/random.ts';
import {planUnder, SMALL_LIMITS} from './wasmKernel.ts';

const LEVEL = detectSimd()!;
const COUNTS = [2, 3, 8];

/** Says of the kernels in one memory what a call on some threads gives, and how it ended. */
class ThreadedKernels {
  readonly guarded = new GuardedMemory(true);
  private readonly kernels = instantiateKernels(this.guarded.memory, LEVEL);

  private y = {address: 0, length: 0};

  attach(pool: ThreadPool, threads: number): Promise<void> {
    return pool.attach(this.guarded.memory, compileKernels(LEVEL, true), threads);
  }

  run(pool: ThreadPool, threads: number, {spec, size, plan}: RunBlock): {y: Float32Array; outcome: Outcome} {
    const {guarded, kernels} = this;
    const geometry = blockGeometry(spec, size.height, size.width);
    const placed = placeCall(guarded, {spec, size, geometry, plan}, {...inputsOf(spec, size), threads});
    const {schedule, records} = placed;
    const outcome = pool.run({memory: guarded.memory, kernels, schedule, records});
    guarded.checkGuards();
    this.y = {address: placed.y, length: placed.length};
    return {y: this.output(), outcome};
  }

  /** What stands where the last output was written. */
  output(): Float32Array {
    return this.guarded.read(this.y.address, this.y.length);
  }

  /** Writes over it, and returns what stands there then. */
  poisonOutput(): Float32Array {
    new Float32Array(this.guarded.memory.buffer, this.y.address, this.y.length).fill(1234.5);
    return this.output();
  }
}

let latest: {readonly key: unknown; readonly inputs: Pick<CallInputs, 'x' | 'params'>} | undefined;

/** The same for every run of a block at one size: made once. */
function inputsOf(spec: BlockCase['spec'], size: ImageSize): Pick<CallInputs, 'x' | 'params'> {
  if (latest?.key !== size) {
    const length = size.batch * size.height * size.width * spec.inChannels;
    latest = {key: size, inputs: {x: randomFloats(length, {seed: 5}), params: randomParams(spec, 7)}};
  }
  return latest.inputs;
}

interface RunBlock {
  readonly spec: BlockCase['spec'];
  readonly size: ImageSize;
  readonly plan: WasmPlan;
}

/** A block on its planned tile. */
function plannedRun({spec, height, width}: BlockCase, batch: number): RunBlock {
  const size = {batch, height, width};
  const plan = planBlock(spec, size, blockGeometry(spec, height, width));
  if (typeof plan === 'string') throw new Error(plan);
  return {spec, size, plan};
}

/** A block on its planned tile, whole images to a thread and parts of one, and on tiles that cross every seam. */
function runsOf(block: BlockCase): RunBlock[] {
  const {spec, height, width} = block;
  const size = {batch: 1, height, width};
  const small = SMALL_LIMITS.map((limits) => ({spec, size, plan: planUnder(limits, block)}));
  return [plannedRun(block, 1), plannedRun(block, 3), ...small];
}

/** Large enough for two threads, and of two parts or more. */
const BLOCK: BlockCase = MODEL_BLOCKS[1]!;

/** The workers' script, with kernels that first do `what` at their `at`th step. */
function injected(what: string, at: number): string {
  return `
    let steps = 0;
    const {Instance} = WebAssembly;
    WebAssembly.Instance = function (module, imports) {
      const {computeStep, storeStep} = new Instance(module, imports).exports;
      return {exports: {
        computeStep(record, step) {
          if (++steps === ${at}) { ${what} }
          computeStep(record, step);
        },
        storeStep,
      }};
    };
    ${WORKER_SOURCE}`;
}

const HANG = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
const FAILURES: readonly {name: string; what: string; outcome: Outcome; reason: RegExp}[] = [
  {
    name: 'traps',
    what: 'throw new WebAssembly.RuntimeError("unreachable");',
    outcome: 'stopped',
    reason: /stopped by an error/,
  },
  {name: 'closes itself and hangs', what: `self.close(); ${HANG}`, outcome: 'lost', reason: /no progress/},
];

/** `every`: of so many blocks that differ little, one is run. */
export function threadsSuite({every = 1}: {readonly every?: number} = {}): void {
  describe('wasm kernel on several threads', () => {
    let pool: ThreadPool;
    const kernels = new ThreadedKernels();

    beforeAll(async () => {
      pool = new ThreadPool();
      await kernels.attach(pool, Math.max(...COUNTS));
    });

    afterAll(() => {
      pool.end();
    });

    it('has the threads that were asked for', () => {
      expect([pool.threads, pool.reason]).toEqual([8, null]);
    });

    const some = (blocks: readonly BlockCase[]): BlockCase[] => blocks.filter((_, i) => i % every === 0);
    const sweep = {
      small: some(SMALL_BLOCKS),
      layered: LAYERED_BLOCKS,
      'of models': MODEL_BLOCKS,
      'in two sweeps': some(GLOBAL_BLOCKS),
    };
    for (const [name, blocks] of Object.entries(sweep))
      it(`gives the same bits at 1, ${COUNTS.join(', ')} threads: blocks, ${name}`, () => {
        for (const block of blocks)
          for (const run of runsOf(block)) {
            const {y: expected} = kernels.run(pool, 1, run);
            for (const threads of COUNTS) {
              const {y, outcome} = kernels.run(pool, threads, run);
              try {
                expect(outcome).toBe('done');
                expectSameBits(y, expected);
              } catch (error) {
                const {spec, size} = run;
                throw new Error(
                  `${describeBlock(spec)} at batch ${size.batch} on ${threads} threads: ${String(error)}`,
                );
              }
            }
          }
        expect(pool.threads).toBe(8);
      });

    it('works on several memories, and lets one go', async () => {
      const other = new ThreadedKernels();
      const run = plannedRun(BLOCK, 1);
      await other.attach(pool, 2);
      const expected = kernels.run(pool, 1, run).y;
      for (const each of [other, kernels, other]) expectSameBits(each.run(pool, 8, run).y, expected);
      await pool.detach(other.guarded.memory);
      expectSameBits(kernels.run(pool, 8, run).y, expected);
    });

    for (const {name, what, outcome, reason} of FAILURES)
      it(`goes on without a worker that ${name} in mid-call`, async () => {
        const run = plannedRun(BLOCK, 1);
        const failing = new ThreadPool(injected(what, 3));
        const alone = new ThreadedKernels();
        try {
          await alone.attach(failing, 2);
          const {y: expected} = kernels.run(pool, 1, run);
          const outcomes = new Set<Outcome>();
          // On a busy machine a worker may be late for many calls.
          for (const end = performance.now() + 5000; failing.threads > 1 && performance.now() < end;) {
            const result = alone.run(failing, 2, run);
            outcomes.add(result.outcome);
            if (result.outcome === 'done') expectSameBits(result.y, expected);
            await new Promise((resolve) => setTimeout(resolve));
          }
          expect(outcomes.has(outcome)).toBe(true);
          expect(failing.threads).toBe(1);
          expect(failing.reason).toMatch(reason);
          expectSameBits(alone.run(failing, 1, run).y, expected);
        } finally {
          failing.end();
        }
      });

    it('lets nothing land that a worker writes which was given up', async () => {
      const run = plannedRun(BLOCK, 3);
      // Longer than the deadline; and it is not ended, as a browser may take its time with that.
      const late = new ThreadPool(
        injected('const end = performance.now() + 4000; while (performance.now() < end);', 1),
      );
      const left: Worker[] = [];
      const terminate = Object.getOwnPropertyDescriptor(Worker.prototype, 'terminate')!;
      Object.defineProperty(Worker.prototype, 'terminate', {
        ...terminate,
        value(this: Worker) {
          left.push(this);
        },
      });
      try {
        const alone = new ThreadedKernels();
        await alone.attach(late, 2);
        let outcome: Outcome = 'done';
        for (let i = 0; i < 20 && outcome === 'done'; i++) ({outcome} = alone.run(late, 2, run));
        expect(outcome).toBe('lost');
        const before = alone.poisonOutput();
        await new Promise((resolve) => setTimeout(resolve, 3000));
        expectSameBits(alone.output(), before);
      } finally {
        Object.defineProperty(Worker.prototype, 'terminate', terminate);
        for (const worker of left) worker.terminate();
        late.end();
      }
    });

    it('gives the same bits 1,000 times while workers stop at random', async () => {
      const run = plannedRun(BLOCK, 3);
      const {y: expected} = kernels.run(pool, 1, run);
      const outcomes: Record<Outcome, number> = {done: 0, stopped: 0, lost: 0};
      const unlucky = new ThreadedKernels();
      let failing: ThreadPool | null = null;
      let started = 0;
      while (outcomes.done < 1000) {
        if (failing === null || failing.threads === 1) {
          failing?.end();
          // One in eight hangs, which costs a deadline; the others trap.
          const what = started++ % 8 === 0 ? HANG : 'throw new Error("at random");';
          failing = new ThreadPool(injected(`if (Math.random() < 0.5) { ${what} } else steps = 0;`, 120));
          await unlucky.attach(failing, 3);
        }
        const {y, outcome} = unlucky.run(failing, 3, run);
        outcomes[outcome]++;
        if (outcome === 'done') expectSameBits(y, expected);
      }
      failing?.end();
      expect(outcomes.stopped).toBeGreaterThan(0);
      expect(outcomes.lost).toBeGreaterThan(0);
    });

    it('says that a Content-Security-Policy may forbid workers', async () => {
      const frame = document.createElement('iframe');
      frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="worker-src 'none'">`;
      const loaded = new Promise((resolve) => {
        frame.onload = resolve;
      });
      document.body.append(frame);
      await loaded;
      // A worker is under the policy of the window whose constructor made it.
      const own = globalThis.Worker;
      globalThis.Worker = (frame.contentWindow as unknown as typeof globalThis).Worker;
      const forbidden = new ThreadPool();
      try {
        await new ThreadedKernels().attach(forbidden, 2);
        expect(forbidden.threads).toBe(1);
        expect(forbidden.reason).toMatch(/did not start: .*Content-Security-Policy/);
      } finally {
        globalThis.Worker = own;
        forbidden.end();
        frame.remove();
      }
    });

    it('says why a worker does not start', async () => {
      const broken = new ThreadPool('throw new Error("no such thing");');
      await new ThreadedKernels().attach(broken, 3);
      expect(broken.threads).toBe(1);
      expect(broken.reason).toMatch(/did not start: .*no such thing/);
      broken.end();
    });
  });
}
