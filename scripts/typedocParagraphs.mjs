/** A plugin of TypeDoc: what our comments say after `Shapes:`, `Throws:` and their like gets a paragraph of its own in docs/api. */
import {Converter} from 'typedoc';

const LABELS = /(?:\n|(?<=\.) )(Shapes|Units|Throws|Source): /g;

/** TypeDoc calls it by this name. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({project}) => {
    for (const {comment} of Object.values(project.reflections))
      for (const part of comment?.summary ?? [])
        if (part.kind === 'text') part.text = part.text.replace(LABELS, '\n\n**$1:** ');
  });
}
