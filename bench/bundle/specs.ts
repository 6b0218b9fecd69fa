/** Runs the bodies of test/suites in plain Node, by Jasmine as karma does: where there is nothing but a Node program. */
import bootJasmine, {type Outcome} from 'jasmine-core/lib/jasmine-core/node_boot.js';
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';

export interface SpecResult {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly failures: readonly string[];
  readonly ms: number;
}

export type SpecCounts = Record<SpecResult['status'], number>;

const TIMEOUT_MS = 600_000;

export interface SpecRun {
  /** Defines tests by describe and it. */
  readonly define: () => void;
  /** Whether the test of this name is to be run. */
  readonly isWanted: (name: string) => boolean;
  /** Told each result as it comes. */
  readonly tell: (spec: SpecResult) => void;
}

/** Runs tests, and returns how many passed. To be called once in a process. */
export async function runSpecs({define, isWanted, tell}: SpecRun): Promise<SpecCounts> {
  const jasmine = bootJasmine(jasmineRequire);
  jasmine.DEFAULT_TIMEOUT_INTERVAL = TIMEOUT_MS;
  const counts: SpecCounts = {passed: 0, failed: 0, skipped: 0};
  const done = (outcome: Outcome): void => {
    const spec = resultOf(outcome);
    counts[spec.status]++;
    tell(spec);
  };
  const environment = jasmine.getEnv();
  environment.configure({random: false, specFilter: (spec) => isWanted(spec.getFullName())});
  environment.addReporter({
    specDone: (spec) => {
      if (spec.status !== 'excluded') done(spec);
    },
    // What fails before or after all tests of a suite is none of its specs.
    suiteDone: (suite) => {
      if (suite.failedExpectations.length > 0) done({...suite, status: 'failed'});
    },
  });
  define();
  await environment.execute();
  return counts;
}

function resultOf({fullName: name, status, failedExpectations, duration}: Outcome): SpecResult {
  return {
    name,
    status: status === 'passed' || status === 'failed' ? status : 'skipped',
    failures: failedExpectations.map(({message}) => message),
    ms: duration ?? 0,
  };
}
