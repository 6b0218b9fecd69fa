/** How the program ends: exit codes, what goes to stdout, and errors in one line on stderr. */
import {CommanderError} from 'commander';
import type {BlockFusionErrorCode} from '../../ops/errors.ts';
import {printable, UNPRINTABLE} from './report/printable.ts';

export const EXIT = {
  good: 0,
  /** A check failed, or the model is broken. */
  failed: 1,
  misuse: 2,
} as const;

/** The number of the JSON's form: a change that breaks readers raises it. */
const SCHEMA = 1;

/** Prints one JSON object, and nothing else, on stdout. */
export function printJson(value: object): void {
  const json = JSON.stringify({schema: SCHEMA, ...value});
  const escaped = json.replace(UNPRINTABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  process.stdout.write(`${escaped}\n`);
}

export function printText(text: string): void {
  process.stdout.write(`${text.split('\n').map(printable).join('\n')}\n`);
}

/** Says what went wrong, unless commander has said it. Returns the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.misuse;
  const message = error instanceof Error ? error.message : String(error);
  printError(message);
  return error instanceof Error && 'code' in error && MISUSE.has(error.code) ? EXIT.misuse : EXIT.failed;
}

/** Errors in the arguments, or for lack of something on this machine. */
const MISUSE: ReadonlySet<unknown> = new Set<BlockFusionErrorCode>([
  'invalid-option',
  'missing-dependency',
  'unsupported-device',
]);

/** Says what went wrong, in one line. */
export function printError(message: string): void {
  process.stderr.write(`error: ${printable(message.replace(/\s*\n\s*/g, ' '))}\n`);
}
