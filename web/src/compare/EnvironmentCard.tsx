/** What the comparison ran on, and what keeps it from running faster here. */
import type {ComponentChildren, VNode} from 'preact';
import {threadsText} from '../../../src/report/threadsText.ts';
import {adapterText} from '../../../src/webgpu/adapter.ts';
import type {Environment} from '../run/protocol.ts';
import {browserText} from '../shell/browserText.ts';
import {BACKEND_TITLES} from './words.ts';

export function EnvironmentCard({environment}: {environment: Environment}): VNode {
  const {backend, adapter, simd, isolated, userAgent, hardwareConcurrency, tfjs, version} = environment;
  return (
    <section class="card stack tight environment" aria-labelledby="environment-title">
      <h2 id="environment-title">This machine</h2>
      <dl class="facts">
        <Fact name="Browser">{browserText(userAgent)}</Fact>
        <Fact name="Backend">{BACKEND_TITLES[backend]}</Fact>
        {adapter !== null && <Fact name="GPU">{adapterText(adapter)}</Fact>}
        {simd !== null && <Fact name="SIMD">{simd}</Fact>}
        {backend === 'wasm' && <Fact name="Threads">{threadsText(environment)}</Fact>}
        <Fact name="Processors">{hardwareConcurrency}</Fact>
        <Fact name="Isolated">{isolated ? 'yes' : 'no'}</Fact>
        <Fact name="TensorFlow.js">{tfjs}</Fact>
        <Fact name="Plugin">{version}</Fact>
      </dl>
      {!isolated && (
        <div class="note">
          <p>
            This page is not isolated, so there is one thread, and clocks are coarse. Its server must send these two
            headers:
          </p>
          <code class="headers">
            Cross-Origin-Opener-Policy: same-origin
            <br />
            Cross-Origin-Embedder-Policy: require-corp
          </code>
        </div>
      )}
    </section>
  );
}

function Fact({name, children}: {name: string; children: ComponentChildren}): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
