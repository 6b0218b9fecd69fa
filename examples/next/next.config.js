// Both headers make the page cross-origin isolated, which threads need.
const headers = [
  {key: 'Cross-Origin-Opener-Policy', value: 'same-origin'},
  {key: 'Cross-Origin-Embedder-Policy', value: 'require-corp'},
];
// tfjs's threads run a copy of a function, which must survive the bundler.
const rules = {'*-threaded-simd.js': {loaders: ['./threadsLoader.js'], as: '*.js'}};
module.exports = {headers: async () => [{source: '/:path*', headers}], turbopack: {rules}};
