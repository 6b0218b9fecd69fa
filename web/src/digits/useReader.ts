/** The worker as the page's state: what it told last. */
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import type {Drawing, Failure, Reading, Ready, Times} from './protocol.ts';
import {type Reader, startReader} from './reader.ts';

export interface ReaderState {
  readonly ready: Ready | null;
  readonly reading: Reading | null;
  readonly times: Times | null;
  readonly failure: Failure | null;
}

export interface ReaderControl extends ReaderState {
  readonly read: (drawing: Drawing) => void;
  /** Forgets the drawing and what was read of it. */
  readonly clear: () => void;
  /** Starts a worker in the place of one that failed; it reads the last drawing first. */
  readonly restart: () => void;
}

const NOTHING: ReaderState = {ready: null, reading: null, times: null, failure: null};

export function useReader(): ReaderControl {
  const [state, setState] = useState(NOTHING);
  const reader = useRef<Reader | null>(null);
  const drawing = useRef<Drawing | null>(null);

  const start = useCallback((): void => {
    reader.current?.end();
    setState(NOTHING);
    reader.current = startReader((event) => {
      switch (event.type) {
        case 'ready':
          setState((now) => ({...now, ready: event.ready}));
          break;
        case 'reading':
          setState((now) => ({...now, reading: event.reading}));
          break;
        case 'times':
          setState((now) => ({...now, times: event.times}));
          break;
        case 'failed':
          reader.current = null;
          setState({...NOTHING, failure: event.failure});
          break;
        default:
          event satisfies never;
      }
    });
    if (drawing.current !== null) reader.current.read(drawing.current);
  }, []);

  useEffect(() => {
    const end = (): void => {
      reader.current?.end();
      reader.current = null;
    };
    // A page that is left may come back as it was, without its worker.
    const comeBack = ({persisted}: PageTransitionEvent): void => {
      if (persisted) start();
    };
    start();
    addEventListener('pagehide', end);
    addEventListener('pageshow', comeBack);
    return () => {
      end();
      removeEventListener('pagehide', end);
      removeEventListener('pageshow', comeBack);
    };
  }, [start]);

  const read = useCallback((next: Drawing): void => {
    drawing.current = next;
    reader.current?.read(next);
  }, []);
  const clear = useCallback((): void => {
    drawing.current = null;
    reader.current?.forget();
    setState((now) => ({...now, reading: null}));
  }, []);
  return {...state, read, clear, restart: start};
}
