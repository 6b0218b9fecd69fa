/** What a person must know about what was asked for, as by a link. */
import type {VNode} from 'preact';

export function Notices({notices}: {notices: readonly string[]}): VNode | null {
  if (notices.length === 0) return null;
  return (
    <div class="stack tight" role="status">
      {notices.map((text) => (
        <p class="note warn" key={text}>
          {text}
        </p>
      ))}
    </div>
  );
}
