/** Node programs, run as a user runs them: in a process of their own, to the end. */
import {execFile} from 'node:child_process';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs Node with these arguments. */
export function runNode(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, {encoding: 'utf8'}, (error, stdout, stderr) => {
      resolve({code: error === null ? 0 : Number(error.code), stdout, stderr});
    });
  });
}

/** Runs a TypeScript program of the repository from its source, as npm's scripts do. */
export function runProgram(program: string, ...args: string[]): Promise<Outcome> {
  return runNode('--import', 'tsx', program, ...args);
}
