/** Puts the digits page into its document. */
import {render} from 'preact';
import {isolate} from '../shell/isolation.ts';
import {Shell} from '../shell/Shell.tsx';
import {App} from './App.tsx';
import './digits.css';

void isolate();
render(
  <Shell page="digits">
    <App />
  </Shell>,
  document.getElementById('app')!,
);
