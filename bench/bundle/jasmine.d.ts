/** What is used of jasmine-core, which brings no types: the way into it that needs no files beside it. */
declare module 'jasmine-core/lib/jasmine-core/jasmine.js' {
  const jasmineRequire: unique symbol;
  export default jasmineRequire;
}

declare module 'jasmine-core/lib/jasmine-core/node_boot.js' {
  interface Jasmine {
    DEFAULT_TIMEOUT_INTERVAL: number;
    getEnv(): {
      configure(options: {random: boolean; specFilter(spec: {getFullName(): string}): boolean}): void;
      addReporter(reporter: {specDone(spec: Outcome): void; suiteDone(suite: Outcome): void}): void;
      execute(): Promise<unknown>;
    };
  }

  export interface Outcome {
    readonly fullName: string;
    readonly status: string;
    readonly failedExpectations: readonly {readonly message: string}[];
    readonly duration: number | null;
  }

  /** Makes describe, it and the others global. */
  export default function boot(jasmineRequire: unknown): Jasmine;
}
