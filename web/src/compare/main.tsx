/** Puts the compare page into its document. */
import {render} from 'preact';
import {Shell} from '../shell/Shell.tsx';

render(
  <Shell page="compare">
    <h1>What would your model gain?</h1>
  </Shell>,
  document.getElementById('app')!,
);
