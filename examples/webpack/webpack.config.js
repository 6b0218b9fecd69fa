const path = require('node:path');

// Both headers make the page cross-origin isolated, which threads need. The server of the built page must send them, too.
const headers = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};

module.exports = {
  entry: './src/index.js',
  output: {path: path.join(__dirname, 'public/build'), publicPath: '/build/', clean: true},
  devServer: {static: 'public', headers},
  // tfjs's threads run a copy of a function, which must survive the bundler.
  module: {rules: [{test: /-threaded-simd\.js$/, loader: path.join(__dirname, 'threadsLoader.js')}]},
};
