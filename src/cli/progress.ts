/** What goes on, said on stderr: a spinner on a terminal, one plain line elsewhere, nothing beside JSON. */
import ora from 'ora';

export interface Progress {
  /** Says what is being done now. */
  readonly say: (what: string) => void;
  /** Takes the spinner away. */
  readonly done: () => void;
}

const SILENT: Progress = {say: () => undefined, done: () => undefined};

/** Returns the progress display of one piece of work. */
export function createProgress(work: string, {quiet}: {quiet: boolean}): Progress {
  if (quiet) return SILENT;
  // A terminal of no width (a pty without a size) would have the spinner clear infinitely many lines.
  if (!process.stderr.isTTY || process.stderr.columns === 0) {
    process.stderr.write(`${work}\n`);
    return SILENT;
  }
  const spinner = ora({text: work, stream: process.stderr, discardStdin: false}).start();
  return {
    say: (what) => {
      // Computing keeps the timer from drawing.
      spinner.text = `${work}: ${what}`;
      spinner.render();
    },
    done: () => {
      spinner.stop();
    },
  };
}
