/** What a browser engine is to the harness: the programs that it needs, and how it is started on a page. */

export interface BrowserEngine {
  /** As reports call it. */
  readonly title: string;
  /** What must be installed before either of the commands below. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Prepares the page's folder. Returns the command that opens the page without a display, and stays until it is ended. */
  readonly open: (page: PageToOpen) => Command;
  /** The command that prints the version, and ends. */
  readonly version: () => Command;
}

export interface Program {
  /** The package that brings it on Debian. */
  readonly debian: string;
  /** Returns its path, or undefined. */
  readonly find: () => string | undefined;
}

export interface PageToOpen {
  readonly url: string;
  /** Where the engine may write: its home, removed when it has ended. */
  readonly folder: string;
  /** Whether the page is cross-origin isolated, and whether it needs WebGPU. */
  readonly isolated: boolean;
  readonly webgpu: boolean;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}
