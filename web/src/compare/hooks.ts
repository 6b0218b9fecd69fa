/** What the page's parts watch: the page's state, their own width, whether there is a GPU. */
import {useEffect, useLayoutEffect, useReducer, useRef, useState} from 'preact/hooks';
import type {RefObject} from 'preact';
import type {Page, PageState} from './pageState.ts';

/** Returns the page's state, and draws again after every change. */
export function usePage(page: Page): PageState {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  // Before anything can be pressed: a plain effect comes a frame later, and what changes until then would not be seen.
  useLayoutEffect(
    () =>
      page.subscribe(() => {
        redraw(undefined);
      }),
    [page],
  );
  return page.state;
}

/** Returns a ref to put on an element, and how wide that is. Units: CSS pixels. */
export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    if (ref.current !== null) observer.observe(ref.current);
    return () => {
      observer.disconnect();
    };
  }, []);
  return [ref, width];
}

/** Why there is no WebGPU; null where there is, or while that is not known. */
export function useWebGPURefusal(): string | null {
  const [refusal, setRefusal] = useState(() => ('gpu' in navigator ? null : NO_WEBGPU));
  useEffect(() => {
    if (!('gpu' in navigator)) return;
    const ask = async (): Promise<void> => {
      const adapter = await navigator.gpu.requestAdapter().catch(() => null);
      if (adapter === null) setRefusal(NO_ADAPTER);
    };
    void ask();
  }, []);
  return refusal;
}

const NO_WEBGPU = 'This browser has no WebGPU on this page.';
const NO_ADAPTER = 'This browser has WebGPU, but no GPU that it may use.';
