/** What a compiler says of a shader. */
export interface Compiled {
  readonly assembly: string;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Invocations that run in lockstep. */
  readonly wave: number;
  /** Registers of an invocation, of 4 bytes; on Intel all that there are. */
  readonly registers: number;
  /** Values that did not fit, written and read back. */
  readonly spills: number;
  /** What an invocation has in memory for them and for what is indexed. Units: bytes. */
  readonly stackBytes: number;
  readonly workgroupBytes: number;
  /** Waves that a SIMD holds at a time. */
  readonly resident: number;
}
