/** Puts the compare page into its document. */
import {render} from 'preact';
import {isolate} from '../shell/isolation.ts';
import {Shell} from '../shell/Shell.tsx';
import {App} from './App.tsx';
import {Page} from './pageState.ts';
import './compare.css';

void isolate();
render(
  <Shell page="compare">
    <App page={new Page()} />
  </Shell>,
  document.getElementById('app')!,
);
