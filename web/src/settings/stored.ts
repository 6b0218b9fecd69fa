/** The settings that this browser keeps between visits. */
import {readFields, writeFields} from './fields.ts';
import {DEFAULTS, type Settings} from './settings.ts';

const KEY = 'tfjs-block-fusion:settings';

/** Where they are kept. A browser may refuse it, as some do in private windows. */
export type Memory = Pick<Storage, 'getItem' | 'setItem'>;

/** Returns the settings that were kept; the default of each that was not, or cannot be read. */
export function storedSettings(memory: () => Memory): Settings {
  try {
    return {...DEFAULTS, ...readFields(new URLSearchParams(memory().getItem(KEY) ?? '')).settings};
  } catch {
    return DEFAULTS;
  }
}

/** Keeps the settings, where the browser has room for them. */
export function storeSettings(memory: () => Memory, settings: Settings): void {
  const params = new URLSearchParams();
  writeFields(params, settings);
  try {
    memory().setItem(KEY, params.toString());
  } catch {
    // The page works without.
  }
}
