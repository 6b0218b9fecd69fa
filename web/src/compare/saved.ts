/** Results as files: one JSON object, and each chart. */
import type {ModelSource} from '../run/protocol.ts';
import type {RunRecord} from './pageState.ts';

/** Returns all that is known of a comparison, as the text of a JSON file. */
export function resultJson({model, settings, state}: RunRecord): string {
  const {status, environment, model: loaded, samples, comparison, network, machine, waterline, failure} = state;
  return JSON.stringify(
    {
      schema: 1,
      status,
      source: sourceOf(model),
      settings,
      environment,
      model: loaded,
      agreement: state.agreement,
      comparison,
      samples,
      network,
      machine,
      waterline,
      failure,
    },
    // JSON has no infinity, which a difference is where one side is not finite.
    (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
    2,
  );
}

function sourceOf(model: ModelSource): unknown {
  if (model.kind !== 'files') return model;
  return {kind: 'files', name: model.name, files: model.files.map(({path, file}) => ({path, bytes: file.size}))};
}

/** Returns a file's name without what file systems refuse. */
export function fileName(parts: readonly string[], ending: string): string {
  const name = parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return `${name || 'comparison'}.${ending}`;
}

/** Has the browser save the text. */
export function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], {type}));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}
