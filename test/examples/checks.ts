/** What is checked of a project, one after the other: each check is a test, with its time, that passes or fails. */

/** So many lines of a failure are shown. */
const MAX_LINES = 40;

export class Checks {
  passed = 0;
  failed = 0;
  private readonly lines: string[] = [];

  /** Runs a check. Returns whether it passed: what rests on it is left out where it did not. */
  async check(name: string, body: () => Promise<void> | void): Promise<boolean> {
    const start = performance.now();
    const failure = await failureOf(body);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    this.lines.push(`  ${failure === undefined ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (failure === undefined) this.passed++;
    else {
      this.failed++;
      this.lines.push(...failure.split('\n').slice(-MAX_LINES).map(indented));
    }
    return failure === undefined;
  }

  /** Returns a line a check, and below one that failed, why. */
  report(): string {
    return this.lines.join('\n');
  }
}

async function failureOf(body: () => Promise<void> | void): Promise<string | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function indented(line: string): string {
  return `      ${line}`;
}
