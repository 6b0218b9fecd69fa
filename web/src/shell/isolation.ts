/**
 * Makes the page cross-origin isolated where its host does not: a service worker (public/isolation.js) adds the headers, and the
 * page is loaded once more, through it.
 */

/** Set before the page is loaded again, so that it is not where the worker does not help. */
const TRIED = 'isolation-tried';

/** Isolates the page, if that can be done and is not. Where it cannot, threads stay at one, and the environment says why. */
export async function isolate(): Promise<void> {
  if (crossOriginIsolated) {
    sessionStorage.removeItem(TRIED);
    return;
  }
  if (!isSecureContext || !('serviceWorker' in navigator) || sessionStorage.getItem(TRIED) !== null) return;
  try {
    await navigator.serviceWorker.register('isolation.js');
    await navigator.serviceWorker.ready;
  } catch {
    return; // forbidden, as in a private window
  }
  sessionStorage.setItem(TRIED, 'yes');
  location.reload();
}
