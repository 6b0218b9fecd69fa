/** What went wrong and what to do, in plain words, with the error's own text for whoever asks. */
import type {ComponentChildren, VNode} from 'preact';

interface FailureNoteProps {
  readonly failure: {
    readonly message: string;
    /** The error's own text, where it says more. */
    readonly detail: string | null;
  };
  /** What can be done at once. */
  readonly children?: ComponentChildren;
}

export function FailureNote({failure: {message, detail}, children}: FailureNoteProps): VNode {
  return (
    <div class="note bad failure" role="alert">
      <p>{message}</p>
      {detail !== null && !message.includes(detail) && (
        <details>
          <summary>What the browser said</summary>
          <code>{detail}</code>
        </details>
      )}
      {children}
    </div>
  );
}
