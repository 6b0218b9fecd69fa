/** What a model is called: in headings, in charts, in the names of saved files. */
import type {ModelSource} from '../run/protocol.ts';
import {SHIPPED} from './shipped.ts';

/** Returns a short name: that of a shipped model, a folder, a file; of an address its last part, or its host. */
export function modelName(model: ModelSource): string {
  switch (model.kind) {
    case 'shipped':
      return SHIPPED.find(({id}) => id === model.id)?.title ?? model.id;
    case 'files':
      return model.name;
    case 'url': {
      const {hostname, pathname} = new URL(model.url);
      const parts = pathname.split('/').filter((part) => part !== '' && part !== 'model.json');
      return parts.at(-1) ?? hostname;
    }
    default:
      return model satisfies never;
  }
}
