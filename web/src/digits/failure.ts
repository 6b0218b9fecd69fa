/** Why the networks do not read, in plain words: what errors of the browser, of tfjs and of the worker mean here. */
import {hasSimd} from '../../../ops/wasm/detect.ts';
import {isMemoryEnd, PlainError, textOf} from '../run/failure.ts';
import type {Failure} from './protocol.ts';

const FORBIDDEN = /content security policy|wasm-unsafe-eval|unsafe-eval|embedder/i;
const NOT_FETCHED = /failed to fetch|networkerror|load failed|request.*failed|status code|could not load/i;

/** Returns what to tell of an error in the worker. */
export function failureOf(error: unknown): Failure {
  const text = textOf(error);
  if (typeof WebAssembly === 'undefined')
    return {
      message: 'This browser has no WebAssembly, which the networks run on. Use a current browser.',
      detail: text,
    };
  if (!hasSimd('simd'))
    return {
      message: 'This browser has no WebAssembly SIMD, which the fused networks need. Use a current browser.',
      detail: text,
    };
  if (FORBIDDEN.test(text))
    return {
      message: 'This page’s security policy forbids WebAssembly. Its host must allow ‘wasm-unsafe-eval’ for scripts.',
      detail: text,
    };
  if (error instanceof PlainError) return {message: error.message, detail: error.detail};
  if (NOT_FETCHED.test(text))
    return {message: 'The networks’ files did not load. Check the connection, then start again.', detail: text};
  if (isMemoryEnd(text))
    return {message: 'The browser ran out of memory. Close other tabs, then start again.', detail: text};
  return {message: 'The networks stopped reading. Start them again.', detail: text};
}

/** Returns what to tell where the worker itself ended, or never began: its script did not load, or was forbidden. */
export function crashFailure(detail: string | undefined): Failure {
  if (detail !== undefined && detail !== '') return failureOf(new Error(detail));
  return {
    message:
      'The part of the page that reads digits did not load, or was stopped. Check the connection, then start again.',
    detail: null,
  };
}

export const NO_ANSWER: Failure = {
  message: 'The networks have not answered for a while: the browser may have stopped them. Start them again.',
  detail: null,
};
