/** Why a comparison ended early, beside the control that it is about. */
import type {VNode} from 'preact';
import type {Failure} from '../run/protocol.ts';

export type Failed = Failure;

export function FailureNote({failure, about}: {failure: Failed | undefined; about: Failure['about']}): VNode | null {
  if (failure?.about !== about) return null;
  const {message, detail} = failure;
  return (
    <div class="note bad failure" role="alert">
      <p>{message}</p>
      {detail !== null && !message.includes(detail) && (
        <details>
          <summary>What the browser said</summary>
          <code>{detail}</code>
        </details>
      )}
    </div>
  );
}
