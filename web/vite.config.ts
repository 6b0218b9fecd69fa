/** Builds and serves the page: a static folder that works from any path, and a local server with the headers of isolation. */
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';
import {tfjsThreads} from './tfjsThreads.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** On an isolated page tfjs and the fused kernels have threads, and clocks are finer. */
const headers = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};

export default defineConfig({
  root: here('.'),
  base: './',
  server: {headers},
  preview: {headers},
  // What workers load late, too: found only then, it would have the page reload in the middle of a comparison.
  optimizeDeps: {
    include: [
      'preact',
      'preact/hooks',
      'preact/jsx-dev-runtime',
      'preact/jsx-runtime',
      '@observablehq/plot',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-converter',
      '@tensorflow/tfjs-core',
    ],
  },
  worker: {format: 'es', plugins: () => [tfjsThreads()]},
  build: {
    outDir: here('../build/web'),
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {input: [here('index.html'), here('digits.html')]},
  },
});
