/** Why a comparison ended early, beside the control that it is about. */
import type {VNode} from 'preact';
import type {Failure} from '../run/protocol.ts';
import {FailureNote as Note} from '../shell/FailureNote.tsx';

export type Failed = Failure;

export function FailureNote({failure, about}: {failure: Failed | undefined; about: Failure['about']}): VNode | null {
  return failure?.about === about ? <Note failure={failure} /> : null;
}
